"""Whoever leaves a feed leaves nothing behind, at whatever moment.

Each script goes through everything that a feed does. It is run again and again, and cancelled at
each of its steps in turn: a step is one `send` to one of its tasks, from one `await` that waits to
the next.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field, replace
from types import AsyncGeneratorType, CoroutineType
from typing import Any, TypeAlias
from weakref import ref

import pytest

from reflex_realtime.feeds import rest, run_streams
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.run_feed import one_run_feed
from reflex_realtime.feeds.run_with_streams import run_with_streams_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.hooks import FeedHook, FeedNotice, NoticeKind
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import (
    UP_TO_DATE,
    ReplayServer,
    answer,
    event_stream,
    replay,
    run_row,
    shape,
)

ALL_STEPS = 400
"""Up to so many steps, every one is tried; of what comes behind, every third."""

TURNS = 20
"""In so many turns the event loop has finished the generators that httpx nests in one another and
leaves to it. None of them waits for anything."""

RUN = run_request("run_1")
STORED = run_row(output="packets/1", outputType="application/store")
FINISHED = shape([run_row(completedAt="2026-08-01T10:00:09"), UP_TO_DATE])
BROKEN = event_stream('id: 1-0\ndata: "a"\n\nid: 2-0\ndata: "b', {"Content-Length": "999"})
WHOLE = event_stream('id: 1-0\ndata: "a"\n\nid: 2-0\ndata: "b"\n\n')

Follow: TypeAlias = Callable[[FeedHook], AsyncGenerator[Any, None]]
Script: TypeAlias = Callable[[], AbstractAsyncContextManager[tuple[list[ReplayServer], Follow]]]


def in_turn(*tokens: str) -> Callable[[], Awaitable[str]]:
    """A function that returns one access token after the other, not at once."""
    left = iter(tokens)

    async def token() -> str:
        await asyncio.sleep(0)
        return next(left)

    return token


@asynccontextmanager
async def a_run() -> AsyncIterator[tuple[list[ReplayServer], Follow]]:
    """A stored packet, a refetch, a failure, a refusal, the end."""
    async with replay(answer(200, '{"pages": 3}')) as storage:
        answers = [
            shape([STORED, UP_TO_DATE]),
            answer(200, json.dumps({"presignedUrl": f"{storage.base_url}/1"})),
            shape([run_row(operation="update", status="DELAYED"), UP_TO_DATE]),
            answer(409, "[]", {"electric-handle": "h2"}),
            shape([STORED, UP_TO_DATE], handle="h2"),
            answer(503),
            answer(401),
            FINISHED.replace(b"h1", b"h2"),
        ]
        async with replay(*answers) as server:
            own = credential(in_turn("tr_dev_one", "tr_dev_two"))
            quick = replace(server.quick, credential=own)
            yield (
                [server, storage],
                lambda hook: one_run_feed(replace(quick, hooks=(hook,)), RUN),
            )


@asynccontextmanager
async def a_stream() -> AsyncIterator[tuple[list[ReplayServer], Follow]]:
    """A failure, a refusal, a connection that breaks off, one that ends while the run goes on."""
    async with replay(answer(503), answer(401), BROKEN, WHOLE, WHOLE) as server:
        own = credential(in_turn("tr_dev_one", "tr_dev_two"))
        quick = replace(server.quick, credential=own)
        going_on = iter([True, False])
        yield (
            [server],
            lambda hook: stream_feed(
                replace(quick, hooks=(hook,)), "run_1", "a", reopens=lambda: next(going_on)
            ),
        )


@asynccontextmanager
async def a_run_with_streams() -> AsyncIterator[tuple[list[ReplayServer], Follow]]:
    """Two streams, one of which breaks off, and a run that fails to answer in between."""
    named = shape([run_row(realtimeStreams="{a,b}"), UP_TO_DATE]).replace(
        b'{"friendlyId": {"type": "text"}}', b'{"realtimeStreams": {"type": "text", "dims": 1}}'
    )
    answers = [named, answer(503), FINISHED]
    async with replay(*answers, streams=[BROKEN, *[WHOLE] * 20]) as server:
        yield (
            [server],
            lambda hook: run_with_streams_feed(replace(server.quick, hooks=(hook,)), RUN),
        )


@asynccontextmanager
async def a_trigger() -> AsyncIterator[tuple[list[ReplayServer], Follow]]:
    """A request that is sent again after a failure, and after a refusal."""
    async with replay(answer(503), answer(401), answer(200, '{"id": "run_1"}')) as server:
        own = credential(in_turn("tr_dev_one", "tr_dev_two"))

        async def triggered(hook: FeedHook) -> AsyncGenerator[Any, None]:
            connection = replace(server.quick, credential=own, hooks=(hook,))
            yield await rest.post(connection, "/api/v1/tasks/report/trigger", "the task 'report'")

        yield [server], triggered


@dataclass
class Run:
    """One run of a script.

    Attributes:
        cancel_at: At which step it is cancelled; 0 for none.
        steps: How many steps it has made.
        events: How many events it has seen.
        left_at: At which step it began to leave.
        main: Its first task.
        tasks: All its other tasks.
        finishers: The tasks by which the event loop finishes generators that were dropped.
        generators: All asynchronous generators that it began to iterate; those of the library
            are kept alive, so that nobody else finishes them.
        began: The names of the feeds that began.
        notices: What the hooks were told.
    """

    cancel_at: int = 0
    steps: int = 0
    events: int = 0
    left_at: int = 0
    main: asyncio.Task[Any] | None = None
    tasks: list[asyncio.Task[Any]] = field(default_factory=list[asyncio.Task[Any]])
    finishers: list[asyncio.Task[Any]] = field(default_factory=list[asyncio.Task[Any]])
    generators: list[Callable[[], AsyncGeneratorType[Any, Any] | None]] = field(
        default_factory=list[Callable[[], AsyncGeneratorType[Any, Any] | None]]
    )
    began: list[str] = field(default_factory=list[str])
    notices: list[FeedNotice] = field(default_factory=list[FeedNotice])

    def step(self) -> None:
        """Count a step, and cancel the script if it is the one."""
        self.steps += 1
        if self.steps == self.cancel_at and self.main:
            self.main.cancel()

    def iterates(self, generator: AsyncGeneratorType[Any, Any]) -> None:
        """Note a generator that is iterated for the first time."""
        code = generator.ag_code
        is_own = "reflex_realtime" in code.co_filename
        self.generators.append((lambda: generator) if is_own else ref(generator))
        if is_own and code.co_name in ("row_feed", "stream_feed"):
            self.began.append(code.co_name)

    @property
    def unfinished(self) -> list[str]:
        """The generators that were not run to their end and not closed either."""
        left = [generator() for generator in self.generators]
        return [g.ag_code.co_qualname for g in left if g is not None and g.ag_frame is not None]


class Stepped(Coroutine[Any, Any, Any]):
    """A coroutine whose steps are counted."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], run: Run) -> None:
        self._coroutine = coroutine
        self._run = run

    def send(self, value: Any) -> Any:
        waits_for = self._coroutine.send(value)
        self._run.step()
        return waits_for

    def throw(self, *error: Any) -> Any:
        waits_for = self._coroutine.throw(*error)
        self._run.step()
        return waits_for

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coroutine, name)


_run: ContextVar[Run | None] = ContextVar("_run", default=None)
"""The run whose code this is; None in the code of servers and tests."""


def make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """Make a task; count its steps where a script makes it."""
    if (run := _run.get()) is None:
        return asyncio.Task(coroutine, loop=loop, **options)
    task: asyncio.Task[Any] = asyncio.Task(Stepped(coroutine, run), loop=loop, **options)
    (run.tasks if isinstance(coroutine, CoroutineType) else run.finishers).append(task)
    return task


@asynccontextmanager
async def observed() -> AsyncIterator[None]:
    """Count the steps and note the generators of scripts."""
    loop = asyncio.get_running_loop()
    firstiter, finalizer = sys.get_asyncgen_hooks()
    assert firstiter

    def first(generator: AsyncGenerator[Any, Any]) -> None:
        if (run := _run.get()) and isinstance(generator, AsyncGeneratorType):
            run.iterates(generator)
        firstiter(generator)

    loop.set_task_factory(make_task)
    sys.set_asyncgen_hooks(first, finalizer)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(firstiter, finalizer)
        loop.set_task_factory(None)


def timers() -> set[Any]:
    """The timers of the event loop that are going to fire."""
    scheduled: list[Any] = asyncio.get_running_loop()._scheduled  # pyright: ignore[reportAttributeAccessIssue]
    return {timer for timer in scheduled if not timer.cancelled()}


async def tell(script: Script, *, cancel_at: int = 0, leave_after: int | None = None) -> Run:
    """Run a script to its end, to one of its steps, or to one of its events.

    Args:
        script: The script.
        cancel_at: At which step it is cancelled; 0 for none.
        leave_after: After how many events its feed is closed; None for never.

    Returns:
        The run, of which nothing is left.
    """
    run = Run(cancel_at)
    before = timers()
    async with script() as (servers, follow):

        async def main() -> None:
            async with aclosing(follow(run.notices.append)) as events:
                while run.events != leave_after and await anext(events, None) is not None:
                    run.events += 1
                run.left_at = run.steps

        context = copy_context()
        context.run(_run.set, run)
        run.main = asyncio.Task(Stepped(main(), run), context=context)
        await asyncio.wait([run.main], timeout=5)
        assert run.main.done()
        if not run.main.cancelled():
            await run.main

        assert [task for task in run.tasks if not task.done()] == []
        for _ in range(TURNS):
            await asyncio.sleep(0)
        assert [task for task in run.finishers if not task.done()] == []
        assert timers() - before == set()
        async with asyncio.timeout(5):
            for server in servers:
                await server.left()
        assert run.unfinished == []
        closed = [notice for notice in run.notices if notice.kind is NoticeKind.CLOSED]
        assert len(closed) == len(run.began)
    return run


FEEDS = [a_run, a_stream, a_run_with_streams]
SCRIPTS = [*FEEDS, a_trigger]


@pytest.fixture(autouse=True)
def short_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the streams of a finished run be quiet for a moment only."""
    monkeypatch.setattr(run_streams, "DRAIN_SECONDS", 0.01)


@pytest.mark.parametrize("script", SCRIPTS)
async def test_cancelling_at_any_step_leaves_nothing_behind(script: Script) -> None:
    async with observed():
        steps = (await tell(script)).steps
        for step in [*range(1, min(steps, ALL_STEPS)), *range(ALL_STEPS, steps, 3)]:
            await tell(script, cancel_at=step)


@pytest.mark.parametrize("script", FEEDS)
async def test_closing_between_any_two_events_leaves_nothing_behind(script: Script) -> None:
    async with observed():
        events = (await tell(script)).events
        for count in range(1, events + 1):
            await tell(script, leave_after=count)


@pytest.mark.parametrize("script", FEEDS)
async def test_cancelling_at_any_step_of_closing_leaves_nothing_behind(script: Script) -> None:
    async with observed():
        events = (await tell(script)).events
        for count in range(1, events + 1):
            closed = await tell(script, leave_after=count)
            for step in range(closed.left_at + 1, closed.steps + 1):
                await tell(script, leave_after=count, cancel_at=step)


async def test_a_script_that_leaves_something_behind_is_found_out() -> None:
    """The proof that the above can fail."""

    @asynccontextmanager
    async def forgetful() -> AsyncIterator[tuple[list[ReplayServer], Follow]]:
        async def follow(hook: FeedHook) -> AsyncGenerator[Any, None]:
            forgotten.append(asyncio.create_task(asyncio.sleep(0.05)))
            yield "an event"

        yield [], follow

    forgotten: list[asyncio.Task[None]] = []
    async with observed():
        with pytest.raises(AssertionError):
            await tell(forgetful)
    await asyncio.wait(forgotten)
