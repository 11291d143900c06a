"""What a test directs: runs, faults of their feeds, sessions that expire."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from reflex_base.registry import RegistrationContext
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_realtime.devserver import DevServer, TaskContext
from reflex_realtime.states.writers import Key
from tests.states.tasks import Count, Counted

writing: Counter[Key] = Counter()
"""How many tasks write each session's state."""


class Directed:
    """The task of the runs: does what it is told, by run id."""

    def __init__(self) -> None:
        self._orders: dict[str, asyncio.Queue[str]] = {}

    def tell(self, run_id: str, order: str) -> None:
        self._orders.setdefault(run_id, asyncio.Queue()).put_nowait(order)

    def add_to(self, server: DevServer) -> None:
        @server.task("directed")
        async def directed(payload: Count, ctx: TaskContext) -> Counted:
            reached = 0
            orders = self._orders.setdefault(ctx.run_id, asyncio.Queue())
            while (order := await orders.get()) == "progress":
                reached += 1
                ctx.metadata.set("reached", reached)
            if order == "fail":
                raise ValueError("told to")
            return Counted(total=reached)

        _ = directed


class Faults:
    """Breaks off the feeds of some runs, and answers 503 as long as that lasts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._broken: dict[str, asyncio.Event] = {}
        self.held = 0

    def break_off(self, run_id: str) -> None:
        self._fault(run_id).set()

    def mend(self, run_id: str) -> None:
        self._broken.pop(run_id, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or not scope["path"].startswith("/realtime/v1/runs/"):
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope["path"].rpartition("/")[2])
        self.held += 1
        answering = asyncio.ensure_future(self._app(scope, receive, send))
        breaking = asyncio.create_task(fault.wait())
        try:
            await asyncio.wait({answering, breaking}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                answering.cancel()
                await Response(status_code=503)(scope, receive, send)
            else:
                await answering
        finally:
            self.held -= 1
            breaking.cancel()

    def _fault(self, run_id: str) -> asyncio.Event:
        return self._broken.setdefault(run_id, asyncio.Event())


def expire(token: str) -> None:
    """Let a session expire, as it does when nothing has been written to it for long."""
    app: Any = RegistrationContext.get().app
    manager = app.state_manager
    for _, expiring in [*manager._token_expires_at.values()]:
        if expiring.ident == token:
            manager._purge_token(expiring)


def count_writers(write: Any) -> Any:
    """Wrap the task that writes a state, to know how many there are."""

    async def counted(writer: Any, *rest: Any) -> AsyncGenerator[Any, None]:
        writing[writer.key] += 1
        try:
            async with aclosing(write(writer, *rest)) as events:
                async for event in events:
                    yield event
        finally:
            writing[writer.key] -= 1

    return counted
