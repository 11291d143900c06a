"""Lists of runs that the browser filters and sorts."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import reflex as rx

from reflex_realtime import RealtimeRunsWithTagState
from reflex_realtime.components import runs_sorted, runs_with_status
from tests.components.javascript import BUN, COMPONENTS

RUNS = [
    {"id": "a", "status": "QUEUED", "duration_ms": 5, "started_at": None},
    {"id": "b", "status": "FAILED", "duration_ms": 1, "started_at": "2026-01-02T00:00:00Z"},
    {"id": "c", "status": "COMPLETED", "duration_ms": 5, "started_at": "2026-01-01T00:00:00Z"},
]


class Listed(RealtimeRunsWithTagState, rx.State):
    chosen: list[str] = []
    field: str = ""
    newest_first: bool = False


def ids(var: Any, **vars: Any) -> str:
    """The ids of the runs in a var, as a browser finds them."""
    expression = str(var)
    for name, value in {"runs": RUNS, **vars}.items():
        expression = expression.replace(str(getattr(Listed, name)), json.dumps(value))
    script = f"""
        import {{ sortedBy }} from "{COMPONENTS}/runs/rows.js";
        console.log(({expression}).map((run) => run.id).join(""));
    """
    done = subprocess.run([BUN, "-e", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("statuses", "found"),
    [("FAILED", "b"), (["FAILED", "QUEUED"], "ab"), ([], "abc"), ("", "abc"), ("EXPIRED", "")],
)
def test_runs_are_filtered_by_status(statuses: Any, found: str) -> None:
    assert ids(runs_with_status(Listed.runs, statuses)) == found


def test_a_var_may_name_the_statuses() -> None:
    assert ids(runs_with_status(Listed.runs, Listed.chosen), chosen=["COMPLETED"]) == "c"


@pytest.mark.parametrize(
    ("field", "descending", "found"),
    [
        ("duration_ms", False, "bac"),
        ("duration_ms", True, "acb"),
        ("status", False, "cba"),
        ("started_at", False, "cba"),
        ("started_at", True, "bca"),
    ],
)
def test_runs_are_sorted_by_a_field(field: str, descending: bool, found: str) -> None:
    assert ids(runs_sorted(Listed.runs, field, descending)) == found


def test_times_are_sorted_with_and_without_a_fraction_of_a_second() -> None:
    moments = {"a": "2026-01-01T00:00:01Z", "b": "2026-01-01T00:00:01.5Z"}
    runs = [{"id": run_id, "created_at": moment} for run_id, moment in moments.items()]

    assert ids(runs_sorted(Listed.runs, "created_at", descending=True), runs=runs) == "ba"


def test_vars_may_name_the_field_and_the_direction() -> None:
    var = runs_sorted(Listed.runs, Listed.field, Listed.newest_first)
    assert ids(var, field="duration_ms", newest_first=True) == "acb"


def test_what_is_filtered_and_sorted_is_still_a_list_of_runs() -> None:
    var = runs_sorted(runs_with_status(Listed.runs, Listed.chosen), "status")
    listed = rx.foreach(var, lambda run: rx.text(run.id, run.metadata["progress"].to(str)))
    assert "map" in str(listed)
