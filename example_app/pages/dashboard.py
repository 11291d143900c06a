"""A tag's runs: everything that this visitor has started, on whichever page."""

from collections import Counter

import reflex as rx
from pydantic import BaseModel

from example_app.views.cards import card, source
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeRunsWithTagState
from reflex_realtime.components import batch_progress, runs_table


class Anything(BaseModel):
    """A payload or output of which this page shows nothing."""


class Dashboard(RealtimeRunsWithTagState[Anything, Anything], Visitor):
    """The runs of this visitor in the last 24 hours."""

    @rx.event
    def watch(self):
        return self._subscribe(self._visitor_tag(), skip_columns=("payload", "output"))

    @rx.event
    def open(self, run_id: str):
        return rx.redirect(f"/runs/{run_id}")

    @rx.var
    def by_task(self) -> dict[str, int]:
        """How many runs each task has."""
        return dict(Counter(run.task_identifier for run in self.runs).most_common())


def page() -> rx.Component:
    return layout(
        "/dashboard",
        "Dashboard",
        "Everything you have started in this browser tab: every run carries a tag of yours, and "
        "this page follows the tag. Start something elsewhere and come back. A row leads to all "
        "that there is to say about its run.",
        Dashboard,
        card(
            "Your runs",
            batch_progress(Dashboard),
            rx.flex(
                rx.foreach(
                    Dashboard.by_task,
                    lambda task: rx.badge(task[0], " ", task[1], color_scheme="gray"),
                ),
                spacing="2",
                wrap="wrap",
                align="center",
                min_height="1.5rem",
            ),
            runs_table(Dashboard, on_row_click=Dashboard.open, id="dashboard-table"),
        ),
        source(Dashboard),
    )
