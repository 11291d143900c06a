"""A list of runs: sorted, and its patch makes what is shown of what was shown."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime import RealtimeRun, RunStatus
from reflex_realtime.states.models import serialize_run
from reflex_realtime.states.run_list import RunList, SavedRuns, run_ids, saved_runs
from reflex_realtime.states.saved import restored
from tests.patches.applying import patched

START = datetime(2026, 1, 1, tzinfo=UTC)
Run = RealtimeRun[Any, Any]


def run_of(number: int, progress: int = 0, status: RunStatus = RunStatus.EXECUTING) -> Run:
    """A run; two have the same time of creation."""
    created_at = START + timedelta(seconds=number // 2)
    return Run(
        id=f"run_{number:04d}",
        created_at=created_at,
        updated_at=created_at + timedelta(seconds=progress),
        status=status,
        payload={"text": "x" * 400},
        metadata={"progress": progress} if progress else {},
    )


def shown(runs: list[Run]) -> list[Any]:
    return json.loads(json.dumps(runs, default=serialize_run))


numbers = st.integers(0, 9)
steps = st.one_of(
    st.tuples(st.just("put"), st.builds(run_of, numbers, st.integers(0, 3))),
    st.tuples(st.just("remove"), numbers.map(lambda number: f"run_{number:04d}")),
    st.tuples(
        st.just("replace"),
        st.lists(st.builds(run_of, numbers, st.integers(0, 3)), unique_by=lambda run: run.id),
    ),
)


@pytest.mark.parametrize("is_saved", [False, True], ids=["as they are", "saved after each change"])
@given(flushes=st.lists(st.lists(steps, max_size=6), max_size=4))
def test_what_is_patched_is_what_is_there(
    flushes: list[list[tuple[str, Any]]], is_saved: bool
) -> None:
    runs: Any = pickle.loads(pickle.dumps(saved_runs([]))) if is_saved else []
    page: list[Any] = []
    truth: dict[str, Run] = {}
    for flush in flushes:
        changing = RunList(runs)
        for step, value in flush:
            getattr(changing, step)(value)
            match step:
                case "put":
                    truth[value.id] = value
                case "remove":
                    truth.pop(value, None)
                case _:
                    truth = {run.id: run for run in value}
        if patch := changing.patch():
            page = patched(page, json.loads(json.dumps(patch, default=serialize_run)))
        runs = pickle.loads(pickle.dumps(changing.runs)) if is_saved else changing.runs
        assert run_ids(runs) == sorted(truth)
        assert restored(runs) == [truth[run_id] for run_id in sorted(truth)]
        assert page == shown([truth[run_id] for run_id in sorted(truth)])


def test_a_change_of_a_run_is_sent_without_its_payload() -> None:
    runs = RunList([run_of(number) for number in range(1000)])
    runs.put(run_of(500, progress=1))
    patch = runs.patch()
    assert patch is not None
    [[index, change]] = patch["c"]
    assert index == 500
    assert {*change["o"]} == {"updated_at", "metadata"}


def test_a_run_that_came_again_unchanged_is_not_sent() -> None:
    runs = RunList([run_of(1), run_of(2)])
    runs.put(run_of(1))
    runs.replace([run_of(2), run_of(1)])
    assert runs.patch() is None


def test_the_list_that_is_shown_is_left_as_it_is() -> None:
    before = [run_of(1)]
    runs = RunList(before)
    runs.put(run_of(0))
    runs.put(run_of(1, progress=2))
    assert before == [run_of(1)]


def test_of_saved_runs_only_those_that_change_are_read_and_pickled_again() -> None:
    saved = pickle.loads(pickle.dumps(saved_runs([run_of(number) for number in range(100)])))
    runs = RunList(saved)
    runs.put(run_of(50, progress=1))
    runs.put(run_of(200))
    assert runs.patch() is not None
    assert isinstance(runs.runs, SavedRuns)
    assert sum(isinstance(row, bytes) for row in runs.runs._rows) == 99
