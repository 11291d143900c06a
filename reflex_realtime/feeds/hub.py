"""The hub: one feed at the server for all subscriptions of a process that want the same.

The same is: the same server, credential, route, filters and columns. Each observer has its own
mailbox, so a slow one holds up nobody. Those of a set and of a stream have their own runs and
parts, so nothing that one does to them shows elsewhere; those of one run are given the same run,
which is not to be changed. When the last one leaves, the feed goes on for a while, since a reload
of a page takes the viewer away for a moment; who comes back sees the present state without a
request. A feed that has come to its end, or is down, ends at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final
from weakref import WeakKeyDictionary

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.entry import Entry
from reflex_realtime.feeds.events import FeedRetrying, PartsAdded, RunFeedEvent, StreamFeedEvent
from reflex_realtime.feeds.shared_parts import PartEntry, PartObserver
from reflex_realtime.feeds.shared_rows import RowEntry, RowObserver
from reflex_realtime.protocol.requests import ShapeRequest, stream_path
from reflex_realtime.protocol.runs import RunModels
from reflex_realtime.protocol.streams import StreamCursor

GRACE_SECONDS: Final = 5.0
"""How long a feed goes on when nobody observes it."""


class Hub:
    """Shares feeds. It is a `FeedSource` as the server itself is.

    Args:
        grace_seconds: How long a feed goes on when nobody observes it.
    """

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._rows: dict[tuple[Any, ...], RowEntry] = {}
        self._parts: dict[tuple[Any, ...], dict[PartEntry, None]] = {}
        self._closing: dict[Entry[Any], asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def feeds(self) -> int:
        """How many feeds are followed at the server."""
        return len(self._rows) + sum(map(len, self._parts.values()))

    async def run_feed(
        self, connection: Connection, request: ShapeRequest, models: RunModels
    ) -> AsyncGenerator[RunFeedEvent, None]:
        """The runs that a request selects, as `feeds.run_feed` tells them.

        Args:
            connection: The server and the credential.
            request: Which runs.
            models: The models of the runs.

        Yields:
            The present runs as the snapshot, then what happens. States that the caller did not
            wait for are left out.

        Raises:
            RealtimeError: The feed cannot succeed.
        """
        key = (connection, request.path, tuple(sorted(request.params.items())))
        entry = self._rows.get(key)
        if entry is None:
            entry = self._rows[key] = RowEntry(connection, request)
            entry.start(lambda: self._rows.pop(key, None))
        observer = RowObserver(entry, models, connection.pace)
        self._join(entry, observer)
        try:
            async with aclosing(observer.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._leave(entry, observer)

    async def stream_feed(
        self,
        connection: Connection,
        run_id: str,
        stream: str,
        *,
        cursor: StreamCursor,
        reopens: Callable[[], bool],
    ) -> AsyncGenerator[StreamFeedEvent, None]:
        """One stream of a run, as `feeds.stream_feed` tells it.

        Args:
            connection: The server and the credential.
            run_id: The run.
            stream: The stream's name.
            cursor: How far the caller has read it.
            reopens: Asked when the server has closed the stream: whether more may come.

        Yields:
            The parts from the cursor on, those that came meanwhile together.

        Raises:
            RealtimeError: The stream cannot be read.
        """
        while True:
            entry, place = self._part_entry(connection, run_id, stream, cursor)
            observer = PartObserver(entry, place, reopens)
            self._join(entry, observer)
            try:
                async with aclosing(observer.events()) as events:
                    async for event in events:
                        yield event
                        if isinstance(event, PartsAdded):
                            cursor = event.cursor
            finally:
                self._leave(entry, observer)
            if entry.has_ended:
                return

    async def close(self) -> None:
        """End all feeds and wait until their connections are closed."""
        entries = [*self._rows.values(), *(e for some in self._parts.values() for e in some)]
        for timer in self._closing.values():
            timer.cancel()
        await asyncio.gather(*(entry.close() for entry in entries), *self._tasks)

    def _part_entry(
        self, connection: Connection, run_id: str, stream: str, cursor: StreamCursor
    ) -> tuple[PartEntry, int]:
        """The shared stream that has what comes after a cursor, and the place there."""
        key = (connection, stream_path(run_id, stream))
        for entry in self._parts.get(key, {}):
            if (place := entry.place_of(cursor)) is not None:
                return entry, place
        entry = PartEntry(connection, run_id, stream, cursor)
        self._parts.setdefault(key, {})[entry] = None
        entry.start(lambda: self._forget_parts(key, entry))
        return entry, 0

    def _join(self, entry: Entry[Any], observer: Any) -> None:
        entry.observers[observer] = None
        if timer := self._closing.pop(entry, None):
            timer.cancel()

    def _leave(self, entry: Entry[Any], observer: Any) -> None:
        del entry.observers[observer]
        if not entry.observers and not entry.has_ended:
            is_down = isinstance(entry.status, FeedRetrying)
            grace = 0 if entry.is_complete or is_down else self._grace_seconds
            loop = asyncio.get_running_loop()
            self._closing[entry] = loop.call_later(grace, self._close, entry)

    def _close(self, entry: Entry[Any]) -> None:
        del self._closing[entry]
        entry.forget()
        task = asyncio.create_task(entry.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _forget_parts(self, key: tuple[Any, ...], entry: PartEntry) -> None:
        entries = self._parts.get(key, {})
        entries.pop(entry, None)
        if not entries:
            self._parts.pop(key, None)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def shared_hub() -> Hub:
    """The hub of the running event loop, which is one for each process that serves an app."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
