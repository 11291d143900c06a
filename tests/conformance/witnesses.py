"""Two clients that watch the same feed, and what each has emitted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

PATIENCE_SECONDS = 20


class Witness:
    """One client.

    Attributes:
        emitted: What it has emitted so far.
    """

    def __init__(self, source: AsyncGenerator[Any, None]) -> None:
        self.emitted: list[Any] = []
        self._news = asyncio.Event()
        self._pump = asyncio.create_task(self._follow(source))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs among what it has emitted."""
        return [item["run"] for item in self.emitted if "run" in item]

    async def reach(self, count: int) -> None:
        """Wait until it has emitted so many items in all."""
        while len(self.emitted) < count and not self._pump.done():
            self._news.clear()
            await self._news.wait()
        if self._pump.done():
            self._pump.result()
        assert len(self.emitted) >= count, "the feed has ended"

    async def end(self) -> None:
        """Wait until its feed ends."""
        await self._pump

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
        for name, witness in {"official client": self.javascript, "ours": self.python}.items():
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await witness.reach(self._seen)
            except TimeoutError:
                raise AssertionError(
                    f"The {name} has emitted {len(witness.emitted)} of {self._seen} items: "
                    f"{witness.emitted}"
                ) from None

    async def end(self) -> None:
        """Wait until both feeds end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.javascript.end()
            await self.python.end()


@asynccontextmanager
async def witnesses(
    javascript: AsyncGenerator[Any, None], python: AsyncGenerator[Any, None]
) -> AsyncGenerator[Witnesses, None]:
    """Let two clients watch, and send them away at the end."""
    both = Witnesses(Witness(javascript), Witness(python))
    try:
        yield both
    finally:
        await both.javascript.leave()
        await both.python.leave()
