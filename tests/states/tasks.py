"""The tasks of the state tests: each does one thing, at the pace that the test sets."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from reflex_realtime.devserver import DevServer, TaskContext


class Count(BaseModel):
    to: int
    secret: str = ""


class Counted(BaseModel):
    total: int


class Sentence(BaseModel):
    text: str


gates: dict[str, asyncio.Event] = {}
"""What a task waits for, by run id; a test opens it."""


def open_gate(run_id: str) -> None:
    gates.setdefault(run_id, asyncio.Event()).set()


async def _gate(run_id: str) -> None:
    await gates.setdefault(run_id, asyncio.Event()).wait()


def add_tasks(server: DevServer) -> None:
    @server.task("count")
    async def count(payload: Count, ctx: TaskContext) -> Counted:
        for number in range(1, payload.to + 1):
            ctx.metadata.set("reached", number)
        return Counted(total=payload.to)

    @server.task("wait")
    async def wait(payload: Count, ctx: TaskContext) -> Counted:
        ctx.metadata.set("reached", payload.to)
        await _gate(ctx.run_id)
        return Counted(total=payload.to)

    @server.task("fail", max_attempts=1)
    async def fail(payload: Count) -> None:
        raise ValueError(f"cannot count to {payload.to}")

    @server.task("speak")
    async def speak(payload: Sentence, ctx: TaskContext) -> int:
        words = payload.text.split()
        for word in words[: len(words) // 2]:
            ctx.stream("words").append(word)
        ctx.stream("aside").append("not for the page")
        ctx.stream("scores").append({"score": 1})
        ctx.stream("scores").append("no score")
        await _gate(ctx.run_id)
        for word in words[len(words) // 2 :]:
            ctx.stream("words").append(word)
        return len(words)

    _ = (count, wait, fail, speak)
