"""Which runs a table shows, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from reflex_realtime.components.runs.groups import GROUPS
from reflex_realtime.models import RunStatus
from tests.components.javascript import call

MODULE = "runs/rows.js"
WORDS = [group.word for group in GROUPS]
PLACES = call(MODULE, "placesOf", [group._asdict() for group in GROUPS])


def run(name: str, **fields: Any) -> dict[str, Any]:
    defaults = {"status": "QUEUED", "task_identifier": "resize", "tags": [], "started_at": None}
    return {"id": name, **defaults, **fields}


def sort(runs: list[dict[str, Any]], by: str, *, descending: bool = False) -> str:
    """The names of the runs in the order of the table."""
    order = {"by": by, "descending": descending}
    return "".join(run["id"] for run in call(MODULE, "sorted", runs, PLACES, order))


def find(runs: list[dict[str, Any]], *words: str, text: str = "") -> str:
    chosen = [WORDS.index(word) for word in words]
    return "".join(run["id"] for run in call(MODULE, "filtered", runs, PLACES, chosen, text))


def test_each_status_belongs_to_one_group() -> None:
    statuses = [status for group in GROUPS for status in group.statuses]
    assert sorted(statuses) == sorted(RunStatus)


def test_runs_are_sorted_by_a_field_within_a_field_both_ways() -> None:
    runs = [
        run(name, output={"lines": lines}) for name, lines in zip("abc", (2, 10, 1), strict=True)
    ]
    assert sort(runs, "output.lines") == "cab"
    assert sort(runs, "output.lines", descending=True) == "bac"


def test_runs_without_the_field_come_last_both_ways() -> None:
    runs = [run("a", output=None), run("b", output={"lines": 1}), run("c")]
    assert sort(runs, "output.lines") == "bac"
    assert sort(runs, "output.lines", descending=True) == "bac"


def test_runs_of_which_the_field_is_the_same_stay_in_their_order() -> None:
    assert sort([run(name) for name in "cab"], "task_identifier", descending=True) == "cab"


def test_times_are_sorted_with_and_without_a_fraction_of_a_second() -> None:
    times = {"a": "12:00:00.5", "b": "12:00:01", "c": "12:00:00"}
    runs = [run(name, created_at=f"2026-01-02T{time}Z") for name, time in times.items()]
    assert sort(runs, "created_at") == "cab"


def test_statuses_are_sorted_by_how_far_a_run_is() -> None:
    statuses = {"a": "COMPLETED", "b": "EXECUTING", "c": "DELAYED", "d": "DEQUEUED"}
    assert sort([run(name, status=status) for name, status in statuses.items()], "status") == "cdba"


def test_a_run_that_goes_on_is_sorted_by_how_long_it_has_been() -> None:
    runs = [
        run("a", started_at="2026-01-01T00:00:00Z"),
        run("b", started_at="2026-01-01T00:00:00Z", finished_at="2026-01-01T00:01:00Z"),
        run("c"),
    ]
    assert sort(runs, "duration", descending=True) == "abc"


def test_runs_keep_their_order_when_nothing_sorts_them() -> None:
    assert sort([run(name) for name in "cab"], "") == "cab"


@pytest.mark.parametrize(
    ("text", "found"),
    [("RESIZE", "ab"), (" user:2 ", "b"), ("xyz", ""), ("", "abc"), ("c", "c")],
)
def test_a_text_is_found_in_id_task_and_tags(text: str, found: str) -> None:
    runs = [run("a"), run("b", tags=["user:1", "user:2"]), run("c", task_identifier="other")]
    assert find(runs, text=text) == found


def test_runs_of_any_chosen_group_are_shown() -> None:
    statuses = {"a": "COMPLETED", "b": "TIMED_OUT", "c": "QUEUED", "d": "CRASHED"}
    runs = [run(name, status=status) for name, status in statuses.items()]
    assert find(runs, "Failed") == "bd"
    assert find(runs, "Failed", "Queued") == "bcd"
    assert find(runs, "Failed", text="d") == "d"


@pytest.mark.parametrize(
    ("key", "index", "row"),
    [
        ("ArrowDown", 3, 4),
        ("ArrowUp", 0, 0),
        ("PageDown", 3, 13),
        ("PageUp", 3, 0),
        ("Home", 3, 0),
        ("End", 3, 19),
        ("a", 3, None),
    ],
)
def test_keys_lead_from_row_to_row(key: str, index: int, row: int | None) -> None:
    assert call(MODULE, "rowAfter", key, index, 20, 10) == row
