"""An embedded server on a real socket, and the client under test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel

from reflex_realtime.devserver import DevServer, TaskContext
from reflex_realtime.feeds import RealtimeClient
from tests.serving import serve


class Report(BaseModel):
    topic: str
    parts: int = 3


class Reported(BaseModel):
    url: str


def add_tasks(server: DevServer) -> None:
    """Register the tasks of these tests."""

    @server.task("report")
    async def report(payload: Report, ctx: TaskContext) -> Reported:
        for number in range(1, payload.parts + 1):
            ctx.metadata.set("part", number)
            ctx.stream("text").append(f"{payload.topic} {number}")
            ctx.stream("scores").append({"score": number})
        return Reported(url=f"/{payload.topic}")

    @server.task("wait", max_attempts=2)
    async def wait(ctx: TaskContext) -> None:
        ctx.metadata.set("waiting", True)
        ctx.stream("text").append("before")
        await asyncio.Event().wait()

    @server.task("fail")
    async def fail(payload: Report) -> None:
        raise ValueError(f"no report on {payload.topic}")

    _ = (report, wait, fail)


@pytest.fixture
def server() -> DevServer:
    """A server that keeps its runs in memory and is not started yet."""
    embedded = DevServer(":memory:", poll_seconds=0.3)
    add_tasks(embedded)
    return embedded


@pytest.fixture
async def base_url(server: DevServer) -> AsyncIterator[str]:
    """Where the started server is."""
    async with serve(server) as url:
        yield url


@pytest.fixture
def client(server: DevServer, base_url: str) -> RealtimeClient:
    """A client that holds the server's secret key."""
    return RealtimeClient(access_token=server.secret_key, base_url=base_url)
