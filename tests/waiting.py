"""Waiting for what announces itself in no other way than by being so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Return as soon as a condition holds.

    Args:
        condition: What is to become true.
        seconds: How long that may take.

    Raises:
        TimeoutError: It took longer.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0.01)
