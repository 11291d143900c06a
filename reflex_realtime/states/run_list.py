"""The runs of a set as a page shows them, and what changes there."""

from __future__ import annotations

import pickle
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from reflex_realtime.models import AnyRun
from reflex_realtime.patches.patch import Patch, changed_items, rearranged
from reflex_realtime.states.models import run_difference
from reflex_realtime.states.saved import Saved, restored

_Run: TypeAlias = AnyRun
_Place: TypeAlias = tuple[datetime, str]
"""What decides where a run stands. Runs of a batch may share their time; their ids count up."""


class SavedRuns(Saved):
    """Runs of a state that is saved, of which each is pickled when it has changed.

    Args:
        runs: The runs, in order.

    Attributes:
        places: Where they stand, in order.
    """

    def __init__(self, runs: Iterable[_Run]) -> None:
        self._rows: list[bytes | _Run] = [*runs]
        self.places: list[_Place] = [_place(run) for run in self.restored()]

    def __len__(self) -> int:
        return len(self._rows)

    def __getstate__(self) -> tuple[list[bytes], list[_Place]]:
        rows = [row if isinstance(row, bytes) else pickle.dumps(row) for row in self._rows]
        return rows, self.places

    def __setstate__(self, state: tuple[list[bytes | _Run], list[_Place]]) -> None:
        self._rows, self.places = state

    def __getitem__(self, index: int) -> _Run:
        return _loaded(self._rows[index])

    def __setitem__(self, index: int, run: _Run) -> None:
        self._rows[index] = run

    def insert(self, index: int, run: _Run) -> None:
        """Add a run where it belongs."""
        self._rows.insert(index, run)
        self.places.insert(index, _place(run))

    def pop(self, index: int) -> _Run:
        """Take a run out."""
        run = self[index]
        del self._rows[index], self.places[index]
        return run

    def copy(self) -> SavedRuns:
        """The same runs, to be changed."""
        copied = SavedRuns(())
        copied._rows, copied.places = [*self._rows], [*self.places]
        return copied

    def restored(self) -> list[_Run]:
        """The runs."""
        return [_loaded(row) for row in self._rows]


class RunList:
    """Runs in the order in which they were created.

    Args:
        runs: The runs as they are shown, in order; they are copied.

    Attributes:
        runs: The runs as they are now, in the form in which they came.
    """

    def __init__(self, runs: list[_Run] | SavedRuns) -> None:
        self.runs = runs.copy()
        self._shown: dict[str, _Run] = {}
        self._order_shown: list[str] | None = None
        self._ids: set[str] = set()

    def put(self, run: _Run) -> None:
        """Add a run, or show it as it is now."""
        index = self._index(run)
        if index < len(self.runs) and self._place_at(index) == _place(run):
            self._shown.setdefault(run.id, self.runs[index])
            self.runs[index] = run
            return
        self.remove(run.id)
        self.runs.insert(self._index(run), run)
        self._ids.add(run.id)

    def remove(self, run_id: str) -> None:
        """Show a run no longer, if it was shown."""
        self._remember_order()
        if run_id in self._ids:
            self._ids.remove(run_id)
            self._shown.setdefault(run_id, self.runs.pop(run_ids(self.runs).index(run_id)))

    def replace(self, runs: Iterable[_Run]) -> None:
        """Show these runs instead of those before."""
        self._remember_order()
        self._shown = {run.id: run for run in restored(self.runs)} | self._shown
        now = sorted(runs, key=_place)
        self.runs = SavedRuns(now) if isinstance(self.runs, SavedRuns) else now
        self._ids = {run.id for run in now}

    def patch(self) -> Patch | None:
        """What makes the list of the one that was shown; None where they are the same."""
        if self._order_shown is None:
            return self._changed({run.id: self._index(run) for run in self._shown.values()})
        ids = run_ids(self.runs)
        places = {run_id: index for index, run_id in enumerate(ids)}
        if ids == self._order_shown:
            return self._changed(places)
        new = places.keys() - {*self._order_shown}
        added = {run_id: self.runs[places[run_id]] for run_id in new}
        return rearranged(self._order_shown, ids, added, self._changes(places))

    def _changed(self, places: Mapping[str, int]) -> Patch | None:
        changes = self._changes(places)
        by_place = {places[run_id]: change for run_id, change in changes.items()}
        return changed_items(by_place) if by_place else None

    def _changes(self, places: Mapping[str, int]) -> dict[str, Patch]:
        """What has changed in the runs that were shown and still are, by id."""
        return {
            run_id: change
            for run_id, run in self._shown.items()
            if run_id in places and (change := run_difference(run, self.runs[places[run_id]]))
        }

    def _remember_order(self) -> None:
        if self._order_shown is None:
            self._order_shown = run_ids(self.runs)
            self._ids = {*self._order_shown}

    def _place_at(self, index: int) -> _Place:
        if isinstance(self.runs, SavedRuns):
            return self.runs.places[index]
        return _place(self.runs[index])

    def _index(self, run: _Run) -> int:
        return bisect_left(range(len(self.runs)), _place(run), key=self._place_at)


def run_ids(runs: list[_Run] | SavedRuns) -> list[str]:
    """The ids of runs, in order."""
    if isinstance(runs, SavedRuns):
        return [run_id for _, run_id in runs.places]
    return [run.id for run in runs]


def saved_runs(runs: list[_Run] | SavedRuns) -> SavedRuns:
    """Runs as they are to be saved."""
    return runs if isinstance(runs, SavedRuns) else SavedRuns(runs)


def _loaded(row: bytes | _Run) -> _Run:
    return pickle.loads(row) if isinstance(row, bytes) else row


def _place(run: _Run) -> _Place:
    return run.created_at, run.id
