"""A run with two streams: text that grows token by token, and objects."""

from typing import Any

import reflex as rx
from pydantic import BaseModel

from example_app.packages import package_names
from example_app.tasks.analysis import PackagePayload
from example_app.tasks.narration import Finding, Narration, narrate_package
from example_app.views.cards import card, empty, error_callout, one_line, source
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.views.run import metadata, run_error, run_progress, run_summary
from example_app.visitor import Visitor
from reflex_realtime import RealtimeRunWithStreamsState
from reflex_realtime.components import realtime_subscription

KINDS = {
    "long": ("ruler", "Long"),
    "branched": ("git-branch", "Branched"),
    "parameters": ("list", "Parameters"),
    "unreadable": ("file-x", "Unreadable"),
}


class NarrationStreams(BaseModel):
    """The streams of a narration."""

    text: list[str] = []
    findings: list[Finding] = []


class Narrator(
    RealtimeRunWithStreamsState[PackagePayload, Narration, NarrationStreams],
    Visitor,
):
    """The narration of one package."""

    package: str = "reflex"

    @rx.event
    def choose(self, package: str):
        self.package = package

    @rx.event
    async def start(self):
        payload = PackagePayload(package=self.package)
        handle = await self._trigger("narrate-package", payload, tags=[self._visitor_tag()])
        return self._subscribe(handle)


def page() -> rx.Component:
    run, streams = Narrator.run, Narrator.streams
    return layout(
        "/streams",
        "Streams",
        "A task reads a package module by module and tells what each is about, in the sentences "
        "of its own documentation that say most. A second stream carries what it noticed.",
        Narrator.subscription_status,
        realtime_subscription(Narrator),
        error_callout(Narrator.error),
        card(
            "Narrate a package",
            rx.flex(
                rx.select(
                    package_names(),
                    value=Narrator.package,
                    on_change=Narrator.choose,
                    id="package",
                    custom_attrs={"aria-label": "Package"},
                ),
                rx.button(
                    rx.icon("play", size=16), "Narrate", on_click=Narrator.start, id="start-run"
                ),
                spacing="3",
                wrap="wrap",
            ),
            run_summary(run),
            run_progress(
                metadata(run, "progress", float),
                rx.text.span(
                    grouped(streams.text.length()),
                    " tokens, ",
                    grouped(streams.findings.length()),
                    " findings",
                    id="stream-counts",
                ),
            ),
            run_error(run),
        ),
        rx.grid(
            card("Narration", _text(streams.text)),
            card("Findings", _findings(streams.findings)),
            columns=rx.breakpoints(initial="1", md="2"),
            spacing="4",
        ),
        source(NarrationStreams, Narrator, narrate_package),
    )


def _text(tokens: Any) -> rx.Component:
    text = rx.text(tokens.join(""), id="stream-text", size="2", white_space="pre-wrap")
    waiting = empty("text-cursor-input", "The narration grows here.", height="100%")
    return rx.auto_scroll(
        rx.cond(tokens.length() > 0, text, waiting), height="26rem", overflow_wrap="anywhere"
    )


def _findings(findings: Any) -> rx.Component:
    def row(finding: Any) -> rx.Component:
        kinds = [
            (kind, rx.badge(rx.icon(icon, size=12), label)) for kind, (icon, label) in KINDS.items()
        ]
        return rx.flex(
            rx.box(
                rx.match(finding.kind, *kinds, rx.badge(finding.kind)),
                width="6.5rem",
                flex_shrink="0",
            ),
            rx.box(
                one_line(finding.detail, size="2"),
                one_line(finding.place, size="1", color=rx.color("gray", 11)),
                min_width="0",
            ),
            spacing="3",
            align="center",
        )

    waiting = empty("list", "Findings are listed here.", height="100%")
    rows = rx.flex(rx.foreach(findings, row), direction="column", spacing="2", id="stream-findings")
    return rx.box(rx.cond(findings.length() > 0, rows, waiting), height="26rem", overflow_y="auto")
