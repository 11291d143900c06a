"""What shows one run."""

import reflex as rx

from example_app.gallery.entry import Entry, Still
from example_app.gallery.stage import Stage
from example_app.gallery.stills import (
    Cancelling,
    Complete,
    Connecting,
    Idle,
    Live,
    Reconnecting,
    Refused,
    Samples,
    Stopped,
)
from reflex_realtime.components import (
    connection_status,
    run_actions,
    run_card,
    run_error,
    run_json,
    run_progress,
    run_status_badge,
)

STATUSES = {
    "DELAYED": "Delayed",
    "PENDING_VERSION": "Pending version",
    "QUEUED": "Queued",
    "DEQUEUED": "Starting",
    "EXECUTING": "Executing",
    "WAITING": "Waiting",
    "COMPLETED": "Completed",
    "FAILED": "Failed",
    "CANCELED": "Cancelled",
    "CRASHED": "Crashed",
    "SYSTEM_FAILURE": "System failure",
    "EXPIRED": "Expired",
    "TIMED_OUT": "Timed out",
}


def _badges() -> list[Still]:
    shown = [(word, Samples.each[status]) for status, word in STATUSES.items()]
    return [
        Still("No run", run_status_badge(Samples.no_run)),
        *[Still(word, run_status_badge(run)) for word, run in shown],
    ]


def _progress() -> list[Still]:
    each = Samples.each
    return [
        Still("Executing", run_progress(each["EXECUTING"])),
        Still("Executing, silent", run_progress(Samples.silent)),
        Still("No run", run_progress(Samples.no_run)),
        Still("Connecting", run_progress(Connecting)),
        Still("Queued", run_progress(each["QUEUED"])),
        Still("Waiting", run_progress(each["WAITING"])),
        Still("Disconnected", run_progress(Reconnecting)),
        Still("Completed", run_progress(each["COMPLETED"])),
        Still("Failed", run_progress(each["FAILED"])),
        Still("Cancelled", run_progress(each["CANCELED"])),
        Still(
            "With values of the page",
            run_progress(each["EXECUTING"], value=0.8, label="Nearly there", eta=9),
        ),
    ]


def _cards() -> list[Still]:
    each = Samples.each
    return [
        Still("Executing", run_card(Live)),
        Still("Completed", run_card(Complete)),
        Still("Failed", run_card(each["FAILED"])),
        Still("Disconnected", run_card(Reconnecting)),
        Still("No run", run_card(Idle)),
        Still("Connecting", run_card(Connecting)),
        Still("Queued", run_card(each["QUEUED"])),
        Still("Waiting", run_card(each["WAITING"])),
        Still("Cancelled", run_card(each["CANCELED"])),
        Still("Refused", run_card(Refused)),
    ]


def _errors() -> list[Still]:
    each = Samples.each
    return [
        Still("Failed", run_error(each["FAILED"])),
        Still("Nothing wrong", run_error(each["EXECUTING"])),
        Still("Crashed, without a name", run_error(each["CRASHED"])),
        Still("Timed out", run_error(each["TIMED_OUT"])),
        Still("Disconnected", run_error(Reconnecting)),
        Still("Refused", run_error(Refused)),
    ]


def _json() -> list[Still]:
    each = Samples.each
    return [
        Still("Executing", run_json(each["EXECUTING"])),
        Still("Output alone", run_json(each["COMPLETED"], fields=("output",))),
        Still("No run", run_json(Samples.no_run)),
        Still("Connecting", run_json(Connecting)),
        Still("Metadata alone", run_json(each["EXECUTING"], fields=("metadata",))),
        Still("Failed, without an output", run_json(each["FAILED"], fields=("output", "payload"))),
    ]


def _actions() -> list[Still]:
    return [
        Still("No run", run_actions(Idle)),
        Still("Executing", run_actions(Live)),
        Still("Being cancelled", run_actions(Cancelling)),
        Still("Completed", run_actions(Complete)),
        Still("Cancelling alone", run_actions(Live, replay=False)),
    ]


def _connections() -> list[Still]:
    return [
        Still("Not subscribed", connection_status(Idle)),
        Still("Connecting", connection_status(Connecting)),
        Still("Live", connection_status(Live)),
        Still("Reconnecting", connection_status(Reconnecting)),
        Still("Complete", connection_status(Complete)),
        Still("Stopped", connection_status(Stopped)),
        Still("Failed", connection_status(Refused)),
    ]


def _stoppable() -> rx.Component:
    return rx.flex(
        connection_status(Stage),
        rx.button("Stop", on_click=Stage.stop, variant="soft", color_scheme="gray"),
        rx.button("Restart", on_click=Stage.restart, variant="soft", color_scheme="gray"),
        run_status_badge(Stage),
        spacing="3",
        wrap="wrap",
        align="center",
    )


RUN_ENTRIES = [
    Entry(
        name="run_status_badge",
        icon="badge-check",
        lead="Where a run stands: as an icon, a word and a colour.",
        code="run_status_badge(Report)",
        stills=_badges,
        live=lambda: run_status_badge(Stage),
        column="9rem",
    ),
    Entry(
        name="run_progress",
        icon="loader",
        lead="How far a run is, what it is doing just now, and how long it will take yet.",
        code="run_progress(Report)",
        stills=_progress,
        live=lambda: run_progress(Stage),
    ),
    Entry(
        name="run_card",
        icon="square-activity",
        lead="A run in one box: what it is, where it stands, how far, and what came of it.",
        code="run_card(Report, actions=run_actions(Report))",
        stills=_cards,
        live=lambda: run_card(Stage, actions=run_actions(Stage)),
    ),
    Entry(
        name="run_error",
        icon="octagon-x",
        lead="Why a run failed, and what is wrong with following it.",
        code="run_error(Report)",
        stills=_errors,
        live=lambda: rx.box(run_error(Stage), min_height="12rem"),
    ),
    Entry(
        name="run_json",
        icon="braces",
        lead="The payload, the output and the metadata of a run, unfolding level by level.",
        code='run_json(Report, fields=("metadata", "payload", "output"))',
        stills=_json,
        live=lambda: rx.box(
            run_json(Stage, fields=("metadata", "payload", "output")), min_height="16rem"
        ),
    ),
    Entry(
        name="run_actions",
        icon="mouse-pointer-click",
        lead="Buttons that cancel a run and replay it, where the app allows it.",
        code="""\
class Report(RealtimeRunState[ReportPayload, ReportOutput], rx.State):
    async def _allow_action(self, action):
        return self.run is not None and "user:ada" in self.run.tags


run_actions(Report)""",
        stills=_actions,
        live=lambda: rx.flex(
            run_status_badge(Stage), run_actions(Stage), spacing="3", align="center", wrap="wrap"
        ),
    ),
    Entry(
        name="connection_status",
        icon="radio",
        lead="Whether what the page shows is what the server has, and if not, since when and why.",
        code="connection_status(Report)",
        stills=_connections,
        live=_stoppable,
    ),
]
