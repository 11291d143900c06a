"""What is to be reported to a user's hook, and the events that the hook hands back."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from typing import Any, Final, NamedTuple

from pydantic import BaseModel


class Completion(NamedTuple):
    """Something has finished, and a hook is to be told.

    Attributes:
        hook: The hook's name.
        arguments: What it is called with.
        run_id: The run that has finished; empty where it is more than one.
    """

    hook: str
    arguments: tuple[Any, ...]
    run_id: str = ""


class CompletedRuns(BaseModel):
    """The runs whose end was reported, for components of a page that wait for it.

    Attributes:
        count: How many there were in all.
        ids: The ids of the last of them, the latest last.
    """

    count: int = 0
    ids: list[str] = []

    def with_one_more(self, run_id: str) -> CompletedRuns:
        """The same and one more run."""
        return CompletedRuns(count=self.count + 1, ids=[*self.ids[1 - KEPT_IDS :], run_id])


KEPT_IDS: Final = 100


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
