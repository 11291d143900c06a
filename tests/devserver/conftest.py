"""A server with a few tasks, on a real socket, and a client that holds its secret key."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from reflex_realtime.devserver import AbortTaskRunError, DevServer, TaskContext, TaskRetry
from reflex_realtime.devserver.options import FeedStyle
from tests.devserver.client import Client
from tests.serving import serve


class Payload(BaseModel):
    """What `report` takes."""

    topic: str
    parts: int = 1


class Output(BaseModel):
    """What `report` returns."""

    url: str


def add_tasks(server: DevServer) -> None:
    """Register the tasks that the tests trigger."""
    _add_reports(server)
    _add_endless(server)
    _add_failures(server)


def _add_reports(server: DevServer) -> None:

    @server.task("report")
    async def report(payload: Payload, ctx: TaskContext) -> Output:
        for index in range(payload.parts):
            ctx.metadata.set("part", index)
            ctx.stream("text").append(f"{payload.topic} {index}")
        return Output(url=f"/{payload.topic}")

    @server.task("nothing")
    async def nothing() -> None:
        """Take nothing and return nothing."""

    @server.task("one-at-a-time", concurrency_limit=1)
    async def one_at_a_time(ctx: TaskContext) -> None:
        await asyncio.Event().wait()


def _add_endless(server: DevServer) -> None:
    @server.task("wait")
    async def wait(ctx: TaskContext) -> None:
        ctx.metadata.set("waiting", True)
        await asyncio.Event().wait()

    @server.task("spin")
    def spin(ctx: TaskContext) -> None:
        ctx.metadata.set("thread", threading.current_thread().name)
        while True:
            try:
                sum(range(100))
            except Exception:  # what a careless task does; it must be stoppable all the same
                continue

    @server.task("slow", max_duration=0.1)
    async def slow() -> None:
        await asyncio.Event().wait()

    @server.task("slow-thread", max_duration=0.1)
    def slow_thread() -> None:
        while True:
            pass


def _add_failures(server: DevServer) -> None:
    @server.task("fail")
    def fail(message: str) -> None:
        raise ValueError(message)

    @server.task("recover", max_attempts=3, retry=TaskRetry(min_seconds=0, max_seconds=0))
    def recover(succeeds_at: int, ctx: TaskContext) -> int:
        if ctx.attempt < succeeds_at:
            raise ValueError(f"attempt {ctx.attempt}")
        return ctx.attempt

    @server.task("abort", max_attempts=3)
    def abort() -> None:
        raise AbortTaskRunError("never again")

    @server.task("unserialisable")
    async def unserialisable() -> Any:
        return object()


@pytest.fixture
def style() -> FeedStyle:
    """The style of the server's run feeds."""
    return "native"


@pytest.fixture
def server(style: FeedStyle) -> DevServer:
    """A server that keeps its runs in memory and is not started yet."""
    embedded = DevServer(":memory:", poll_seconds=0.3, style=style)
    add_tasks(embedded)
    return embedded


@pytest.fixture
async def client(server: DevServer) -> AsyncIterator[Client]:
    """A client of the started server."""
    async with serve(server) as base_url, Client(base_url, server.secret_key) as client:
        yield client
