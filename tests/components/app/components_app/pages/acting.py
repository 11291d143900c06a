"""A run that the page starts, cancels and replays, and how its subscription is doing."""

import asyncio
from typing import Any

import reflex as rx

from components_app.server import server
from reflex_realtime import RealtimeRunState
from reflex_realtime.components import connection_status, run_actions, run_card
from reflex_realtime.devserver import TaskContext


@server.task("wait")
async def wait(seconds: float, ctx: TaskContext) -> str:
    ctx.metadata.update({"progress": 0.5, "label": "Waiting", "eta_seconds": seconds})
    await asyncio.sleep(seconds)
    return f"waited {seconds:g} s"


class Waiting(RealtimeRunState[float, str], rx.State):
    ended: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event
    async def start(self, seconds: float):
        return self._subscribe(await self._trigger("wait", seconds, tags=["waiting"]))

    @rx.event
    def note(self, run_id: str):
        self.ended.append(run_id)

    async def _allow_action(self, action: str) -> bool:
        return True


BUTTON: dict[str, Any] = {"variant": "outline", "high_contrast": True}


def page() -> rx.Component:
    return rx.el.main(
        rx.heading("Acting", as_="h1"),
        rx.button("Start", on_click=Waiting.start(60), **BUTTON),
        rx.button("Start a short one", on_click=Waiting.start(0), **BUTTON),
        connection_status(Waiting, id="connection"),
        run_card(Waiting, actions=run_actions(Waiting), on_complete=Waiting.note, id="card"),
        rx.text(Waiting.ended.join(" "), id="ended"),
        padding="1rem",
    )
