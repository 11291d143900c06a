"""What is known of runs taken together, counted in the browser."""

from __future__ import annotations

from typing import Any

from tests.components.javascript import call

MODULE = "runs/counts.js"


def run(status: str, created: int, finished: int | None = None) -> dict[str, Any]:
    ended = None if finished is None else f"1970-01-01T00:00:{finished:02}Z"
    created_at = f"1970-01-01T00:00:{created:02}Z"
    return {"status": status, "created_at": created_at, "finished_at": ended}


def test_runs_are_counted_by_status() -> None:
    runs = [run("QUEUED", 0), run("FAILED", 0), run("QUEUED", 0)]
    assert call(MODULE, "countsOf", runs) == {"QUEUED": 2, "FAILED": 1}


def test_the_others_take_as_long_as_those_that_have_ended() -> None:
    runs = [run("COMPLETED", 1, 11), run("FAILED", 2, 6), run("QUEUED", 3), run("QUEUED", 3)]
    assert call(MODULE, "secondsLeft", runs) == 10


def test_nobody_knows_how_long_it_takes_before_one_has_ended() -> None:
    assert call(MODULE, "secondsLeft", [run("QUEUED", 0)]) is None
    assert call(MODULE, "secondsLeft", []) is None
