"""A run as each of the components shows it; buttons put it into every state there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import reflex as rx

from reflex_realtime import RealtimeErrorInfo, RealtimeRun, RealtimeRunState, RunError
from reflex_realtime.components import (
    run_card,
    run_error,
    run_json,
    run_progress,
    run_status_badge,
)

NOW = datetime.now(UTC)
BEGUN: dict[str, Any] = {
    "status": "EXECUTING",
    "started_at": NOW - timedelta(seconds=61),
    "payload": {"topic": "tides", "depth": 3, "tags": [], "note": None},
}
ENDED: dict[str, Any] = {**BEGUN, "finished_at": NOW - timedelta(seconds=1), "duration_ms": 60000}
REPORTED = {"progress": 0.42, "label": "Reading page 3 of 7", "eta_seconds": 90}
ERROR = RunError(
    name="ValueError",
    message="There is no report on tides that are longer than a week.",
    stack_trace="Traceback (most recent call last):\n"
    + "".join(f'  File "/app/reports.py", line {n}, in step_{n}\n' for n in range(30))
    + "ValueError: There is no report on tides that are longer than a week.",
)
OUTPUT = {
    "url": "https://example.com/reports/tides.pdf",
    "pages": 12,
    "rows": [{"n": n, "depth": n / 7, "is_high": n % 2 == 0} for n in range(5000)],
    "text": "high water, low water, " * 500,
}
RUNS: dict[str, dict[str, Any]] = {
    "queued": {"status": "QUEUED"},
    "executing": BEGUN,
    "reporting": {**BEGUN, "metadata": REPORTED},
    "percentage": {**BEGUN, "metadata": {"progress": 73}},
    "completed": {**ENDED, "status": "COMPLETED", "output": OUTPUT, "metadata": REPORTED},
    "failed": {**ENDED, "status": "FAILED", "error": ERROR, "metadata": REPORTED},
    "cancelled": {**ENDED, "status": "CANCELED"},
    "pending-version": {"status": "PENDING_VERSION"},
}

BUTTON: dict[str, Any] = {"size": "1", "variant": "outline", "high_contrast": True}


class Shown(RealtimeRunState, rx.State):
    @rx.event
    def show(self, name: str):
        if name == "none":
            self.run = None
            return
        self.run = RealtimeRun(
            id="run_cm5k9x0a10000v8l4h2q7d3ef",
            task_identifier="create-report",
            created_at=NOW - timedelta(seconds=62),
            updated_at=datetime.now(UTC),
            tags=["user:1", "tides"],
            **RUNS[name],
        )
        self.error = None

    @rx.event
    def connect(self):
        self.run = None
        self.subscription_status = "connecting"

    @rx.event
    def break_down(self):
        self.error = RealtimeErrorInfo(
            kind="transport", message="The server does not answer.", remedy="Is it running?"
        )


def page() -> rx.Component:
    buttons = [rx.button(name, on_click=Shown.show(name), **BUTTON) for name in ("none", *RUNS)]
    return rx.el.main(
        rx.heading("A run", as_="h1"),
        rx.flex(
            *buttons,
            rx.button("connecting", on_click=Shown.connect, **BUTTON),
            rx.button("broken", on_click=Shown.break_down, **BUTTON),
            rx.color_mode.button(custom_attrs={"aria-label": "Light or dark"}),
            wrap="wrap",
            spacing="2",
        ),
        rx.heading("Its parts", as_="h2", size="4"),
        rx.box(run_card(Shown, id="card")),
        run_status_badge(Shown, id="badge"),
        run_progress(Shown.run, id="progress"),
        run_error(Shown, id="error"),
        run_json(Shown.run, id="json"),
        run_json(Shown.run, fields=("payload",), id="payload"),
        padding="1rem",
        max_width="48rem",
        margin_x="auto",
        display="flex",
        flex_direction="column",
        gap="1rem",
    )
