"""`RealtimeBatchState`: the runs of a batch."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, ClassVar, Unpack

from reflex_realtime import feeds
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.events import (
    BatchSized,
    FeedEvent,
    RunSetChanged,
)
from reflex_realtime.feeds.run_set import run_set_feed
from reflex_realtime.models import (
    FINISHED_STATUSES,
    BatchHandle,
    MetadataT,
    OutputT,
    PayloadT,
    RealtimeRun,
)
from reflex_realtime.options import OptionOverrides, RealtimeOptions
from reflex_realtime.protocol.requests import batch_request
from reflex_realtime.states.completion import Completion, does_nothing
from reflex_realtime.states.runs import RunsState, window_of
from reflex_realtime.states.subscription import Target


class RealtimeBatchState(RunsState[PayloadT, OutputT, MetadataT], mixin=True):
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
    _run_hooks: ClassVar[tuple[str, ...]] = (*RunsState._run_hooks, "_on_all_complete")
    _run_count: int = 0
    _all_reported: bool = False

    @does_nothing
    async def _on_all_complete(self, runs: list[RealtimeRun[PayloadT, OutputT, MetadataT]]) -> Any:
        """Override to act when all runs of the batch have finished. Runs once for each batch.

        It runs as an ordinary event handler, after `_on_run_complete` for the last run.

        Args:
            runs: All runs of the batch, in the order in which they were created.
        """

    def _apply(self, events: list[FeedEvent]) -> None:
        for event in events:
            if isinstance(event, BatchSized):
                self._run_count = event.run_count
        super()._apply(events)
        changes = [event for event in events if isinstance(event, RunSetChanged)]
        if not changes or self._all_reported or not self._run_count:
            return
        if sum(self.counts[status] for status in FINISHED_STATUSES) >= self._run_count:
            self._all_reported = True
            self._report([Completion("_on_all_complete", (changes[-1].present(),))])

    def _total(self, present: int) -> int:
        return max(present, self._run_count)

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
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        [batch_id] = self._target
        request = batch_request(batch_id, skip_columns=self._skipped(options))
        hub = feeds.shared_hub()
        feed = (
            hub.run_feed(connection, request, self._models())
            if self._run_count
            else feeds.batch_feed(connection, request, self._models(), batch_id, source=hub)
        )
        return run_set_feed(feed, window_of(options))
