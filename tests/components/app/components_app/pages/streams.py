"""Streams of a run that writes whenever the page's buttons say so."""

from queue import Queue
from typing import Literal

import reflex as rx
from pydantic import BaseModel

from components_app.server import server
from reflex_realtime import RealtimeRunWithStreamsState
from reflex_realtime.components import (
    joined_text,
    last_part,
    parts_of_type,
    stream_log,
    stream_text,
)
from reflex_realtime.devserver import TaskContext

PARAGRAPHS = [
    "## Tides\n\nThe sea *rises* and ",
    "falls **twice** a day:\n\n",
    "- the Moon pulls most,\n- the Sun pulls less,\n\n",
    "```python\nhours = 12.42\n\nprint(hours)\n```\n\n",
    "| place | metres |\n| --- | --- |\n| Bay of Fundy | 16 |\n\n",
]
LEVELS = ["DEBUG", "info", "warning", "error"]


class LogLine(BaseModel):
    level: str
    message: str
    time: float


class TextDelta(BaseModel):
    type: Literal["text-delta"] = "text-delta"
    delta: str


class ToolCall(BaseModel):
    type: Literal["tool-call"] = "tool-call"
    tool: str


class WriterStreams(BaseModel):
    answer: list[str] = []
    log: list[LogLine] = []
    parts: list[TextDelta | ToolCall] = []


orders: dict[str, Queue[int]] = {}
"""How many parts each run is to write next: none to end, -1 to fail."""


@server.task("write")
def write(payload: None, ctx: TaskContext) -> None:
    written, mine = 0, orders.setdefault(ctx.run_id, Queue())
    while more := mine.get(timeout=60):
        if more < 0:
            raise ValueError("The pen broke.")
        for number in range(written, written + more):
            ctx.stream("answer").append(PARAGRAPHS[number % len(PARAGRAPHS)])
            level = LEVELS[number % len(LEVELS)]
            line = LogLine(level=level, message=f"Line {number}", time=1.7e9 + number)
            ctx.stream("log").append(line)
            ctx.stream("parts").append(TextDelta(delta=f"{number} "))
            if number % 10 == 9:
                ctx.stream("parts").append(ToolCall(tool=f"tool {number}"))
        written += more


class Writer(RealtimeRunWithStreamsState[None, None, WriterStreams], rx.State):
    completed: str = ""

    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("write", None))

    @rx.event
    def order(self, parts: int):
        if self.run:
            orders.setdefault(self.run.id, Queue()).put(parts)

    @rx.event
    def keep_completed(self, run_id: str):
        self.completed = run_id


def page() -> rx.Component:
    streams = Writer.streams
    return rx.el.main(
        rx.heading("Streams", as_="h1"),
        rx.button("Start", on_click=Writer.start),
        *[rx.button(f"Write {n}", on_click=Writer.order(n)) for n in (1, 5, 50, 500)],
        rx.button("Finish", on_click=Writer.order(0)),
        rx.button("Fail", on_click=Writer.order(-1)),
        rx.grid(
            stream_text(Writer, "answer", id="plain", on_complete=Writer.keep_completed),
            stream_text(Writer, "answer", markdown=True, label="As markdown", id="markdown"),
            stream_log(Writer, "log", id="log"),
            stream_log(streams.answer, label="Lines of text", id="text-log"),
            columns=rx.breakpoints(initial="1", md="2"),
            spacing="4",
        ),
        rx.text(joined_text(streams.parts, key="delta"), id="joined"),
        rx.box(
            rx.foreach(parts_of_type(streams.parts, ToolCall), lambda call: rx.text(call.tool)),
            id="calls",
        ),
        rx.text(last_part(streams.log).message, id="last"),
        rx.text(Writer.completed, id="completed"),
        padding="1rem",
    )
