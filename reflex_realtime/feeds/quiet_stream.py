"""One stream of a run by itself, which ends when it has been quiet for long enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import (
    FeedEvent,
    FeedLive,
    FeedRetrying,
    PartsAdded,
    StreamEnded,
)
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.protocol.streams import StreamCursor


async def quiet_stream_feed(
    connection: Connection,
    run_id: str,
    stream: str,
    *,
    cursor: StreamCursor,
    timeout_seconds: float,
    source: FeedSource,
) -> AsyncGenerator[FeedEvent, None]:
    """Follow a stream until nothing has come for a while: servers do not say when it has ended.

    The time is taken here and not at the server, so that those who wait for different times
    share one request. While the stream cannot be reached it does not count as quiet.

    Args:
        connection: The server and the credential.
        run_id: The run.
        stream: The stream's name.
        cursor: Where to go on, as an earlier `PartsAdded` says.
        timeout_seconds: How long it is quiet when it counts as ended.
        source: Where the feed comes from.

    Yields:
        The events of the stream, and `StreamEnded` at last.

    Raises:
        RealtimeError: The stream cannot be read.
    """
    loop = asyncio.get_running_loop()
    ends_at: float | None = None
    feed = source.stream_feed(connection, run_id, stream, cursor=cursor, reopens=lambda: True)
    async with aclosing(feed) as events:
        while True:
            try:
                async with asyncio.timeout_at(ends_at):
                    event = await anext(events)
            except (TimeoutError, StopAsyncIteration):
                yield StreamEnded(run_id, stream)
                return
            is_known_to_be_live = isinstance(event, FeedLive) and ends_at is not None
            if isinstance(event, FeedRetrying):
                ends_at = None
            elif isinstance(event, PartsAdded) or ends_at is None:
                ends_at = loop.time() + timeout_seconds
            if not is_known_to_be_live:
                yield event
