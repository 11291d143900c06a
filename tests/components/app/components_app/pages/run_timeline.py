"""Timelines of a run and of a set; what stands before a bar shows when it was rendered."""

from datetime import UTC, datetime, timedelta

import reflex as rx

from components_app.sets import Run, run, runs
from reflex_realtime.components import run_timeline
from reflex_realtime.models import RunStatus


class Timeline(rx.State):
    run: Run | None = None
    runs: list[Run] = []

    @rx.event
    def begin(self):
        now = datetime.now(UTC)
        times = {"created_at": now - timedelta(seconds=5), "queued_at": now - timedelta(seconds=5)}
        self.run = run(1, RunStatus.EXECUTING, **times, started_at=now - timedelta(seconds=2))
        self.runs = [self.run]

    @rx.event
    def wait(self):
        if self.run:
            news = {"status": RunStatus.WAITING, "updated_at": datetime.now(UTC)}
            self.run = self.run.model_copy(update=news)

    @rx.event
    def fill(self):
        self.runs = runs(500)


def page() -> rx.Component:
    rendered = rx.Var("Math.random()").to(float)
    return rx.el.main(
        rx.button("Begin", on_click=Timeline.begin),
        rx.button("Wait", on_click=Timeline.wait),
        rx.button("Fill", on_click=Timeline.fill),
        run_timeline(Timeline.run, id="one"),
        run_timeline(Timeline.runs, name=lambda run: rx.text(rendered, run.id), id="set"),
        padding="1rem",
    )
