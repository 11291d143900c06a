"""One stream feed that several observers follow."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.entry import Entry, observers_first
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, StreamFeedEvent
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.streams import StreamCursor

KEPT_CHARS: Final = 64_000_000
"""How much of a stream is kept for observers who come later or are slow, in characters."""


class PartEntry(Entry["PartObserver"]):
    """The parts of a stream so far, and whoever observes them.

    Args:
        connection: The server and the credential.
        run_id: The run.
        stream: The stream's name.
        cursor: Where it begins.
    """

    def __init__(
        self, connection: Connection, run_id: str, stream: str, cursor: StreamCursor
    ) -> None:
        super().__init__()
        self.stream = stream
        self._connection = connection
        self.run_id = run_id
        self._first = 0
        self._parts: list[StreamPart] = []
        self._cursors = [cursor]
        """Where each part begins, and where the last one ends."""
        self._chars = 0

    def place_of(self, cursor: StreamCursor) -> int | None:
        """The number of the part that begins at a cursor; None where it is not known."""
        for index in range(len(self._cursors) - 1, -1, -1):
            if self._cursors[index] == cursor:
                return self._first + index
        return None

    def since(self, place: int) -> tuple[list[StreamPart], StreamCursor] | None:
        """The parts from a number on, and where they end; None where they are no longer kept."""
        if place < self._first:
            return None
        return self._parts[place - self._first :], self._cursors[-1]

    async def follow(self) -> None:
        """Follow the stream and keep what it brings."""
        feed = stream_feed(
            self._connection,
            self.run_id,
            self.stream,
            cursor=self._cursors[-1],
            reopens=lambda: any(observer.reopens() for observer in self.observers),
        )
        async with aclosing(feed) as events:
            async for event in events:
                if isinstance(event, PartsAdded):
                    self._keep(event)
                else:
                    self.enter(event)
                for observer in self.observers:
                    observer.notice(event)
                await observers_first()

    def _keep(self, added: PartsAdded) -> None:
        *but_last, _ = added.parts
        self._parts += added.parts
        # Only version 2 brings several parts at once, and there the id is the cursor.
        self._cursors += [StreamCursor(after=part.id) for part in but_last]
        self._cursors.append(added.cursor)
        self._chars += sum(map(_size, added.parts))
        if self._chars > KEPT_CHARS:
            self._drop(len(self._parts) // 2)

    def _drop(self, count: int) -> None:
        self._chars -= sum(map(_size, self._parts[:count]))
        del self._parts[:count], self._cursors[:count]
        self._first += count


class PartObserver:
    """One observer of a stream: how far it has seen.

    Args:
        entry: The stream.
        place: The number of the part that it wants to see first.
        reopens: Whether more may come when the server has closed the stream.
    """

    def __init__(self, entry: PartEntry, place: int, reopens: Callable[[], bool]) -> None:
        self.reopens = reopens
        self._entry = entry
        self._place = place
        self._news = asyncio.Event()
        self._status: FeedLive | FeedRetrying | None = entry.status
        self._news.set()

    def notice(self, event: StreamFeedEvent) -> None:
        """Notice that something happened."""
        if not isinstance(event, PartsAdded):
            self._status = event
        self._news.set()

    def ended(self) -> None:
        """Notice that the stream has ended."""
        self._news.set()

    async def events(self) -> AsyncGenerator[StreamFeedEvent, None]:
        """What happens, as `stream_feed` tells it; parts that came meanwhile come together.

        It ends early, without an error, for an observer so slow that parts are no longer kept.

        Raises:
            RealtimeError: The stream cannot be read.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            status, self._status = self._status, None
            if status:
                yield status
            unseen = self._entry.since(self._place)
            if unseen is None:
                return
            parts, cursor = unseen
            if parts:
                self._place += len(parts)
                own = tuple(map(_own, parts))
                yield PartsAdded(self._entry.run_id, self._entry.stream, own, cursor)
            if self._entry.has_ended and not self._news.is_set():
                self._entry.raise_error()
                return


def _size(part: StreamPart) -> int:
    return len(part.part) if isinstance(part.part, str) else len(repr(part.part))


def _own(part: StreamPart) -> StreamPart:
    """A part that shares nothing that can be changed with what others see."""
    if isinstance(part.part, str):
        return part
    return replace(part, part=copy.deepcopy(part.part))
