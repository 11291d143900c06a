"""An answer that grows word by word, as Markdown, and what was noticed on the way."""

from typing import Any

import reflex as rx
from pydantic import BaseModel

from example_app.packages import package_names
from example_app.tasks.analysis import PackagePayload
from example_app.tasks.narration import Finding, Narration, narrate_package
from example_app.views.cards import card, empty, one_line, source
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeRunWithStreamsState
from reflex_realtime.components import run_error, run_progress, run_status_badge, stream_text

HEIGHT = "26rem"
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
        "/assistant",
        "Assistant",
        "A task reads a package module by module and tells what each is about, in the sentences "
        "of its own documentation that say most. A second stream carries what it noticed.",
        Narrator,
        card(
            "Ask about a package",
            _question(),
            run_progress(run),
            rx.text(
                grouped(streams.text.length()),
                " words, ",
                grouped(streams.findings.length()),
                " findings",
                id="stream-counts",
                size="1",
                color=rx.color("gray", 11),
            ),
            run_error(Narrator, id="run-error"),
        ),
        rx.grid(
            card("Answer", stream_text(Narrator, "text", markdown=True, height=HEIGHT, id="text")),
            card("Findings", _findings(streams.findings)),
            columns=rx.breakpoints(initial="1", md="2"),
            spacing="4",
        ),
        source(NarrationStreams, Narrator, narrate_package),
    )


def _question() -> rx.Component:
    return rx.flex(
        rx.text("What is"),
        rx.select(
            package_names(),
            value=Narrator.package,
            on_change=Narrator.choose,
            id="package",
            custom_attrs={"aria-label": "Package"},
        ),
        rx.text("made of?"),
        rx.button(rx.icon("send", size=16), "Ask", on_click=Narrator.start, id="start-run"),
        rx.spacer(),
        run_status_badge(Narrator, id="run-status"),
        spacing="3",
        wrap="wrap",
        align="center",
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
    return rx.box(
        rx.cond(findings.length() > 0, rows, waiting),
        height=HEIGHT,
        overflow_y="auto",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": "Findings"},
    )
