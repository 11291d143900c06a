"""A tag's runs: everything that this visitor has started, on whichever page."""

from collections import Counter
from typing import Any

import reflex as rx
from pydantic import BaseModel

from example_app.views.cards import FROM_TABLET, card, empty, error_callout, one_line, source
from example_app.views.format import clock
from example_app.views.layout import layout
from example_app.views.run import duration
from example_app.views.status import run_status
from example_app.visitor import Visitor
from reflex_realtime import RealtimeRunsWithTagState
from reflex_realtime.components import realtime_subscription


class Anything(BaseModel):
    """A payload or output of which this page shows nothing."""


class Dashboard(RealtimeRunsWithTagState[Anything, Anything], Visitor):
    """The runs of this visitor in the last 24 hours."""

    @rx.event
    def watch(self):
        return self._subscribe(self._visitor_tag(), skip_columns=("payload", "output"))

    @rx.var
    def by_task(self) -> dict[str, int]:
        """How many runs each task has."""
        return dict(Counter(run.task_identifier for run in self.runs).most_common())


def page() -> rx.Component:
    return layout(
        "/dashboard",
        "Dashboard",
        "Everything you have started in this browser tab: every run carries a tag of yours, and "
        "this page follows the tag. Start something elsewhere and come back.",
        Dashboard.subscription_status,
        realtime_subscription(Dashboard),
        error_callout(Dashboard.error),
        card(
            "Your runs",
            rx.flex(
                rx.text("Runs ", rx.text.strong(Dashboard.runs.length(), id="dashboard-count")),
                rx.foreach(
                    Dashboard.by_task,
                    lambda task: rx.badge(task[0], " ", task[1], color_scheme="gray"),
                ),
                spacing="3",
                wrap="wrap",
                align="center",
                min_height="1.5rem",
            ),
            _table(Dashboard.runs),
        ),
        source(Dashboard),
    )


def _table(runs: Any) -> rx.Component:
    def row(run: Any) -> rx.Component:
        return rx.table.row(
            rx.table.row_header_cell(
                one_line(run.task_identifier),
                one_line(run.id, size="1", color=rx.color("gray", 11)),
                max_width="0",
                width="100%",
            ),
            rx.table.cell(run_status(run.status)),
            rx.table.cell(
                clock(run.created_at), justify="end", min_width="5.5rem", display=FROM_TABLET
            ),
            rx.table.cell(
                duration(run),
                justify="end",
                min_width="5rem",
                display=FROM_TABLET,
            ),
            key=run.id,
            align="center",
            class_name="run-row",
        )

    table = rx.table.root(
        rx.table.header(
            rx.table.row(
                rx.table.column_header_cell("Run"),
                rx.table.column_header_cell("Status"),
                rx.table.column_header_cell("Started", justify="end", display=FROM_TABLET),
                rx.table.column_header_cell("Time", justify="end", display=FROM_TABLET),
            )
        ),
        rx.table.body(rx.foreach(runs.reverse(), row)),
        id="dashboard-table",
        size="1",
        width="100%",
    )
    waiting = empty("layout-dashboard", "You have not started anything yet.", height="20rem")
    return rx.cond(runs.length() > 0, table, waiting)
