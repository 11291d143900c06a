"""The runs feed: one long poll after another, from a snapshot to whatever changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from time import monotonic
from typing import Any, Final

import httpx

from reflex_realtime.errors import NotFoundError, ProtocolError, RealtimeError
from reflex_realtime.feeds.connection import Connection, raise_for_status, transport_error
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RunFeedEvent, RunsChanged
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import RunModels, run_from_row
from reflex_realtime.protocol.shape import (
    RowChanges,
    RowLog,
    ShapePosition,
    is_must_refetch,
    parse_messages,
)

_log = logging.getLogger("reflex_realtime.feeds")

INSTANT_SECONDS: Final = 0.3
"""An answer that brings nothing sooner than this was not held: ask more slowly."""

_NEVER_UP_TO_DATE: Final = ProtocolError(
    "The server answers, but never says that everything has been sent.",
    remedy="It may recover; it is asked again, more and more slowly.",
)


async def run_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels = (RealtimeRun[Any, Any],),
    retry: RetryPolicy = DEFAULT_RETRY,
) -> AsyncGenerator[RunFeedEvent, None]:
    """Follow the runs that a request selects.

    Args:
        connection: The server and the credential.
        request: Which runs.
        models: The models of the runs.
        retry: When to ask again after a failure.

    Yields:
        `RunsChanged` with the snapshot and with each change; `FeedLive` when the feed waits for
        changes, after the start and after each recovery; `FeedRetrying` after each failure that
        may pass. It does not end by itself.

    Raises:
        RealtimeError: The feed cannot succeed: authentication, permission, not found, protocol.
    """
    feed = _ShapeReader(connection, request)
    failures = 0
    announced = False
    async with connection.open_client() as client:
        while True:
            asked = monotonic()
            try:
                changes = await feed.read(client)
                held = monotonic() - asked > INSTANT_SECONDS
            except RealtimeError as error:
                if not error.retryable:
                    raise
                failures += 1
                announced = False
                delay = retry.delay(failures, error)
                yield FeedRetrying(error, delay)
                await asyncio.sleep(delay)
                continue
            event = _runs_changed(changes, feed, models)
            if event:
                yield event
            if feed.position.live and not announced:
                announced = True
                yield FeedLive()
            if event or held:
                failures = 0
            elif not feed.progressed:
                failures += 1
                delay = retry.delay(failures)
                if not feed.position.live:
                    announced = False
                    yield FeedRetrying(_NEVER_UP_TO_DATE, delay)
                await asyncio.sleep(delay)


class _ShapeReader:
    """Reads a shape answer by answer and keeps its rows."""

    def __init__(self, connection: Connection, request: ShapeRequest) -> None:
        self.position = ShapePosition()
        self.progressed = False
        self.snapshot_due = True
        self._connection = connection
        self._request = request
        self._rows = RowLog()
        self._refetches = 0

    async def read(self, client: httpx.AsyncClient) -> RowChanges | None:
        """Read the next answer; return what it changed, None when it completed nothing."""
        before = self.position
        response = await self._ask(client)
        if response.status_code == 409:
            return self._start_over(response.headers)
        raise_for_status(response, response.content, self._request.subject)
        if response.status_code == 204:
            self.progressed = False
            return None
        messages = parse_messages(response.content)
        if any(map(is_must_refetch, messages)):
            return self._start_over(response.headers)
        self.position = before.advanced(response.headers, messages)
        self.progressed = bool(messages) and self.position != before and not before.live
        if before.live:
            self._refetches = 0
        return self._rows.apply(messages)

    def _start_over(self, headers: Mapping[str, str]) -> None:
        """Forget what was read. The first time is quick, until a poll shows that it helped."""
        self._rows.void()
        self.position = self.position.refetching(headers)
        self._refetches += 1
        self.progressed = self._refetches == 1

    async def _ask(self, client: httpx.AsyncClient) -> httpx.Response:
        params = {**self._request.params, **self.position.params()}
        try:
            return await client.get(
                self._connection.url(self._request.path),
                params=dict(sorted(params.items())),
                headers=await self._connection.headers(),
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise transport_error(error, self._connection.base_url) from error


def _runs_changed(
    changes: RowChanges | None, feed: _ShapeReader, models: RunModels
) -> RunsChanged | None:
    if changes is None:
        return None
    snapshot, feed.snapshot_due = feed.snapshot_due, False
    if not (snapshot or changes.changed or changes.removed):
        return None
    schema = feed.position.schema or {}
    runs: list[RealtimeRun[Any, Any]] = []
    for row in changes.changed:
        try:
            runs.append(run_from_row(row, schema, models))
        except ProtocolError as error:
            _log.warning("A row of the runs feed was left out: %s", error)
    removed = tuple(str(row["friendlyId"]) for row in changes.removed if row.get("friendlyId"))
    return RunsChanged(tuple(runs), removed, snapshot)


async def one_run_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels = (RealtimeRun[Any, Any],),
    retry: RetryPolicy = DEFAULT_RETRY,
    *,
    stop_on_completion: bool = True,
) -> AsyncGenerator[RunFeedEvent, None]:
    """Follow one run: as `run_feed`, but it ends with the run.

    Args:
        connection: The server and the credential.
        request: Which run.
        models: The models of the run.
        retry: When to ask again after a failure.
        stop_on_completion: Whether to end when the run has finished.

    Yields:
        The events of `run_feed`.

    Raises:
        NotFoundError: There is no such run, or it was deleted while it was followed.
        RealtimeError: The feed cannot succeed.
    """
    async with aclosing(run_feed(connection, request, models, retry)) as events:
        async for event in events:
            if isinstance(event, RunsChanged) and event.removed:
                raise NotFoundError(
                    f"The run {event.removed[0]} was deleted.",
                    remedy="Subscribe to a run that exists.",
                    status=404,
                )
            yield event
            if stop_on_completion and finishes(event):
                return


def finishes(event: object) -> bool:
    """Whether an event of a feed of one run shows that the run has ended."""
    return isinstance(event, RunsChanged) and any(run.is_finished for run in event.runs)
