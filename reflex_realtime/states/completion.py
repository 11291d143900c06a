"""What is to be reported to a user's hook, and the events that the hook hands back."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel

from reflex_realtime.patches.patch import Patch, changed_keys, replaced, shifted


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


class CompletedRuns(BaseModel, defer_build=True):
    """The runs whose end was reported, for components of a page that wait for it.

    Attributes:
        count: How many there were in all.
        ids: The ids of the last of them, the latest last.
    """

    count: int = 0
    ids: list[str] = []

    def with_more(self, run_ids: list[str]) -> tuple[CompletedRuns, Patch]:
        """The same and more runs, and what makes the one of the other."""
        count = self.count + len(run_ids)
        dropped = min(len(self.ids), max(0, len(self.ids) + len(run_ids) - KEPT_IDS))
        more = run_ids[-KEPT_IDS:]
        patch = {"count": replaced(count), "ids": shifted(dropped, len(self.ids), more)}
        ids = [*self.ids[dropped:], *more]
        return CompletedRuns(count=count, ids=ids), changed_keys(patch)


KEPT_IDS: Final = 100

HookT = TypeVar("HookT", bound=Callable[..., Any])


def does_nothing(hook: HookT) -> HookT:
    """Mark a hook as the one that is there to be overridden: it needs not be called."""
    hook.__dict__["does_nothing"] = True
    return hook


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
