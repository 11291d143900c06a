"""Holding a request until there is something to answer, its client leaves, or time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from starlette.requests import Request

from reflex_realtime.devserver.store.changes import Changes

T = TypeVar("T")


async def hold(
    request: Request,
    changes: Changes,
    topics: Iterable[str],
    *,
    seconds: float,
    look: Callable[[], Awaitable[T | None]],
) -> T | None:
    """Look whenever a topic changes, until there is something to see.

    Args:
        request: The request; when its client goes away the wait ends.
        changes: Where changes are told.
        topics: What to wait for.
        seconds: How long to wait.
        look: Looks whether there is something, None for nothing.

    Returns:
        What there is to see; None when nothing came.
    """
    gone = asyncio.create_task(_gone(request))
    deadline = time.monotonic() + seconds
    try:
        with changes.watching(*topics) as changed:
            while True:
                changed.clear()
                seen = await look()
                left = deadline - time.monotonic()
                if seen is not None or left <= 0 or gone.done() or changes.closed:
                    return seen
                change = asyncio.create_task(changed.wait())
                await asyncio.wait(
                    (change, gone), timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                change.cancel()
    finally:
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
