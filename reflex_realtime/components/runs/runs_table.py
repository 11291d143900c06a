"""`runs_table`: a table of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.source import Source, runs_source, subscribed
from reflex_realtime.components.look.virtual_list import VIRTUAL_LIST
from reflex_realtime.components.runs.browser import BrowserComponent
from reflex_realtime.components.runs.columns import Column, cells, default_columns
from reflex_realtime.components.runs.condition import condition, no_runs
from reflex_realtime.components.runs.groups import groups_var
from reflex_realtime.components.runs.run_vars import runs_with_status
from reflex_realtime.states.runs import RunsState


def _run_id(run_id: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (run_id,)


class RunsTable(BrowserComponent):
    """The table, as a component of the browser."""

    tag: str | None = "RunsTable"
    lib_dependencies: list[str] = [VIRTUAL_LIST]

    runs: rx.Var[Any]
    columns: rx.Var[Any]
    cells: rx.Var[Any]
    groups: rx.Var[Any]
    row_height: rx.Var[int]
    sort: rx.Var[Any]
    table_height: rx.Var[str]
    chooses: rx.Var[bool]
    is_loading: rx.Var[bool]
    condition: rx.Var[str]
    total: rx.Var[Any]

    on_row_click: rx.EventHandler[_run_id]


def runs_table(
    source: Any,
    *,
    columns: Sequence[Column] | None = None,
    statuses: str | list[str] | rx.Var[Any] | None = None,
    sort_by: str = "created_at",
    descending: bool = True,
    on_row_click: EventType[()] | EventType[str] | None = None,
    label: str = "Runs",
    row_height: int = 44,
    height: str = "min(32rem, 75vh)",
    **props: Any,
) -> rx.Component:
    """A table of runs that sorts, filters and finds in the browser.

    Only the rows in view are in the page, so thousands of runs scroll well, and a run that changes
    renders its own row alone.

    Args:
        source: A state class that follows a set of runs, or the var of a list of runs.
        columns: The columns, made by `column`. None for status, task, id, created, duration and
            tags.
        statuses: Show the runs with one of these statuses; a status, a list or a var of either.
            None to let the reader choose and search, with buttons that count the runs.
        sort_by: The field that the table is sorted by at first; empty for the order of the runs.
        descending: Whether the greatest comes first then.
        on_row_click: The event handler that is called with the id of the run whose row is clicked,
            or chosen with Enter. It makes rows reachable with the arrow keys.
        label: What the table is called to those who don't see it.
        row_height: How high a row is, in pixels.
        height: How high the box is in which the table scrolls.
        **props: Props of the outermost element.

    Returns:
        The table.

    Raises:
        ConfigurationError: The source is neither of the two.
    """
    runs = runs_source(source)
    shown = list(columns) if columns is not None else default_columns()
    handlers = {"on_row_click": on_row_click} if on_row_click is not None else {}
    table = RunsTable.create(
        no_runs(runs),
        runs=runs.value if statuses is None else runs_with_status(runs.value, statuses),
        columns=[
            {key: getattr(column, key) for key in ("header", "sort_by", "width", "justify")}
            for column in shown
        ],
        cells=cells(shown, runs.value),
        groups=groups_var(),
        label=label,
        row_height=row_height,
        sort={"by": sort_by, "descending": descending},
        table_height=height,
        chooses=statuses is None,
        condition=condition(runs),
        **_of_state(runs),
        **handlers,
        **props,
    )
    return subscribed(runs, table)


def _of_state(runs: Source) -> dict[str, Any]:
    """What only the state knows."""
    if runs.state is None or not issubclass(runs.state, RunsState):
        return {}
    return {"is_loading": runs.is_loading, "total": runs.state.total}
