"""A stream by itself: when it counts as ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

from reflex_realtime import StreamPart, TransportError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import (
    FeedEvent,
    FeedLive,
    FeedRetrying,
    PartsAdded,
    StreamEnded,
    StreamFeedEvent,
)
from reflex_realtime.feeds.quiet_stream import quiet_stream_feed
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.protocol.streams import StreamCursor

TIMEOUT = 0.05
ENDED = StreamEnded("run_1", "words")
DOWN = FeedRetrying(TransportError("down"), 1)
WORD = PartsAdded("run_1", "words", (StreamPart("words", "one"),), StreamCursor("1-0"))


class Scripted:
    """A source whose stream brings events at their times, in seconds, and then nothing."""

    def __init__(self, script: Sequence[tuple[float, StreamFeedEvent]]) -> None:
        self.script = script
        self.is_closed = False

    async def stream_feed(
        self, *_: Any, reopens: Callable[[], bool], **__: Any
    ) -> AsyncGenerator[StreamFeedEvent, None]:
        assert reopens()
        try:
            for delay, event in self.script:
                await asyncio.sleep(delay)
                yield event
            await asyncio.Event().wait()
        finally:
            self.is_closed = True


async def followed(source: Scripted, timeout_seconds: float = TIMEOUT) -> list[FeedEvent]:
    feed = quiet_stream_feed(
        cast("Connection", None),
        "run_1",
        "words",
        cursor=StreamCursor(),
        timeout_seconds=timeout_seconds,
        source=cast("FeedSource", source),
    )
    async with aclosing(feed) as events:
        return [event async for event in events]


async def test_a_quiet_stream_ends_and_its_feed_with_it() -> None:
    source = Scripted([(0, FeedLive()), (0, WORD)])
    assert await followed(source) == [FeedLive(), WORD, ENDED]
    assert source.is_closed


async def test_each_part_begins_the_time_anew() -> None:
    source = Scripted([(0, FeedLive()), *[(TIMEOUT * 0.6, WORD)] * 4])
    assert await followed(source) == [FeedLive(), *[WORD] * 4, ENDED]


async def test_a_stream_that_cannot_be_reached_is_not_quiet() -> None:
    source = Scripted([(0, FeedLive()), (0, DOWN), (TIMEOUT * 3, FeedLive()), (0, WORD)])
    assert await followed(source) == [FeedLive(), DOWN, FeedLive(), WORD, ENDED]


async def test_that_the_server_opens_the_stream_again_is_no_news() -> None:
    source = Scripted([(0, FeedLive()), *[(TIMEOUT * 0.6, FeedLive())] * 4])
    assert await followed(source) == [FeedLive(), ENDED]
