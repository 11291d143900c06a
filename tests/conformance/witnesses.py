"""Two clients that watch the same feed, and what each has emitted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

PATIENCE_SECONDS = 20
REST_SECONDS = 0.5


class Witness:
    """One client.

    Args:
        name: Which.
        source: What it emits.

    Attributes:
        emitted: What it has emitted so far.
    """

    def __init__(self, name: str, source: AsyncGenerator[Any, None]) -> None:
        self.emitted: list[Any] = []
        self._name = name
        self._news = asyncio.Event()
        self._pump = asyncio.create_task(self._follow(source))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs among what it has emitted."""
        return [item["run"] for item in self.emitted if "run" in item]

    async def reach(self, count: int) -> None:
        """Wait until it has emitted so many items in all."""
        await self._emits(lambda: len(self.emitted) >= count, f"{count} items")

    async def see(self, expected: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until it has emitted a run of some kind."""
        await self._emits(lambda: any(map(expected, self.runs)), "the run")

    async def _emits(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not holds() and not self._pump.done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self._name} waits for {what} and has {self.emitted}") from None
        if self._pump.done():
            self._pump.result()
        assert holds(), f"{self._name} has ended without {what}: {self.emitted}"

    async def end(self) -> None:
        """Wait until its feed ends."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._pump

    async def rests(self) -> bool:
        """Whether it neither emits anything nor ends for a while."""
        before = len(self.emitted)
        ended, _ = await asyncio.wait([self._pump], timeout=REST_SECONDS)
        return not ended and len(self.emitted) == before

    async def leave(self) -> None:
        """Leave the feed."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)

    async def _follow(self, source: AsyncGenerator[Any, None]) -> None:
        try:
            async with aclosing(source) as items:
                async for item in items:
                    self.emitted.append(item)
                    self._news.set()
        finally:
            self._news.set()


class Witnesses:
    """The official client and ours on the same feed.

    Each step of a story is told only when both have seen the one before: a state that lasts for
    less than a poll may be seen or not.

    Attributes:
        javascript: The official client.
        python: Ours.
    """

    def __init__(self, javascript: Witness, python: Witness) -> None:
        self.javascript = javascript
        self.python = python
        self._seen = 0

    async def see(self, count: int = 1) -> None:
        """Wait until both have emitted so many more items."""
        self._seen += count
        await self.javascript.reach(self._seen)
        await self.python.reach(self._seen)

    async def end(self) -> None:
        """Wait until both feeds end."""
        await self.javascript.end()
        await self.python.end()


@asynccontextmanager
async def witness(name: str, source: AsyncGenerator[Any, None]) -> AsyncGenerator[Witness, None]:
    """Let a client watch, and send it away at the end."""
    one = Witness(name, source)
    try:
        yield one
    finally:
        await one.leave()


@asynccontextmanager
async def witnesses(
    javascript: AsyncGenerator[Any, None], python: AsyncGenerator[Any, None]
) -> AsyncGenerator[Witnesses, None]:
    """Let two clients watch, and send them away at the end."""
    async with (
        witness("The official client", javascript) as official,
        witness("Our client", python) as ours,
    ):
        yield Witnesses(official, ours)
