"""The client: everything the feeds offer, usable without Reflex."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds import rest
from reflex_realtime.feeds.connection import connection_from
from reflex_realtime.feeds.events import PartsAdded, RunFeedEvent, RunsChanged
from reflex_realtime.feeds.run_feed import one_run_feed, run_feed
from reflex_realtime.feeds.run_with_streams import run_with_streams_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.feeds.transport import OpenClient, open_client
from reflex_realtime.hooks import FeedHook
from reflex_realtime.models import (
    AnyRun,
    BatchHandle,
    MetadataT,
    OutputT,
    PayloadT,
    RealtimeRun,
    RunUpdate,
    StreamPart,
    TaskHandle,
)
from reflex_realtime.options import (
    AccessToken,
    RealtimeOptions,
    parse_options,
    resolve_options,
)
from reflex_realtime.protocol.requests import (
    Payload,
    RunOptions,
    TriggerOptions,
    batch_request,
    run_request,
    tag_request,
    trigger_options,
)

RunT = TypeVar("RunT", bound=AnyRun)
UNTYPED = RealtimeRun[Any, Any]


class RealtimeClient:
    """Triggers tasks and follows runs, batches, tags and streams.

    ```python
    async with RealtimeClient(access_token="tr_dev_...") as client:
        handle = await client.trigger("create-report", {"topic": "tides"})
        async for run in client.subscribe_to_run(handle.id):
            print(run.status)
    ```

    The iterators yield typed runs, end when their feed ends, and raise a `RealtimeError` when it
    fails for good. Leaving the loop closes the request.
    """

    def __init__(
        self,
        *,
        access_token: AccessToken | None = None,
        base_url: str | None = None,
        preview_branch: str | None = None,
        open_client: OpenClient = open_client,
        hooks: Sequence[FeedHook] = (),
    ) -> None:
        """Configure the client; what is not given comes from `configure()` and the environment.

        Args:
            access_token: A secret key or public access token, or a function that returns one.
            base_url: Where the server is.
            preview_branch: The preview branch.
            open_client: Opens the HTTP client of one feed.
            hooks: Observe the feeds, besides those of `configure()`.

        Raises:
            ConfigurationError: There is no access token, or an option makes no sense.
        """
        given = {
            "access_token": access_token,
            "base_url": base_url,
            "preview_branch": preview_branch,
        }
        options = parse_options(**{k: v for k, v in given.items() if v is not None})
        self._connection = connection_from(resolve_options(options), open_client, hooks)

    @classmethod
    def from_options(cls, options: RealtimeOptions) -> Self:
        """A client for merged options.

        Args:
            options: Options as `resolve_options` returns them.

        Raises:
            ConfigurationError: There is no access token.
        """
        return cls(
            access_token=options.access_token,
            base_url=options.base_url,
            preview_branch=options.preview_branch,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close: every feed closes its own connection when it ends."""

    async def trigger(
        self,
        task_identifier: str,
        payload: Payload = None,
        **options: Unpack[TriggerOptions],
    ) -> TaskHandle:
        """Start a run of a task.

        Args:
            task_identifier: The task.
            payload: A pydantic model or a JSON value.
            **options: `tags`, `delay`, `idempotency_key` and others; see `TriggerOptions`.

        Returns:
            The run's handle, with a token that reads this run only.

        Raises:
            RealtimeError: The run was not started.
        """
        return await rest.trigger(
            self._connection, task_identifier, payload, trigger_options(**options)
        )

    async def batch_trigger(
        self,
        task_identifier: str,
        payloads: Sequence[Payload],
        **options: Unpack[RunOptions],
    ) -> BatchHandle:
        """Start one run of a task for each payload.

        Args:
            task_identifier: The task.
            payloads: 1 to 1,000 payloads.
            **options: `tags`, `delay` and others, for every run; see `RunOptions`.

        Returns:
            The batch's handle, with a token that reads its runs only.

        Raises:
            RealtimeError: The batch was not started, or not completely.
        """
        if not 1 <= len(payloads) <= 1000:
            raise ConfigurationError(
                f"A batch cannot have {len(payloads)} runs.",
                remedy="Give 1 to 1,000 payloads; split a larger batch.",
            )
        return await rest.batch_trigger(
            self._connection, task_identifier, payloads, trigger_options(**options)
        )

    async def cancel_run(self, run_id: str) -> None:
        """Cancel a run. A run that has finished stays as it is.

        Args:
            run_id: The run.

        Raises:
            RealtimeError: The server did not accept it.
        """
        path = f"/api/v2/runs/{quote(run_id, safe='')}/cancel"
        await rest.post(self._connection, path, f"the run {run_id!r}")

    async def replay_run(self, run_id: str) -> TaskHandle:
        """Start a run of the same task, with the same payload, as another run. Needs a secret key.

        Args:
            run_id: The other run.

        Returns:
            The new run's handle, without a token: the server sends none.

        Raises:
            RealtimeError: The run was not started.
        """
        return await rest.replay_run(self._connection, run_id)

    async def create_public_token(self, *, scopes: Sequence[str], expires_in: str = "15m") -> str:
        """Make a public access token; needs a secret key.

        Args:
            scopes: What it grants, for example `read:runs:run_1` or `read:tags:user:1`.
            expires_in: For how long: `"15m"`, `"1h"`.

        Returns:
            The token.

        Raises:
            RealtimeError: The credential does not allow it.
        """
        return await rest.create_public_token(
            self._connection, scopes=scopes, expires_in=expires_in
        )

    def subscribe_to_run(
        self,
        run_id: str,
        *,
        stop_on_completion: bool = True,
        skip_columns: Sequence[str] = (),
        run_model: type[RunT] = UNTYPED,
    ) -> AsyncGenerator[RunT, None]:
        """Follow one run.

        Args:
            run_id: The run.
            stop_on_completion: Whether to end when the run has finished.
            skip_columns: Columns to leave out.
            run_model: The run's model, `RealtimeRun[Payload, Output]`.

        Yields:
            The run as it stands now, and again each time it has changed.

        Raises:
            RealtimeError: The feed cannot succeed.
        """
        feed = one_run_feed(
            self._connection,
            run_request(run_id, skip_columns=skip_columns),
            (run_model,),
            stop_on_completion=stop_on_completion,
        )
        return _each_run(feed)

    def subscribe_to_runs_with_tag(
        self,
        tags: str | Sequence[str],
        *,
        created_at: str | None = None,
        skip_columns: Sequence[str] = (),
        run_model: type[RunT] = UNTYPED,
    ) -> AsyncGenerator[RunT, None]:
        """Follow the runs that have all of some tags.

        Args:
            tags: One tag or several.
            created_at: How far back, for example `"1h"`.
            skip_columns: Columns to leave out.
            run_model: The runs' model.

        Yields:
            Each run as it stands now, and each run that has changed.

        Raises:
            RealtimeError: The feed cannot succeed.
        """
        request = tag_request(tags, created_at=created_at, skip_columns=skip_columns)
        feed = run_feed(self._connection, request, (run_model,))
        return _each_run(feed)

    def subscribe_to_batch(
        self,
        batch_id: str,
        *,
        skip_columns: Sequence[str] = (),
        run_model: type[RunT] = UNTYPED,
    ) -> AsyncGenerator[RunT, None]:
        """Follow the runs of a batch.

        Args:
            batch_id: The batch.
            skip_columns: Columns to leave out.
            run_model: The runs' model.

        Yields:
            Each run as it stands now, and each run that has changed.

        Raises:
            RealtimeError: The feed cannot succeed.
        """
        request = batch_request(batch_id, skip_columns=skip_columns)
        feed = run_feed(self._connection, request, (run_model,))
        return _each_run(feed)

    async def subscribe_to_run_with_streams(
        self,
        run_id: str,
        *,
        stop_on_completion: bool = True,
        skip_columns: Sequence[str] = (),
        run_model: type[RealtimeRun[PayloadT, OutputT, MetadataT]] = UNTYPED,
    ) -> AsyncGenerator[RunUpdate[PayloadT, OutputT, MetadataT] | StreamPart, None]:
        """Follow one run and all its streams.

        Args:
            run_id: The run.
            stop_on_completion: Whether to end when the run has finished and its streams are read.
            skip_columns: Columns to leave out.
            run_model: The run's model.

        Yields:
            `RunUpdate` for each change of the run, `StreamPart` for each part of a stream.

        Raises:
            RealtimeError: The run's feed cannot succeed.
        """
        feed = run_with_streams_feed(
            self._connection,
            run_request(run_id, skip_columns=skip_columns),
            (run_model,),
            stop_on_completion=stop_on_completion,
        )
        async with aclosing(feed) as events:
            async for event in events:
                match event:
                    case RunsChanged(runs=runs):
                        for run in runs:
                            yield RunUpdate(run)
                    case PartsAdded(parts=parts):
                        for part in parts:
                            yield part
                    case _:
                        continue

    async def read_stream(
        self,
        run_id: str,
        stream: str = "default",
        *,
        start_index: int = 0,
        timeout_seconds: int | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Read one stream of a run.

        Args:
            run_id: The run.
            stream: The stream's name.
            start_index: How many parts to leave out at the start.
            timeout_seconds: After how many seconds without data to end, 1 to 600; None for the
                server's default of 60.

        Yields:
            The parts: JSON values, or text where a part is not JSON.

        Raises:
            RealtimeError: The stream cannot be read.
        """
        feed = stream_feed(
            self._connection,
            run_id,
            stream,
            start_index=start_index,
            timeout_seconds=timeout_seconds,
        )
        async with aclosing(feed) as events:
            async for event in events:
                if isinstance(event, PartsAdded):
                    for part in event.parts:
                        yield part.part


async def _each_run(feed: AsyncGenerator[RunFeedEvent, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(feed) as events:
        async for event in events:
            if isinstance(event, RunsChanged):
                for run in event.runs:
                    yield run
