"""The streams of runs: opened when a run names them, read to their ends when it has finished."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, Final, TypeAlias

from reflex_realtime.errors import ProtocolError, RealtimeError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import (
    FeedEvent,
    FeedLive,
    FeedRetrying,
    StreamFailed,
    StreamKey,
)
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.feeds.stream_feed import START, stream_feed
from reflex_realtime.models import AnyRun
from reflex_realtime.protocol.streams import StreamCursor

DRAIN_SECONDS: Final = 1.0
"""How long the streams of a finished run must be quiet to count as read to the end. Servers do
not mark the end of a stream; after its end a run can write no more."""

DRAIN_LIMIT_SECONDS: Final = 30.0
"""How long a stream that cannot be reached is waited for after the run has finished."""

CAUGHT_UP_AT_ONCE: Final = 20
"""Of so many streams at a time is read what was written before their runs were first seen ended:
a set may have thousands of them."""

Events: TypeAlias = "asyncio.Queue[FeedEvent | Exception | None]"


class RunStreams:
    """The feeds of streams, each pumped into a queue; None is put there when one has ended.

    Args:
        connection: The server and the credential.
        cursors: Where to go on, by run and stream.
        source: Where the feeds come from; None for straight from the server.
        events: The queue.
        drains: Whether the streams of a run that has finished are left when they are quiet.
    """

    def __init__(
        self,
        connection: Connection,
        cursors: Mapping[StreamKey, StreamCursor],
        source: FeedSource | None,
        events: Events,
        *,
        drains: bool = True,
    ) -> None:
        self._connection = connection
        self._cursors = cursors
        self._open_feed = source.stream_feed if source else stream_feed
        self._events = events
        self._drains = drains
        self._pumps: dict[StreamKey, asyncio.Task[None]] = {}
        self._finished: dict[str, asyncio.Event] = {}
        self._connected: dict[StreamKey, bool] = {}
        self._last_event: dict[StreamKey, float] = {}
        self._down: set[StreamKey | None] = set()
        self._catching_up = asyncio.Semaphore(CAUGHT_UP_AT_ONCE)

    @property
    def are_reading(self) -> bool:
        """Whether more may come."""
        return any(not pump.done() for pump in self._pumps.values())

    def follow(self, run: AnyRun) -> None:
        """Follow the streams that a run names.

        Args:
            run: The run as it stands now.
        """
        known = run.id in self._finished
        finished = self._finished.setdefault(run.id, asyncio.Event())
        if run.is_finished:
            finished.set()
        gate = self._catching_up if run.is_finished and not known else nullcontext()
        for stream in run.realtime_streams:
            key = run.id, stream
            if key not in self._pumps:
                self._pumps[key] = asyncio.create_task(self._pump(key, finished, gate))

    async def leave(self, run_id: str) -> None:
        """Follow the streams of a run no longer."""
        self._finished.pop(run_id, None)
        keys = [key for key in self._pumps if key[0] == run_id]
        await _cancel(*(self._pumps.pop(key) for key in keys))
        for key in keys:
            self._down.discard(key)
            self._connected.pop(key, None)
            self._last_event.pop(key, None)

    def close(self) -> asyncio.Future[Any]:
        """End all feeds; what is returned is done when they have let go of their connections."""
        return _cancel(*self._pumps.values())

    async def _pump(
        self,
        key: StreamKey,
        finished: asyncio.Event,
        gate: AbstractAsyncContextManager[Any],
    ) -> None:
        async with gate:
            reading = asyncio.create_task(self._read(key, finished))
            drained = asyncio.create_task(self._drained(key, finished))
            try:
                await asyncio.wait({reading, drained}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _cancel(reading, drained)
        await self._events.put(None)

    async def _read(self, key: StreamKey, finished: asyncio.Event) -> None:
        run_id, stream = key
        feed = self._open_feed(
            self._connection,
            run_id,
            stream,
            cursor=self._cursors.get(key, START),
            reopens=lambda: not finished.is_set(),
        )
        try:
            async with aclosing(feed) as events:
                async for event in events:
                    # A mere connection is for nobody to see, but the quiet begins anew.
                    self._last_event[key] = asyncio.get_running_loop().time()
                    self._connected[key] = not isinstance(event, FeedRetrying)
                    await self._events.put(self.reported(key, event))
        except Exception as error:
            await self._events.put(self.reported(key, FeedLive()))
            failure = error if isinstance(error, RealtimeError) else ProtocolError(str(error))
            await self._events.put(StreamFailed(run_id, stream, failure))

    def reported(self, source: StreamKey | None, event: FeedEvent) -> FeedEvent | None:
        """What an event says of the whole, which is live when none of its parts is down.

        Args:
            source: The stream that it is of; None for the feed of the runs.
            event: The event.

        Returns:
            The event, None where it is for nobody to see.
        """
        if isinstance(event, FeedRetrying):
            self._down.add(source)
        elif isinstance(event, FeedLive):
            recovered = source in self._down or source is None
            self._down.discard(source)
            return event if recovered and not self._down else None
        return event

    async def _drained(self, key: StreamKey, finished: asyncio.Event) -> None:
        """Return when the run has finished and all that it wrote has been taken."""
        await finished.wait()
        if not self._drains:
            await asyncio.Event().wait()
        loop = asyncio.get_running_loop()
        finished_at = loop.time()
        while True:
            quiet = loop.time() - max(finished_at, self._last_event.get(key, 0))
            is_given_up = loop.time() - finished_at > DRAIN_LIMIT_SECONDS
            is_read = quiet >= DRAIN_SECONDS and self._events.empty()
            if is_read and (self._connected.get(key) or is_given_up):
                return
            await asyncio.sleep(max(DRAIN_SECONDS - quiet, DRAIN_SECONDS / 4))


def _cancel(*tasks: asyncio.Task[None]) -> asyncio.Future[Any]:
    """Cancel tasks at once; what is returned is done when they are."""
    for task in tasks:
        task.cancel()
    return asyncio.gather(*tasks, return_exceptions=True)
