"""The events that a user's hook hands back, whichever way it was written."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from typing import Any


async def events_of(result: Any) -> AsyncGenerator[Any, None]:
    """Collect what a hook returned or yields.

    Args:
        result: What calling the hook gave: nothing, an event, a list of events, a coroutine, a
            generator or an async generator.

    Yields:
        The events.
    """
    if inspect.isasyncgen(result):
        async for event in result:
            yield event
    elif inspect.isgenerator(result):
        for event in result:
            yield event
    else:
        event = await result if inspect.isawaitable(result) else result
        if event is not None:
            yield event
