"""The runs of a batch, and how many there are to be."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds import rest
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import BatchSized, BatchSizeUnknown, FeedEvent, FeedLive
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import RunModels


async def batch_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels,
    batch_id: str,
    *,
    source: FeedSource | None = None,
) -> AsyncGenerator[FeedEvent, None]:
    """Follow the runs of a batch whose size is not known.

    Args:
        connection: The server and the credential.
        request: The batch's feed.
        models: The models of the runs.
        batch_id: The batch.
        source: Where the feed comes from; None for straight from the server.

    Yields:
        The events of `run_feed`, and once, as soon as the feed is live, `BatchSized`, or
        `BatchSizeUnknown` where the server does not say.

    Raises:
        RealtimeError: The feed cannot succeed.
    """
    open_feed = source.run_feed if source else run_feed
    asked = False
    async with aclosing(open_feed(connection, request, models)) as events:
        async for event in events:
            yield event
            if isinstance(event, FeedLive) and not asked:
                asked = True
                yield await _size(connection, batch_id)


async def _size(connection: Connection, batch_id: str) -> BatchSized | BatchSizeUnknown:
    try:
        return BatchSized(await rest.batch_size(connection, batch_id))
    except RealtimeError as error:
        return BatchSizeUnknown(error)
