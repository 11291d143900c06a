"""What a version of streams is, and what both have in common: waiting for more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol

from reflex_realtime.devserver.http.messages import Problem
from reflex_realtime.devserver.store.changes import Changes
from reflex_realtime.devserver.store.database import Transaction

INACTIVITY_SECONDS = 60
PING_SECONDS = 10.0


class TextProblem(Problem):
    """A refusal whose body is plain text, as streams give it."""


class StreamVersion(Protocol):
    """Reads and writes the streams of runs of this version."""

    headers: Mapping[str, str]
    """The headers that its answers carry beside the usual ones."""

    def events(
        self, run_id: str, stream: str, last_event_id: str, inactivity: int
    ) -> AsyncIterator[str]:
        """The server-sent events behind an id, until nothing has come for a while.

        Raises:
            TextProblem: 400, at once, the id is not one.
        """
        ...

    async def ingest(
        self, run_id: str, stream: str, texts: AsyncIterator[str], client_id: str | None, start: int
    ) -> None:
        """Write lines of JSON as they come; `start` is the index of the first."""
        ...

    def progress(self, tx: Transaction, run_id: str, stream: str, client_id: str) -> int:
        """The index of the last line that a writer got through, -1 for none."""
        ...


async def events_until_idle(
    changes: Changes,
    topic: str,
    *,
    inactivity: int,
    look: Callable[[], Awaitable[str | None]],
    ping: Callable[[], str],
) -> AsyncIterator[str]:
    """Look whenever a stream grows, until it has not grown for a while.

    Args:
        changes: Where growth is told.
        topic: The stream's topic.
        inactivity: How many seconds without growth end it.
        look: Reads on: the new events, which may be no whole event yet; None when nothing came.
        ping: What to send when nothing was sent for a while.

    Yields:
        Text of the events.
    """
    active = spoke = time.monotonic()
    with changes.watching(topic) as grown:
        while True:
            grown.clear()
            events = await look()
            if events:
                yield events
            now = time.monotonic()
            if events is not None:
                active = spoke = now
                continue
            if now >= active + inactivity or changes.closed:
                return
            if now >= spoke + PING_SECONDS:
                spoke = now
                yield ping()
            await _wait(grown, min(active + inactivity, spoke + PING_SECONDS) - now)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        return
