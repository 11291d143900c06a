"""A shared feed: one task at the server for all who observe it."""

from __future__ import annotations

import asyncio
import copy
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.events import FeedLive, FeedRetrying

_log = logging.getLogger("reflex_realtime.feeds")


TURNS: Final = 8
"""So many turns of the event loop pass from a feed's event until it is on its way to a page: the
observer takes it up, hands it on, and what waits for it writes it."""


async def observers_first() -> None:
    """Let those who wait for an event have it before the next request is put together."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Observer(Protocol):
    """Somebody who observes a shared feed."""

    def ended(self) -> None:
        """Notice that the feed has ended."""
        ...


ObserverT = TypeVar("ObserverT", bound=Observer)


class Entry(ABC, Generic[ObserverT]):
    """A feed, its task, and its observers.

    Attributes:
        observers: Whoever observes it, in the order in which they came.
        status: Whether it is live or down; None before it has said so.
        has_ended: Whether nothing more will come.
        forget: Sees to it that nobody joins any more.
    """

    forget: Callable[[], object]

    def __init__(self) -> None:
        self.observers: dict[ObserverT, None] = {}
        self.status: FeedLive | FeedRetrying | None = None
        self.has_ended: bool = False
        self._error: RealtimeError | None = None
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def follow(self) -> None:
        """Follow the feed and hand on what it brings."""

    @property
    def is_complete(self) -> bool:
        """Whether everything worth seeing has come, so that nobody needs to come back to it."""
        return False

    def start(self, forget: Callable[[], object]) -> None:
        """Begin to follow the feed.

        Args:
            forget: Sees to it that nobody joins any more; called when nothing more will come.
        """
        self.forget = forget
        self._task = asyncio.create_task(self._run())

    def enter(self, status: FeedLive | FeedRetrying) -> None:
        """Remember how the feed is doing, for observers who come later."""
        self.status = status

    async def close(self) -> None:
        """Stop following the feed, and wait until its connection is closed."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def raise_error(self) -> None:
        """Raise what ended the feed, if something did; to each observer an error of its own.

        Raises:
            RealtimeError: The feed could not succeed.
        """
        if self._error:
            raise copy.copy(self._error)

    async def _run(self) -> None:
        try:
            await self.follow()
        except RealtimeError as error:
            self._error = error
        except Exception:
            _log.exception("A feed ended in an unexpected error")
            self._error = RealtimeError(
                "The feed ended in an unexpected error.", remedy="The log has the details."
            )
        finally:
            self.has_ended = True
            self.forget()
            for observer in [*self.observers]:
                observer.ended()
