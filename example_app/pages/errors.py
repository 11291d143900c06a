"""What goes wrong, and how a page says so."""

from typing import Any

import reflex as rx

from example_app.tasks.outline import DocumentPayload, Outline, outline_json
from example_app.views.cards import card, figure, figures, source
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeRunState
from reflex_realtime.components import connection_status, run_error, run_status_badge

NOT_JSON = '{"tides": ["high", "low",], "metres": 3.2}'
NOBODY_LISTENS_HERE = "http://127.0.0.1:9"


class Outlining(RealtimeRunState[DocumentPayload, Outline], Visitor):
    """The outline of a text that should be JSON."""

    text: str = NOT_JSON

    @rx.event
    def write(self, text: str):
        self.text = text

    @rx.event
    async def start(self):
        payload = DocumentPayload(text=self.text)
        handle = await self._trigger("outline-json", payload, tags=[self._visitor_tag()])
        return self._subscribe(handle)


class Refused(RealtimeRunState[DocumentPayload, Outline], Visitor):
    """Requests that cannot succeed."""

    @rx.event
    async def unknown_task(self):
        return self._subscribe(await self._trigger("no-such-task", DocumentPayload(text="{}")))

    @rx.event
    async def bad_payload(self):
        return self._subscribe(await self._trigger("outline-json", {"text": ["not", "a", "text"]}))

    @rx.event
    def unknown_run(self):
        return self._subscribe("run_doesnotexist")

    @rx.event
    def no_token(self):
        return self._subscribe("run_doesnotexist", access_token=None)

    @rx.event
    def wrong_token(self):
        return self._subscribe("run_doesnotexist", access_token="tr_dev_wrong")

    @rx.event
    def no_server(self):
        return self._subscribe("run_doesnotexist", base_url=NOBODY_LISTENS_HERE)


def page() -> rx.Component:
    return layout(
        "/errors",
        "Errors",
        "A task that fails tells why. A request that cannot succeed is not repeated: it says what "
        "is wrong and what to do about it.",
        Outlining,
        _failing_task(),
        _refusals(),
        source(Outlining, outline_json, Refused),
    )


def _failing_task() -> rx.Component:
    run: Any = Outlining.run
    return card(
        "A task that fails",
        rx.text(
            "The task parses this text. It is not JSON yet: the task fails, is tried three times, "
            "and gives up. Repair the text and it succeeds.",
            size="2",
            color=rx.color("gray", 11),
        ),
        rx.text_area(
            value=Outlining.text,
            on_change=Outlining.write,
            id="document",
            rows="3",
            font_family="var(--code-font-family)",
            custom_attrs={"aria-label": "Text", "spellCheck": "false"},
        ),
        rx.box(
            rx.button(rx.icon("play", size=16), "Outline", on_click=Outlining.start, id="start-run")
        ),
        run_status_badge(Outlining, id="run-status"),
        figures(
            figure(
                "Attempt", rx.text.span(grouped(run.metadata["attempt"].to(int)), id="run-attempt")
            ),
            figure("Depth", grouped(run.output.depth)),
            figure("Objects", grouped(run.output.objects)),
            figure("Arrays", grouped(run.output.arrays)),
            figure("Scalars", grouped(run.output.scalars)),
        ),
        run_error(Outlining, id="run-error"),
    )


def _refusals() -> rx.Component:
    def attempt(label: str, event: Any) -> rx.Component:
        name = label.lower().replace(" ", "-")
        return rx.button(label, on_click=event, id=name, variant="soft")

    return card(
        "Requests that cannot succeed",
        rx.flex(
            attempt("Unknown task", Refused.unknown_task),
            attempt("Bad payload", Refused.bad_payload),
            attempt("Unknown run", Refused.unknown_run),
            attempt("No token", Refused.no_token),
            attempt("Wrong token", Refused.wrong_token),
            attempt("No server", Refused.no_server),
            spacing="3",
            wrap="wrap",
        ),
        connection_status(Refused),
        run_error(Refused, id="error", min_height="5rem"),
    )
