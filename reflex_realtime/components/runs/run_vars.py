"""Lists of runs, filtered and sorted in the browser: nothing is sent again for it."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import reflex as rx
from reflex_base.vars.base import VarData

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
    expression = (
        f"(({chosen}).length === 0 ? {{runs}} : "
        f"{{runs}}.filter((run) => ({chosen}).includes(run.status)))"
    )
    return _derived(runs, expression, statuses)


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
    field, sign = rx.Var.create(by), f"({rx.Var.create(descending)!s} ? -1 : 1)"
    # Times with and without a fraction of a second compare only without their zone.
    expression = (
        f"[...{{runs}}].sort((a, b) => {{ const [x, y] = [a, b].map((run) => "
        f'{field!s}.endsWith("_at") ? run[{field!s}]?.slice(0, -1) : run[{field!s}]); '
        f"return (x == null) - (y == null) || {sign} * ((x > y) - (x < y)); }})"
    )
    return _derived(runs, expression, by, descending)


def _derived(runs: Any, expression: str, *used: Any) -> Any:
    """A var of the type of another, made of it by an expression that names it `{runs}`."""
    data = [rx.Var.create(value)._get_all_var_data() for value in (runs, *used)]
    return rx.Var(
        _js_expr=expression.replace("{runs}", str(runs)),
        _var_type=cast("rx.Var[Any]", runs)._var_type,
        _var_data=VarData.merge(*data),
    ).guess_type()
