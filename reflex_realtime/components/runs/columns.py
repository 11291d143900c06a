"""The columns of a table of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import reflex as rx

from reflex_realtime.components.look.formats import elapsed, local_time
from reflex_realtime.components.run.run_status_badge import run_status_badge
from reflex_realtime.components.runs.cells import of_each_run

Justify: TypeAlias = Literal["start", "center", "end"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of runs, made by `column`.

    Attributes:
        header: What stands above it.
        value: What makes the content of its cell of the var of a run.
        sort_by: The field of a run that the column is sorted by; None where it cannot be.
        width: How wide it is, as a track of a CSS grid.
        justify: Where its content stands.
    """

    header: str
    value: Callable[[Any], Any]
    sort_by: str | None
    width: str
    justify: Justify


def column(
    header: str,
    value: Callable[[Any], Any],
    *,
    sort_by: str | None = None,
    width: str = "minmax(8rem, 1fr)",
    justify: Justify = "start",
) -> Column:
    """A column for `runs_table`.

    ```python
    column("Lines", lambda run: run.output.lines, sort_by="output.lines", justify="end")
    ```

    Args:
        header: What stands above the column. Each column of a table has another.
        value: A function that is given the var of a run, typed as its state declares it, and
            returns what the cell shows: a var, text or a component. Cells of a run that does not
            change are not rendered again.
        sort_by: The field that sorts the table when the reader clicks the header: `created_at`,
            `output.lines`, `status` (by progress) or `duration`. None for a column that cannot
            sort.
        width: How wide the column is, as a track of a CSS grid: `8rem`, `minmax(8rem, 1fr)`. It
            must not depend on what is in the cells, which come and go: not `auto`.
        justify: Where the content stands: `start`, `center` or `end`; numbers look best at the end.

    Returns:
        The column.
    """
    return Column(header, value, sort_by, width, justify)


def default_columns() -> list[Column]:
    """The columns of a table that is given none: status, task, id, created, duration, tags."""
    return [
        column("Status", run_status_badge, sort_by="status", width="10.5rem"),
        column("Task", lambda run: _line(run.task_identifier), sort_by="task_identifier"),
        column("Id", lambda run: _line(run.id, "runs-code")),
        column(
            "Created",
            lambda run: local_time(run.created_at),
            sort_by="created_at",
            width="8.5rem",
            justify="end",
        ),
        column(
            "Duration",
            lambda run: elapsed(run.started_at, run.finished_at),
            sort_by="duration",
            width="8rem",
            justify="end",
        ),
        column("Tags", _tags),
    ]


def cells(columns: Sequence[Column], runs: rx.Var[Any]) -> rx.Var[Any]:
    """The cells of a row, as a component of the browser that is given a run.

    Args:
        columns: The columns.
        runs: The var of the runs.

    Returns:
        The var of the component.
    """

    def content(run: Any) -> rx.Component:
        return rx.fragment(*[_cell(column, run) for column in columns])

    return of_each_run("run_cells", content, runs)


def _cell(column: Column, run: Any) -> rx.Component:
    return rx.el.td(column.value(run), role="cell", custom_attrs={"data-justify": column.justify})


def _tags(run: Any) -> rx.Component:
    return _line(run.tags.join(", "), "runs-quiet")


def _line(text: Any, look: str = "") -> rx.Component:
    """Text in one line. Plain elements, since a table that scrolls makes hundreds a second."""
    return rx.el.span(text, class_name=f"runs-line {look}".strip())
