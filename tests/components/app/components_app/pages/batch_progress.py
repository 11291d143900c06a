"""The progress of a set of runs that are counted in the browser."""

import reflex as rx

from components_app.sets import Run, run, runs
from reflex_realtime.components import batch_progress
from reflex_realtime.models import RunStatus


class Batch(rx.State):
    runs: list[Run] = []

    @rx.event
    def fill(self):
        self.runs = [*runs(100)[6:], *(run(n, RunStatus.EXECUTING) for n in range(100, 106))]

    @rx.event
    def finish(self):
        self.runs = [*runs(105)[6:], run(105)]


def page() -> rx.Component:
    return rx.el.main(
        rx.button("Fill", on_click=Batch.fill),
        rx.button("Finish", on_click=Batch.finish),
        batch_progress(Batch.runs),
        padding="1rem",
    )
