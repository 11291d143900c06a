"""One run and all its streams as one feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from reflex_realtime.errors import ProtocolError, RealtimeError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import (
    FeedEvent,
    FeedLive,
    FeedRetrying,
    RunsChanged,
    StreamFailed,
)
from reflex_realtime.feeds.run_feed import finishes, one_run_feed
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.feeds.stream_feed import START, stream_feed
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import RunModels
from reflex_realtime.protocol.streams import StreamCursor

DRAIN_SECONDS: Final = 1.0
"""How long the streams of a finished run must be quiet to count as read to the end. Servers do
not mark the end of a stream; after its end a run can write no more."""

DRAIN_LIMIT_SECONDS: Final = 30.0
"""How long a stream that cannot be reached is waited for after the run has finished."""


async def run_with_streams_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels = (RealtimeRun[Any, Any],),
    *,
    stop_on_completion: bool = True,
    cursors: Mapping[str, StreamCursor] | None = None,
    source: FeedSource | None = None,
) -> AsyncGenerator[FeedEvent, None]:
    """Follow one run and each of its streams.

    Args:
        connection: The server and the credential.
        request: Which run.
        models: The models of the run.
        stop_on_completion: Whether to end when the run has finished and its streams are read.
        cursors: Where to go on, by stream, as earlier `PartsAdded` say.
        source: Where the feeds come from; None for straight from the server.

    Yields:
        The events of the run's feed, and `PartsAdded` and `StreamFailed` of its streams.

    Raises:
        RealtimeError: The run's feed cannot succeed. A failing stream does not end the feed.
    """
    merged = _Merged(connection, cursors or {}, source)
    merged.follow_run(request, models)
    try:
        while (event := await merged.next(stop_on_completion)) is not None:
            yield event
    finally:
        await merged.close()


class _Merged:
    """The run's feed and those of its streams, each pumped into one queue."""

    def __init__(
        self,
        connection: Connection,
        cursors: Mapping[str, StreamCursor],
        source: FeedSource | None,
    ) -> None:
        self._connection = connection
        self._cursors = cursors
        self._source = source
        self._run_id = ""
        self._events: asyncio.Queue[FeedEvent | Exception | None] = asyncio.Queue(maxsize=1000)
        self._pumps: dict[str | None, asyncio.Task[None]] = {}
        self._connected: dict[str, bool] = {}
        self._down: set[str | None] = set()
        self._finished_at: float | None = None

    def follow_run(self, request: ShapeRequest, models: RunModels) -> None:
        """Begin with the run; its streams follow as it names them."""
        self._run_id = request.run_id or ""
        self._pumps[None] = asyncio.create_task(self._pump_run(request, models))

    async def next(self, stop_on_completion: bool) -> FeedEvent | None:
        """The next event; None when the run has finished and its streams are read."""
        while True:
            try:
                async with asyncio.timeout(self._patience(stop_on_completion)):
                    event = await self._events.get()
            except TimeoutError:
                if self._drained():
                    return None
                continue
            if event is None:
                continue
            if isinstance(event, Exception):
                raise event
            if isinstance(event, RunsChanged):
                self._open_streams(event)
                if finishes(event):
                    self._finished_at = asyncio.get_running_loop().time()
            return event

    async def close(self) -> None:
        """End all feeds and wait until they have let go of their connections."""
        for pump in self._pumps.values():
            pump.cancel()
        await asyncio.gather(*self._pumps.values(), return_exceptions=True)

    def _reported(self, source: str | None, event: FeedEvent) -> FeedEvent | None:
        """What a part's event says of the whole, which is live when none of its parts is down."""
        if isinstance(event, FeedRetrying):
            self._down.add(source)
        elif isinstance(event, FeedLive):
            recovered = source in self._down or source is None
            self._down.discard(source)
            return event if recovered and not self._down else None
        return event

    def _patience(self, stop_on_completion: bool) -> float | None:
        if self._finished_at is None or not stop_on_completion:
            return None
        return DRAIN_SECONDS if self._streaming() else 0

    def _drained(self) -> bool:
        waited = asyncio.get_running_loop().time() - (self._finished_at or 0)
        return (
            not self._streaming() or all(self._connected.values()) or waited > DRAIN_LIMIT_SECONDS
        )

    def _streaming(self) -> bool:
        return any(not pump.done() for name, pump in self._pumps.items() if name is not None)

    def _open_streams(self, event: RunsChanged) -> None:
        for run in event.runs:
            for name in run.realtime_streams:
                if name not in self._pumps:
                    self._connected[name] = False
                    self._pumps[name] = asyncio.create_task(self._pump_stream(name))

    async def _pump_run(self, request: ShapeRequest, models: RunModels) -> None:
        feed = one_run_feed(
            self._connection, request, models, stop_on_completion=False, source=self._source
        )
        try:
            async with aclosing(feed) as events:
                async for event in events:
                    await self._events.put(self._reported(None, event))
        except Exception as error:
            await self._events.put(error)

    async def _pump_stream(self, name: str) -> None:
        open_feed = self._source.stream_feed if self._source else stream_feed
        feed = open_feed(
            self._connection,
            self._run_id,
            name,
            cursor=self._cursors.get(name, START),
            reopens=lambda: self._finished_at is None,
        )
        try:
            async with aclosing(feed) as events:
                async for event in events:
                    self._connected[name] = not isinstance(event, FeedRetrying)
                    # A mere connection is for nobody to see, but the quiet begins anew.
                    await self._events.put(self._reported(name, event))
        except Exception as error:
            self._connected[name] = True
            await self._events.put(self._reported(name, FeedLive()))
            failure = error if isinstance(error, RealtimeError) else ProtocolError(str(error))
            await self._events.put(StreamFailed(name, failure))
