"""Where feeds come from, when not straight from the server: what a hub offers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import RunFeedEvent, StreamFeedEvent
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import RunModels
from reflex_realtime.protocol.streams import StreamCursor


class FeedSource(Protocol):
    """Opens feeds, in the place of `run_feed` and `stream_feed`."""

    def run_feed(
        self, connection: Connection, request: ShapeRequest, models: RunModels
    ) -> AsyncGenerator[RunFeedEvent, None]:
        """The runs that a request selects."""
        ...

    def stream_feed(
        self,
        connection: Connection,
        run_id: str,
        stream: str,
        *,
        cursor: StreamCursor,
        reopens: Callable[[], bool],
    ) -> AsyncGenerator[StreamFeedEvent, None]:
        """One stream of a run, from where a cursor stands."""
        ...
