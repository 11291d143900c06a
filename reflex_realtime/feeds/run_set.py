"""All runs of a set: how many there are of each status, and which of them are shown."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime

from reflex_realtime.feeds.events import (
    BatchSized,
    FeedEvent,
    RunCounts,
    RunsChanged,
    RunSetChanged,
)
from reflex_realtime.models import AnyRun, RunStatus


class RunSet:
    """The runs of a set, in the order in which they were created.

    Args:
        window: How many are shown, the newest; None for all.
    """

    def __init__(self, window: int | None = None) -> None:
        self._window = window
        self._runs: dict[str, AnyRun] = {}
        self._order: list[tuple[datetime, str]] = []
        self._statuses: Counter[RunStatus] = Counter()
        self._last_finished_at: datetime | None = None
        self._shown: set[str] = set()

    def present(self) -> list[AnyRun]:
        """The runs as they are now, in order."""
        return [self._runs[run_id] for _, run_id in self._order]

    def change(self, event: RunsChanged) -> RunSetChanged:
        """Take up what changed.

        Args:
            event: What changed.

        Returns:
            The same, what it means for what is shown, and how many runs there are now.
        """
        if event.snapshot:
            self._replace(event.runs)
        else:
            for run in event.runs:
                self._put(run)
        for run_id in event.removed:
            self._remove(run_id)
        return RunSetChanged(event, self._show(event), self._counts(), self.present)

    def _replace(self, runs: tuple[AnyRun, ...]) -> None:
        self._runs = {run.id: run for run in runs}
        self._order = sorted((run.created_at, run.id) for run in self._runs.values())
        self._statuses = Counter(run.status for run in self._runs.values())
        self._last_finished_at = max(
            (run.finished_at for run in runs if run.finished_at), default=None
        )
        self._shown = set()

    def _put(self, run: AnyRun) -> None:
        known = self._runs.get(run.id)
        if known and known.created_at != run.created_at:
            self._remove(run.id)
            known = None
        if known:
            self._statuses[known.status] -= 1
        else:
            insort(self._order, (run.created_at, run.id))
        self._runs[run.id] = run
        self._statuses[run.status] += 1
        if run.finished_at:
            self._last_finished_at = max(self._last_finished_at or run.finished_at, run.finished_at)

    def _remove(self, run_id: str) -> None:
        if run := self._runs.pop(run_id, None):
            self._statuses[run.status] -= 1
            del self._order[bisect_left(self._order, (run.created_at, run_id))]

    def _show(self, event: RunsChanged) -> RunsChanged:
        if self._window is None:
            return event
        newest = self._order[max(0, len(self._order) - self._window) :]
        shown = {run_id for _, run_id in newest}
        changed = {run.id for run in event.runs} | (shown - self._shown)
        runs = tuple(self._runs[run_id] for _, run_id in newest if run_id in changed)
        removed = tuple(self._shown - shown)
        self._shown = shown
        return RunsChanged(runs, removed, event.snapshot)

    def _counts(self) -> RunCounts:
        if not self._order:
            return RunCounts({})
        created_at = self._order[0][0], self._order[-1][0]
        return RunCounts(dict(+self._statuses), *created_at, self._last_finished_at)


async def run_set_feed(
    feed: AsyncGenerator[FeedEvent, None], window: int | None = None
) -> AsyncGenerator[FeedEvent, None]:
    """Count the runs of a feed.

    Args:
        feed: The feed.
        window: How many runs are shown, the newest; None for all.

    Yields:
        The events of the feed, with `RunSetChanged` in the place of `RunsChanged`, and after
        `BatchSized`.

    Raises:
        RealtimeError: The feed cannot succeed.
    """
    runs = RunSet(window)
    async with aclosing(feed) as events:
        async for event in events:
            if isinstance(event, RunsChanged):
                yield runs.change(event)
                continue
            yield event
            if isinstance(event, BatchSized):
                yield runs.change(RunsChanged())
