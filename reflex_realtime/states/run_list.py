"""The runs of a set as a page shows them, and what changes there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from reflex_realtime.models import RealtimeRun
from reflex_realtime.patches.patch import Patch, changed_items, rearranged
from reflex_realtime.states.models import run_difference

_Run = RealtimeRun[Any, Any]


class RunList:
    """Runs in the order in which they were created.

    Args:
        runs: The runs as they are shown, in order; they are copied.
    """

    def __init__(self, runs: Iterable[_Run]) -> None:
        self.runs = list(runs)
        self._shown: dict[str, _Run] = {}
        self._order_shown: list[str] | None = None
        self._ids: set[str] = set()

    def __getitem__(self, index: int) -> _Run:
        return self.runs[index]

    def find(self, run: _Run) -> _Run | None:
        """A run as it is in the list; None where it is not."""
        index = self._index(run)
        found = self.runs[index] if index < len(self.runs) else None
        return found if found and found.id == run.id else None

    def put(self, run: _Run) -> None:
        """Add a run, or show it as it is now."""
        if found := self.find(run):
            self._shown.setdefault(run.id, found)
            self.runs[self._index(run)] = run
            return
        self.remove(run.id)
        self.runs.insert(self._index(run), run)
        self._ids.add(run.id)

    def remove(self, run_id: str) -> None:
        """Show a run no longer, if it was shown."""
        self._remember_order()
        if run_id not in self._ids:
            return
        self._ids.remove(run_id)
        index = next(index for index, run in enumerate(self.runs) if run.id == run_id)
        self._shown.setdefault(run_id, self.runs.pop(index))

    def replace(self, runs: Iterable[_Run]) -> None:
        """Show these runs instead of those before."""
        self._remember_order()
        self._shown = {run.id: run for run in self.runs} | self._shown
        self.runs = sorted(runs, key=_order)
        self._ids = {run.id for run in self.runs}

    def patch(self) -> Patch | None:
        """What makes the list of the one that was shown; None where they are the same."""
        if self._order_shown is None:
            return self._patch_in_place()
        now = {run.id: run for run in self.runs}
        changes = self._changes(now)
        if self._order_shown == [*now]:
            indices = {run_id: index for index, run_id in enumerate(now)}
            places = {indices[run_id]: change for run_id, change in changes.items()}
            return changed_items(places) if places else None
        return rearranged(self._order_shown, now, changes)

    def _patch_in_place(self) -> Patch | None:
        now = {run_id: self.runs[self._index(run)] for run_id, run in self._shown.items()}
        changes = self._changes(now)
        places = {self._index(now[run_id]): change for run_id, change in changes.items()}
        return changed_items(places) if places else None

    def _changes(self, now: Mapping[str, _Run]) -> dict[str, Patch]:
        return {
            run_id: change
            for run_id, run in self._shown.items()
            if run_id in now and (change := run_difference(run, now[run_id]))
        }

    def _remember_order(self) -> None:
        if self._order_shown is None:
            self._order_shown = [run.id for run in self.runs]
            self._ids = {*self._order_shown}

    def _index(self, run: _Run) -> int:
        return bisect_left(self.runs, _order(run), key=_order)


def _order(run: _Run) -> tuple[datetime, str]:
    # Runs of a batch may share their time; their ids count up.
    return run.created_at, run.id
