"""Lists of runs, filtered and sorted in the browser: nothing is sent again for it."""

from __future__ import annotations

from typing import Any, TypeVar

import reflex as rx

from reflex_realtime.components.look.expressions import called, expression
from reflex_realtime.components.runs.browser import library

RunsT = TypeVar("RunsT")


def runs_with_status(runs: RunsT, statuses: str | list[str] | rx.Var[Any]) -> RunsT:
    """Those runs of a list that have one of some statuses.

    ```python
    rx.foreach(runs_with_status(MyRuns.runs, Filter.statuses), row)
    ```

    Args:
        runs: The var of a list of runs.
        statuses: A status, a list of them, or a var of either. None at all, or empty text, lets
            all runs through.

    Returns:
        A var of the same type.
    """
    chosen = f"[].concat({rx.Var.create(statuses)!s}).filter(Boolean)"
    var = expression(
        f"(({chosen}).length === 0 ? {runs} : "
        f"{runs}.filter((run) => ({chosen}).includes(run.status)))",
        *(runs, rx.Var.create(statuses)),
    )
    return _of_the_type_of(runs, var)


def runs_sorted(
    runs: RunsT, by: str | rx.Var[str], descending: bool | rx.Var[bool] = False
) -> RunsT:
    """A list of runs in another order.

    ```python
    rx.foreach(runs_sorted(MyRuns.runs, "updated_at", descending=True), row)
    ```

    Args:
        runs: The var of a list of runs.
        by: The field that decides: `created_at`, `status`, `duration_ms`, ... or a var of its
            name. Runs where it is the same stay in their order; those that have none come last.
        descending: Whether the greatest comes first; a var too.

    Returns:
        A var of the same type.
    """
    return _of_the_type_of(runs, called("sortedBy", library("rows.js"), runs, by, descending))


def _of_the_type_of(runs: Any, var: rx.Var[Any]) -> Any:
    return var._replace(_var_type=runs._var_type).guess_type()
