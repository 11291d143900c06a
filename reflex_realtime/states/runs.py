"""`RealtimeRunsWithTagState` and `RealtimeBatchState`: a set of runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Unpack

import reflex as rx

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.batch_feed import batch_feed
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import BatchSized, FeedEvent, RunsChanged
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.models import BatchHandle, OutputT, PayloadT, RealtimeRun
from reflex_realtime.options import OptionOverrides, RealtimeOptions
from reflex_realtime.protocol.requests import batch_request, tag_request
from reflex_realtime.states.completion import Completion
from reflex_realtime.states.models import plain, specialise, type_arguments
from reflex_realtime.states.run_list import RunList
from reflex_realtime.states.subscription import SubscriptionState, Target

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


class RunsState(SubscriptionState, Generic[PayloadT, OutputT], mixin=True):
    """A state that follows a set of runs.

    Attributes:
        runs: The runs, in the order in which they were created.
    """

    _feed_var: ClassVar[str] = "runs"
    _patched_vars: ClassVar[tuple[str, ...]] = ("runs",)
    _remembered: ClassVar[tuple[str, ...]] = (
        *SubscriptionState._remembered,
        *("runs", "_news_since"),
    )
    _hurries_completion: ClassVar[bool] = False

    if TYPE_CHECKING:
        runs: rx.Field[list[RealtimeRun[PayloadT, OutputT]]]
    else:
        runs: list[RealtimeRun[Any, Any]] = []

    _news_since: datetime | None = None
    """A finished run that comes into view is reported if it was created later; None before the
    first look."""

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the runs: `RealtimeBatchState[Payload, Output]`."""
        payload, output = type_arguments(arguments, ("Payload", "Output"), cls.__name__)
        return specialise(cls, arguments, {"runs": (list[RealtimeRun[payload, output]], [])})

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a hook that would never be called."""
        if "_on_complete" in vars(cls):
            raise ConfigurationError(
                f"{cls.__name__} follows many runs, so its _on_complete would never be called.",
                remedy="Name it _on_run_complete(self, run): it is called for each run.",
            )
        super().__init_subclass__(**options)

    async def _on_run_complete(self, run: RealtimeRun[PayloadT, OutputT]) -> Any:
        """Override to act when a run has finished. Runs once for each run and session.

        It runs as an ordinary event handler: it may change vars, and return or yield events.

        Args:
            run: The run, finished.
        """

    def _apply(self, events: list[FeedEvent]) -> None:
        shown = plain(self.runs)
        runs = RunList(shown)
        for event in events:
            if isinstance(event, RunsChanged):
                self._report_finished(event.runs, runs)
                if event.snapshot:
                    runs.replace(event.runs)
                else:
                    for run in event.runs:
                        runs.put(run)
                for run_id in event.removed:
                    runs.remove(run_id)
        if patch := runs.patch():
            self._change("runs", runs.runs, patch)

    def _report_finished(self, changed: Sequence[RealtimeRun[Any, Any]], known: RunList) -> None:
        finished = [
            run for run in changed if run.is_finished and self._is_news(run, known.find(run))
        ]
        if finished:
            completions = [Completion("_on_run_complete", (run,), run.id) for run in finished]
            self._outbox = [*self._outbox, *completions]
        self._news_since = self._news_since or ALWAYS

    def _is_news(self, run: RealtimeRun[Any, Any], known: RealtimeRun[Any, Any] | None) -> bool:
        """Whether a finished run is to be reported; `known` is how it was shown before."""
        return known is None or not known.is_finished

    def _clear(self) -> None:
        self.runs = []
        self._news_since = None


class RealtimeRunsWithTagState(RunsState[PayloadT, OutputT], mixin=True):
    """A state that follows the runs that have all of some tags.

    ```python
    class MyRuns(RealtimeRunsWithTagState[Payload, Output], rx.State):
        @rx.event
        def watch(self):
            return self._subscribe("user:1", created_at="1h")
    ```

    `_on_run_complete` runs for each run that finishes; those that had finished before the first
    look are shown, not reported.
    """

    _remembered: ClassVar[tuple[str, ...]] = (*RunsState._remembered, "_created_at")

    _created_at: str | None = None

    def _is_news(self, run: RealtimeRun[Any, Any], known: RealtimeRun[Any, Any] | None) -> bool:
        if known is None and (self._news_since is None or run.created_at <= self._news_since):
            return False
        return super()._is_news(run, known)

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        tags = (target,) if isinstance(target, str) else target
        if isinstance(tags, Sequence) and all(isinstance(tag, str) for tag in tags):
            return tuple(tags), ""
        raise ConfigurationError(
            f"{target!r} is neither a tag nor a list of tags.", remedy="Pass text, or a list of it."
        )

    def _open_feed(
        self, connection: Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        self._look_back(options.created_at)
        request = tag_request(
            self._target, created_at=options.created_at, skip_columns=options.skip_columns
        )
        return shared_hub().run_feed(connection, request, self._models())

    def _look_back(self, created_at: str | None) -> None:
        """Look back as far as that. What comes into view by it had finished before."""
        if self._news_since is not None and created_at != self._created_at:
            self._news_since = max((run.created_at for run in plain(self.runs)), default=None)
        self._created_at = created_at


class RealtimeBatchState(RunsState[PayloadT, OutputT], mixin=True):
    """A state that follows the runs of a batch.

    ```python
    class Thumbnails(RealtimeBatchState[Picture, Thumbnail], rx.State):
        @rx.event
        async def create(self, pictures: list[str]):
            batch = await self._batch_trigger("resize", [Picture(url=p) for p in pictures])
            return self._subscribe(batch)

        async def _on_all_complete(self, runs):
            return rx.toast.success(f"{len(runs)} thumbnails")
    ```
    """

    _remembered: ClassVar[tuple[str, ...]] = (
        *RunsState._remembered,
        *("_run_count", "_all_reported"),
    )
    _run_count: int = 0
    _all_reported: bool = False

    async def _on_all_complete(self, runs: list[RealtimeRun[PayloadT, OutputT]]) -> Any:
        """Override to act when all runs of the batch have finished. Runs once for each batch.

        It runs as an ordinary event handler, after `_on_run_complete` for the last run.

        Args:
            runs: All runs of the batch, in the order in which they were created.
        """

    def _apply(self, events: list[FeedEvent]) -> None:
        super()._apply(events)
        for event in events:
            if isinstance(event, BatchSized):
                self._run_count = event.run_count
        if self._all_reported or not 0 < self._run_count <= len(self.runs):
            return
        runs = [plain(run) for run in plain(self.runs)]
        if sum(run.is_finished for run in runs) >= self._run_count:
            self._all_reported = True
            self._outbox = [*self._outbox, Completion("_on_all_complete", (runs,))]

    def _clear(self) -> None:
        super()._clear()
        self._run_count = 0
        self._all_reported = False

    def _subscribe(self, target: Any, **options: Unpack[OptionOverrides]) -> Any:
        """Follow a batch from now on, instead of the present one; see `SubscriptionState`."""
        event = super()._subscribe(target, **options)
        if isinstance(target, BatchHandle):
            self._run_count = target.run_count
        return event

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        match target:
            case BatchHandle(id=batch_id, public_access_token=token):
                return (batch_id,), token
            case str() if target:
                return (target,), ""
            case _:
                raise ConfigurationError(
                    f"{target!r} is not a batch.", remedy="Pass the batch's handle or its id."
                )

    def _open_feed(
        self, connection: Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        [batch_id] = self._target
        request = batch_request(batch_id, skip_columns=options.skip_columns)
        if self._run_count:
            return shared_hub().run_feed(connection, request, self._models())
        return batch_feed(connection, request, self._models(), batch_id, source=shared_hub())
