"""Three pages that follow a run, each with its own way to name it, and a look at the backend."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import reflex as rx
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reflex_realtime import RealtimeRunState, configure
from reflex_realtime.components import realtime_subscription
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.states import viewers, writers
from reflex_realtime.states.sessions import reclaim_sessions

COMPLETIONS = Path("completions.txt")
"""A line for each time that `_on_complete` ran. A file, so that it outlives the backend."""

viewers.GRACE_SECONDS = float(os.environ.get("VIEWER_GRACE_SECONDS", viewers.GRACE_SECONDS))

configure(patches="WHOLE_VARS" not in os.environ)

# Each task that follows a run waits in both of them.
PARTS_OF_A_FOLLOWER = ("viewer_gone", "Mailbox.fill")


class Job(BaseModel):
    name: str


class Done(BaseModel):
    total: int


class Following(RealtimeRunState[Job, Done], mixin=True):
    async def _authorize(self, target: Any) -> bool:
        return True

    async def _on_complete(self, run: Any, error: Any) -> None:
        with COMPLETIONS.open("a") as lines:  # noqa: ASYNC230 (one line)
            lines.write(f"{run.id}\n")


class Started(Following, rx.State):
    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("work", Job(name="tides")))


class Routed(Following, rx.State):
    pass


class Chosen(Following, rx.State):
    pass


class Choice(rx.State):
    run_id: str = ""

    @rx.event
    def choose(self, run_id: str):
        self.run_id = run_id


def navigation() -> rx.Component:
    return rx.el.nav(
        rx.link("Home", href="/"),
        rx.link("Started", href="/started"),
        rx.link("Chosen", href="/chosen"),
        rx.link("Routed", href=f"/runs/{Choice.run_id}"),
        rx.el.input(id="choice", on_change=Choice.choose),
    )


def reached(run: Any) -> rx.Var[int]:
    return run.metadata["reached"].to(int)


def view(state: type[Following], *, target: Any = None) -> rx.Component:
    return rx.el.main(
        navigation(),
        realtime_subscription(state, target),
        rx.el.p(state.run.id, id="run-id"),
        rx.el.p(state.run.status, id="run-status"),
        rx.el.p(reached(state.run), id="run-reached"),
        rx.el.p(state.run.output.total, id="run-total"),
        rx.el.p(state.subscription_status, id="subscription-status"),
    )


def home() -> rx.Component:
    return rx.el.main(navigation(), rx.el.h1("Home"))


def started() -> rx.Component:
    return rx.fragment(rx.el.button("Start", id="start", on_click=Started.start), view(Started))


def routed() -> rx.Component:
    return view(Routed)


def chosen() -> rx.Component:
    return view(Chosen, target=Choice.run_id)


async def present(_: Request) -> JSONResponse:
    """What the backend is doing: who writes, who follows, and which feeds are open."""
    running = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return JSONResponse(
        {
            "process": os.getpid(),
            "tasks": {
                "writers": len(writers.present()),
                **{part: running.count(part) for part in PARTS_OF_A_FOLLOWER},
            },
            "feeds": [path for _, path, _ in shared_hub()._rows],
        }
    )


async def expire(_: Request) -> JSONResponse:
    """Let all sessions expire."""
    manager: Any = app.state_manager
    manager.states.clear()
    manager._write_queue.clear()
    for path in manager.states_directory.iterdir():
        path.unlink()
    return JSONResponse({})


app = rx.App(
    api_transformer=[
        reclaim_sessions,
        Starlette(
            routes=[
                Route("/present", present),
                Route("/expire", expire, methods=["POST"]),
            ]
        ),
    ]
)
app.add_page(home, route="/")
app.add_page(started, route="/started")
app.add_page(routed, route="/runs/[run_id]", on_load=Routed.subscribe_from_route("run_id"))
app.add_page(chosen, route="/chosen")
