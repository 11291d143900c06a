"""Python tasks that run on the embedded server, as both clients see them while they execute."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from reflex_realtime.devserver import DevServer, TaskContext
from reflex_realtime.devserver.options import FeedStyle
from reflex_realtime.models import TaskHandle
from tests.conformance.conftest import Clients, clients_of
from tests.serving import serve

Step = Callable[[TaskContext], Any]


@dataclass
class Stage:
    """A server whose tasks do one thing at a time, when the test says so.

    Attributes:
        clients: Both clients on the server.
        cues: What each task is to do next, by its payload; a value that a step returns ends it.
        begun: The payloads of the tasks that execute.
    """

    clients: Clients
    cues: dict[str, asyncio.Queue[Step]] = field(default_factory=lambda: defaultdict(asyncio.Queue))
    begun: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    async def start(self, name: str, **options: Any) -> TaskHandle:
        """Trigger a task and wait until it executes."""
        handle = await self.clients.python.trigger("act", name, **options)
        await self.begun[name].wait()
        return handle

    async def ended(self, run_id: str) -> None:
        """Wait until a run has ended."""
        async for _ in self.clients.python.subscribe_to_run(run_id):
            pass

    async def act(self, name: str, ctx: TaskContext) -> Any:
        """Be the task."""
        self.begun[name].set()
        while True:
            step = await self.cues[name].get()
            if (output := step(ctx)) is not None:
                return output


@pytest.fixture
async def stage(packages: None, style: FeedStyle) -> AsyncIterator[Stage]:
    """A stage; what is larger than 500 bytes is stored apart there."""
    server = DevServer(":memory:", style=style, offload_bytes=500)

    @server.task("act")
    async def act(name: str, ctx: TaskContext) -> Any:
        return await stage.act(name, ctx)

    @server.task("nothing")
    async def nothing() -> None:
        """Take nothing and return nothing."""

    async with serve(server) as base_url:
        stage = Stage(clients_of(base_url, server.secret_key))
        yield stage


async def test_a_task_reports_and_returns(stage: Stage) -> None:
    handle = await stage.start("report", tags="user:1")
    async with stage.clients.watch("streams", handle.id) as both:
        await both.see()
        for cue in (
            lambda ctx: ctx.metadata.set("progress", 0.25),
            lambda ctx: ctx.metadata.append("log", {"größe": [None, True]}),
            lambda ctx: ctx.tags.add("half", "done, nearly"),
        ):
            stage.cues["report"].put_nowait(cue)
            await both.see()
        stage.cues["report"].put_nowait(lambda ctx: ctx.stream("text").append("Grüße, "))
        await both.see(2)
        stage.cues["report"].put_nowait(lambda ctx: ctx.stream("text").append({"of": ["世界"]}))
        await both.see()
        stage.cues["report"].put_nowait(lambda _: {"url": "/report"})
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    last = both.python.runs[-1]
    assert last["metadata"] == {"progress": 0.25, "log": [{"größe": [None, True]}]}
    assert last["tags"] == ["user:1", "half", "done, nearly"]
    assert (last["status"], last["output"]) == ("COMPLETED", {"url": "/report"})


def too_deep(_: TaskContext) -> None:
    raise ValueError("too deep")


async def test_a_task_fails(stage: Stage) -> None:
    handle = await stage.start("measure")
    async with stage.clients.watch("run", handle.id) as both:
        await both.see()
        stage.cues["measure"].put_nowait(too_deep)
        await both.see()
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    error = both.python.runs[-1]["error"]
    assert (error["name"], error["message"]) == ("ValueError", "too deep")
    assert "in too_deep" in error["stackTrace"]


async def test_a_task_takes_too_long(stage: Stage) -> None:
    handle = await stage.clients.python.trigger("act", "slow", max_duration=1)
    await stage.ended(handle.id)
    async with stage.clients.watch("run", handle.id) as both:
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["status"] == "TIMED_OUT"


async def test_a_task_is_cancelled(stage: Stage) -> None:
    handle = await stage.start("endless")
    async with stage.clients.watch("run", handle.id) as both:
        await both.see()
        await stage.clients.javascript.call("runs.cancel", handle.id)
        await both.see()
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["status"] == "CANCELED"


async def test_tasks_of_one_tag_take_turns(stage: Stage) -> None:
    handles = {name: await stage.start(name, tags="cast") for name in ("a", "b")}
    async with stage.clients.watch("tag", "cast") as both:
        await both.see(2)
        for name in ("b", "a", "b"):
            stage.cues[name].put_nowait(lambda ctx: ctx.metadata.increment("lines"))
            await both.see()
        for name in ("b", "a"):
            stage.cues[name].put_nowait(lambda ctx: ctx.run_id)
            await both.see()
    assert both.python.emitted == both.javascript.emitted
    ended = [run["output"] for run in both.python.runs if run["isSuccess"]]
    assert ended == [handles["b"].id, handles["a"].id]


async def test_a_task_that_takes_and_returns_nothing(stage: Stage) -> None:
    handle = await stage.clients.javascript.call("tasks.trigger", "nothing")
    await stage.ended(handle["id"])
    async with stage.clients.watch("run", handle["id"]) as both:
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert not {"payload", "output"} & set(both.python.runs[0])
