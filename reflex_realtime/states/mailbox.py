"""What a feed has brought and a page has not shown yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.events import FeedEvent, FeedLive, FeedRetrying, RunsChanged


@dataclass(frozen=True, slots=True)
class FeedEnded:
    """The feed has ended.

    Attributes:
        error: Why, None when it ended because the run did.
    """

    error: RealtimeError | None = None


Letter: TypeAlias = FeedEvent | FeedEnded


MAX_LETTERS: Final = 256
"""So many letters wait for being taken; what happens then is left to the feed, where each run
takes one place and is there as it last was."""


class Mailbox:
    """Collects the events of a feed until they are taken, all at once."""

    def __init__(self, *, hurries_completion: bool) -> None:
        """Start empty.

        Args:
            hurries_completion: Whether a run's end is shown at once. Where many runs end, that
                would leave nothing of the throttle.
        """
        self._hurries_completion = hurries_completion
        self._letters: list[Letter] = []
        self._crash: Exception | None = None
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        self._taken = asyncio.Event()

    async def fill(self, feed: AsyncGenerator[FeedEvent, None]) -> None:
        """Collect a feed's events until it ends; a `RealtimeError` of it is the last letter.

        Args:
            feed: The feed. It is closed when this returns or is cancelled.
        """
        try:
            async with aclosing(feed) as events:
                async for event in events:
                    self._put(event)
                    if len(self._letters) >= MAX_LETTERS:
                        await self._taken.wait()
        except RealtimeError as error:
            self._put(FeedEnded(error))
        except Exception as error:
            self._crash = error
            self._arrived.set()
            self._urgent.set()
        else:
            self._put(FeedEnded())

    @property
    def has_letters(self) -> bool:
        """Whether there is something to take."""
        return bool(self._letters) and self._crash is None

    async def arrival(self) -> None:
        """Return when there is a letter, or after `wake`."""
        await self._arrived.wait()

    def wake(self) -> None:
        """Let who waits for a letter look what else there is."""
        self._arrived.set()
        self._urgent.set()

    def calm(self) -> None:
        """Forget that it was woken, where there is nothing to take."""
        if not self._letters and self._crash is None:
            self._arrived.clear()
            self._urgent.clear()

    async def hold_back(self, seconds: float) -> None:
        """Wait, but no longer than until something arrives that must be shown at once.

        Args:
            seconds: How long to wait at most.
        """
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._urgent.wait()
        except TimeoutError:
            return

    def take(self) -> list[Letter]:
        """All letters, oldest first; the mailbox is empty afterwards.

        Raises:
            Exception: What the feed raised, when it was not a `RealtimeError`.
        """
        if self._crash is not None:
            raise self._crash
        letters, self._letters = self._letters, []
        self._arrived.clear()
        self._urgent.clear()
        self._taken.set()
        self._taken.clear()
        return letters

    def _put(self, letter: Letter) -> None:
        self._letters.append(letter)
        self._arrived.set()
        if self._is_urgent(letter):
            self._urgent.set()

    def _is_urgent(self, letter: Letter) -> bool:
        match letter:
            case RunsChanged(runs=runs):
                return self._hurries_completion and any(run.is_finished for run in runs)
            case FeedEnded() | FeedRetrying() | FeedLive():
                return True
            case _:
                return False
