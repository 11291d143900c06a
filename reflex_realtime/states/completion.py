"""What is to be reported to a user's hook, and the events that the hook hands back."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple


class Completion(NamedTuple):
    """Something has finished, and a hook is to be told.

    Attributes:
        hook: The hook's name.
        arguments: What it is called with.
    """

    hook: str
    arguments: tuple[Any, ...]


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
