"""Runs, sets and streams that are followed without a state class."""

import asyncio
from typing import Any

import reflex as rx
from pydantic import BaseModel

from components_app.server import server
from reflex_realtime import RealtimeRunState
from reflex_realtime.components import (
    realtime_batch,
    realtime_run,
    realtime_run_with_streams,
    realtime_runs_with_tag,
)
from reflex_realtime.devserver import TaskContext

gates: dict[str, asyncio.Event] = {}


class Spoken(BaseModel):
    words: int


class Streams(BaseModel):
    answer: list[str] = []


@server.task("live-speak")
async def speak(text: str, ctx: TaskContext) -> Spoken:
    words = text.split()
    for word in words:
        ctx.stream("answer").append(word + " ")
    await gates.setdefault(ctx.run_id, asyncio.Event()).wait()
    return Spoken(words=len(words))


class Live(RealtimeRunState, rx.State):
    chosen: rx.Field[str | None] = rx.field(None)
    batch: str = ""
    is_open: bool = False
    told: rx.Field[list[str]] = rx.field(default_factory=list)
    mine: list[str] = []

    @rx.event
    async def start(self):
        handle = await self._trigger("live-speak", "one two three", tags=["live"])
        if handle:
            self.chosen = handle.id
            self.mine = [*self.mine, handle.id]

    @rx.event
    async def start_batch(self):
        batch = await self._batch_trigger("live-speak", ["a", "b"], tags=["in-batch"])
        self.batch = batch.id if batch else ""

    @rx.event
    def finish(self):
        for gate in gates.values():
            gate.set()

    @rx.event
    def choose(self, run_id: str):
        self.chosen = run_id or None

    @rx.event
    def toggle(self):
        self.is_open = not self.is_open

    @rx.event
    def tell(self, run_id: str):
        self.told = [*self.told, run_id]


async def is_mine(state: rx.State, run_id: str) -> bool:
    live = await state.get_state(Live)
    return run_id in live.mine


async def is_batch(state: rx.State, batch_id: str) -> bool:
    return batch_id == (await state.get_state(Live)).batch


def view(name: str):
    def shown(state: type[RealtimeRunState]) -> rx.Component:
        return rx.text(state.subscription_status, " ", state.run.status, id=name)

    return shown


in_cond = realtime_run(Live.chosen, authorize=is_mine, render=view("in-cond"), id="in a cond")
status_in_cond: Any = getattr(in_cond.State, "subscription_status", None)


def page() -> rx.Component:
    return rx.el.main(
        rx.hstack(
            rx.button("Start", on_click=Live.start),
            rx.button("Start batch", on_click=Live.start_batch),
            rx.button("Finish", on_click=Live.finish),
            rx.button("Nothing", on_click=Live.choose("")),
            rx.button("Somebody's", on_click=Live.choose("run_of_somebody")),
            rx.button("Toggle", on_click=Live.toggle),
            rx.link("Elsewhere", href="/times"),
        ),
        rx.text(Live.told.length(), id="told"),
        realtime_run(
            Live.chosen,
            output=Spoken,
            authorize=is_mine,
            on_complete=Live.tell,
            render=lambda it: rx.box(
                rx.text(it.subscription_status, " ", it.run.status, id="first"),
                rx.text(it.run.output.words, id="words"),
                rx.text(it.error.message, id="message"),
            ),
        ),
        realtime_run(Live.chosen, authorize=is_mine, render=view("second"), id="a second one"),
        rx.cond(Live.is_open, in_cond),
        rx.text(status_in_cond, id="status-in-cond"),
        realtime_runs_with_tag("live", render=lambda it: rx.text(it.total, id="total")),
        realtime_batch(
            Live.batch, authorize=is_batch, render=lambda it: rx.text(it.total, id="batch")
        ),
        realtime_run_with_streams(
            Live.chosen,
            streams=Streams,
            authorize=is_mine,
            render=lambda it: rx.text(it.streams.answer.join(""), id="answer"),
        ),
        realtime_run("run_unknown", render=lambda it: rx.text(it.error.kind, id="unknown")),
        rx.foreach(
            Live.mine,
            lambda _: realtime_runs_with_tag(
                "live", render=lambda it: rx.text(it.total, class_name="in-loop"), id="in a loop"
            ),
        ),
    )
