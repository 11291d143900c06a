"""Where the phases of runs lie in time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.javascript import call

MODULE = "runs/timeline.js"


def at(second: float) -> str:
    return f"1970-01-01T00:00:{second:06.3f}Z"


def run(**times: float) -> dict[str, Any]:
    fields: dict[str, Any] = {name: at(second) for name, second in times.items()}
    return {"created_at": at(0), "status": "EXECUTING", **fields}


def phases(run: dict[str, Any], *waits: tuple[float, float | None]) -> list[tuple[Any, ...]]:
    """The phases, in seconds."""
    seen = [{"from": start * 1000, "to": end and end * 1000} for start, end in waits]
    found = call(MODULE, "phasesOf", run, seen)
    return [(one["name"], one["from"] / 1000, one["to"] and one["to"] / 1000) for one in found]


def test_a_run_is_queued_until_it_starts_and_executes_until_it_finishes() -> None:
    finished = run(queued_at=0, started_at=2, finished_at=5)
    assert phases(finished) == [("queued", 0, 2), ("executing", 2, 5)]


def test_the_last_phase_of_a_run_that_goes_on_has_no_end() -> None:
    assert phases(run(queued_at=0)) == [("queued", 0, None)]
    assert phases(run(started_at=2)) == [("queued", 0, 2), ("executing", 2, None)]


def test_a_run_may_end_before_it_starts() -> None:
    assert phases(run(queued_at=0, finished_at=4)) == [("queued", 0, 4)]


def test_a_delayed_run_is_not_queued_yet() -> None:
    delayed = run(delayed_until=3, started_at=4)
    assert phases(delayed) == [("delayed", 0, 3), ("queued", 3, 4), ("executing", 4, None)]


def test_waits_divide_what_is_executed() -> None:
    finished = run(started_at=0, finished_at=9)
    assert phases(finished, (2, 3), (5, 6)) == [
        ("executing", 0, 2),
        ("waiting", 2, 3),
        ("executing", 3, 5),
        ("waiting", 5, 6),
        ("executing", 6, 9),
    ]


def test_a_wait_that_goes_on_is_the_last_phase() -> None:
    assert phases(run(started_at=0), (2, None)) == [("executing", 0, 2), ("waiting", 2, None)]


def test_waits_are_seen_as_a_run_comes_to_wait_and_goes_on() -> None:
    looks = [("EXECUTING", 1), ("WAITING", 2), ("WAITING", 3), ("EXECUTING", 4), ("WAITING", 6)]
    waits: list[dict[str, Any]] = []
    for status, second in looks:
        waits = call(MODULE, "seenWaits", waits, run(updated_at=second) | {"status": status})
    assert waits == [{"from": 2000, "to": 4000}, {"from": 6000, "to": None}]


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (0.9, ["0", "200 ms", "400 ms", "600 ms", "800 ms", "1 s"]),
        (61, ["0", "15 s", "30 s", "45 s", "1 min", "1 min 15 s"]),
        (7200, ["0", "30 min", "1 h", "1 h 30 min", "2 h", "2 h 30 min"]),
        (864_000, ["0", "2 d", "4 d", "6 d", "8 d", "10 d", "12 d"]),
    ],
)
def test_an_axis_has_a_few_round_ticks_and_ends_ahead(seconds: float, ticks: list[str]) -> None:
    axis = call(MODULE, "axisOf", 5, 5 + seconds * 1000, 6)
    assert [call(MODULE, "tickLabel", tick) for tick in axis["ticks"]] == ticks
    assert axis["span"] == axis["ticks"][-1] > seconds * 1000


def test_a_set_goes_on_as_long_as_one_of_its_runs() -> None:
    ended = run(finished_at=4)
    assert call(MODULE, "boundsOf", [ended, run(finished_at=2)]) == {"start": 0, "end": 4000}
    assert call(MODULE, "boundsOf", [ended, run()]) == {"start": 0, "end": None}
