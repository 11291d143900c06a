"""A run that may take very long, and a button that stops it."""

from typing import Any

import reflex as rx

from example_app.tasks.search import SearchPayload, SearchResult, search_digest
from example_app.views.cards import card, figure, figures, source
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeRunState
from reflex_realtime.components import (
    run_actions,
    run_error,
    run_progress,
    run_status_badge,
    run_timeline,
)

ZEROS = ["4", "5", "6", "7", "8"]


class Search(RealtimeRunState[SearchPayload, SearchResult], Visitor):
    """One search."""

    text: str = "reflex-realtime"
    zeros: str = "7"

    @rx.event
    def write(self, text: str):
        self.text = text

    @rx.event
    def choose(self, zeros: str | list[str]):
        self.zeros = str(zeros)

    @rx.event
    async def start(self):
        payload = {"text": self.text, "zeros": self.zeros}
        handle = await self._trigger("search-digest", payload, tags=[self._visitor_tag()])
        return self._subscribe(handle)

    async def _allow_action(self, action: str) -> bool:
        return self.run is not None and self._visitor_tag() in self.run.tags


def page() -> rx.Component:
    run = Search.run
    return layout(
        "/search",
        "Cancel",
        "A task tries numbers until the SHA-256 of text and number starts with enough zeros. "
        "Each zero takes sixteen times as long. Cancelling stops the work itself; to stop watching "
        "is another thing: the work goes on.",
        Search,
        card(
            "Search for a digest",
            _controls(),
            rx.flex(
                run_status_badge(Search, id="run-status"),
                rx.cond(
                    run, rx.link(run.id, href=f"/runs/{run.id}", id="run-id", size="1"), rx.spacer()
                ),
                run_actions(Search, replay=False),
                justify="between",
                align="center",
                wrap="wrap",
                spacing="3",
            ),
            run_progress(
                run,
                value=_reported("likelihood", float),
                label="Likelihood of having found it by now",
            ),
            run_timeline(run),
            figures(
                figure("Numbers tried", rx.text.span(grouped(_reported("tries", int)), id="tries")),
                figure("Per second", grouped(_reported("rate", int))),
            ),
            rx.box(
                rx.text("Smallest digest so far", size="1", color=rx.color("gray", 11)),
                rx.code(
                    _reported("best", str),
                    id="best-digest",
                    size="1",
                    variant="ghost",
                    overflow_wrap="anywhere",
                ),
                min_height="3.5rem",
            ),
            rx.box(_result(), min_height="2rem"),
            run_error(Search, id="run-error"),
        ),
        source(Search, search_digest),
    )


def _reported(key: str, kind: Any) -> Any:
    """What the task reports about itself under a key; undefined until it has."""
    run: Any = Search.run
    return run.metadata[key].to(kind)


def _controls() -> rx.Component:
    return rx.flex(
        rx.input(
            value=Search.text,
            on_change=Search.write,
            id="search-text",
            max_length=200,
            custom_attrs={"aria-label": "Text"},
        ),
        rx.segmented_control.root(
            *[rx.segmented_control.item(f"{zeros}", value=zeros) for zeros in ZEROS],
            value=Search.zeros,
            on_change=Search.choose,
            id="search-zeros",
        ),
        rx.button(rx.icon("play", size=16), "Search", on_click=Search.start, id="start-run"),
        rx.cond(
            Search.subscription_status == "stopped",
            rx.button(
                rx.icon("eye", size=16),
                "Watch again",
                on_click=Search.restart,
                id="watch",
                variant="soft",
                color_scheme="gray",
            ),
            rx.button(
                rx.icon("eye-off", size=16),
                "Stop watching",
                on_click=Search.stop,
                disabled=Search.subscription_status != "live",
                id="stop-watching",
                variant="soft",
                color_scheme="gray",
            ),
        ),
        spacing="3",
        wrap="wrap",
        align="center",
    )


def _result() -> rx.Component:
    found = Search.run.output
    return rx.cond(
        found,
        rx.text(
            "Found: the number is ",
            rx.text.strong(grouped(found.number)),
            ".",
            id="run-output",
            size="2",
        ),
    )
