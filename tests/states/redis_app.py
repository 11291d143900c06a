"""The app of the tests on Redis: several workers, each a process of its own, serve it."""

from __future__ import annotations

import os
import time
from typing import Any

import redis
import reflex as rx
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from reflex_realtime import RealtimeOptions, RealtimeRunState, RealtimeRunWithStreamsState
from reflex_realtime.states import lifecycle, viewers, writers
from reflex_realtime.states.sessions import reclaim_sessions
from tests.states.tasks import Count, Counted

viewers.GRACE_SECONDS = 1.0
viewers.POLL_SECONDS = 0.1

# How often, and for how many seconds, a worker holds the lock too long.
slow_writes = int(os.environ.get("SLOW_WRITES", "0"))
SLOW_SECONDS = 0.7


class Moving(RealtimeRunState[Count, Counted], rx.State):
    marked: int = 0

    async def _authorize(self, target: Any) -> bool:
        return True

    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("directed", Count(to=1)))

    @rx.event
    def mark(self):
        self.marked += 1

    async def _on_complete(self, run: Any, error: Any) -> None:
        note("completions", f"{viewers.client_token()} {run.id}")


class Lasting(RealtimeRunState[Count, Counted], rx.State):
    realtime_options = RealtimeOptions(stop_on_completion=False)

    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("directed", Count(to=1)))

    async def _on_complete(self, run: Any, error: Any) -> None:
        note("completions", f"{viewers.client_token()} {run.id}")


class Words(BaseModel):
    words: list[str] = []


class Speaking(RealtimeRunWithStreamsState[Count, Counted, Words], rx.State):
    @rx.event
    def hear(self, parts: int):
        self.streams.words.extend(f"word {number} " for number in range(parts))


def note(key: str, value: str) -> None:
    """Note something in a list in Redis, where the test looks."""
    with redis.Redis.from_url(os.environ["REFLEX_REDIS_URL"]) as database:
        database.rpush(key, value)


def note_error(exception: Exception) -> None:
    note("errors", repr(exception))


def apply_slowly(state: Any, letters: Any, apply: Any = lifecycle._apply) -> bool:
    global slow_writes  # noqa: PLW0603
    done = apply(state, letters)
    if slow_writes:
        slow_writes -= 1
        time.sleep(SLOW_SECONDS)
        note("slow", "")
    return done


def backend() -> ASGIApp:
    """The backend of one worker."""
    lifecycle._apply = apply_slowly
    app = rx.App(backend_exception_handler=note_error)
    app._compile = lambda *_, **__: None
    app.api_transformer = [reclaim_sessions, _with_writers]
    return app()


def _with_writers(asgi: ASGIApp) -> ASGIApp:
    return Starlette(routes=[Route("/writers", _writers), Mount("", asgi)])


def _writers(_: Request) -> JSONResponse:
    return JSONResponse([token for token, _ in writers.present()])
