"""The feed of a stream: what real servers sent, byte for byte, and connections that break off."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest

from reflex_realtime.errors import (
    ProtocolError,
    ServerError,
)
from reflex_realtime.feeds.events import FeedRetrying, PartsAdded, StreamFeedEvent
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.feeds.stream_feed import stream_feed
from tests.feeds.replay import ReplayServer, answer, cut, event_stream, recorded, replay

RECORDED = ["a", {"b": 1}, "li\nne", "é€", 'partial"tail text"', "late1", '{"late":2}']
BATCH = 'event: batch\ndata: {"records": [%s]}\n\n'
V2 = {"X-Stream-Version": "v2"}


def record(number: int, data: Any) -> str:
    body = json.dumps({"data": data, "id": str(number)})
    return json.dumps({"seq_num": number, "timestamp": 5, "body": body})


async def read(server: ReplayServer, **options: Any) -> list[StreamFeedEvent]:
    """The events of a stream until it ends."""
    feed = stream_feed(server.quick, "run_1", "tok", **options)
    return [event async for event in feed]


def parts(events: list[StreamFeedEvent]) -> list[Any]:
    return [part.part for event in events if isinstance(event, PartsAdded) for part in event.parts]


async def test_a_part_knows_its_stream_id_and_time() -> None:
    async with replay(recorded("native/54")) as server:
        events = await read(server)
    [first, *_] = [event for event in events if isinstance(event, PartsAdded)]
    [part] = first.parts
    assert (part.stream, part.id, part.timestamp) == ("tok", "1795368698748-0", 1795368698748)


async def test_text_that_the_server_no_longer_glues_on_resuming_does_not_come_twice() -> None:
    broken = cut(recorded("native/54"), b'partial"tail text"\n\n')
    async with replay(broken, recorded("native/56")) as server:
        assert parts(await read(server)) == RECORDED
    assert server.requests[1].headers["last-event-id"] == "1795368698748-0"


async def test_a_line_separator_of_unicode_inside_a_part_ends_no_line() -> None:
    text = "a\u2028b\u2029c\x85d"
    body = f"id: 1-0\ndata: {json.dumps(text, ensure_ascii=False)}\n\n"
    async with replay(event_stream(body)) as server:
        assert parts(await read(server)) == [text]


async def test_parts_at_the_start_can_be_left_out() -> None:
    whole = recorded("native/54")
    async with replay(cut(whole, b'data: {"b":1}\n\n'), whole) as server:
        assert parts(await read(server, start_index=3)) == RECORDED[3:]


async def test_a_stream_that_may_go_on_is_opened_again_where_it_ended() -> None:
    going_on = iter([True, False])
    async with replay(recorded("native/54"), recorded("native/55")) as server:
        assert parts(await read(server, reopens=lambda: next(going_on))) == RECORDED
    assert server.requests[1].headers["last-event-id"] == "1795368700818-0"


async def test_a_stream_that_fails_again_and_again_is_asked_more_and_more_slowly() -> None:
    """The pauses are jittered between the floor and a longest one, which doubles up to the cap."""
    retry = RetryPolicy(initial=0.01, factor=2, cap=0.08, floor=0, window=0)
    async with (
        replay(then=recorded("native/69")) as server,
        aclosing(stream_feed(server.retrying(retry), "run_1", "tok")) as feed,
    ):
        events = [await anext(feed) for _ in range(6)]
    for event, longest in zip(events, [0.01, 0.02, 0.04, 0.08, 0.08, 0.08], strict=True):
        assert isinstance(event, FeedRetrying)
        assert isinstance(event.error, ServerError)
        assert event.delay <= longest


async def test_a_part_ends_the_row_of_failures() -> None:
    retry = RetryPolicy(initial=0.01, factor=1000, cap=100, floor=0, window=0)
    whole = recorded("native/54")
    async with replay(answer(500), cut(whole, b'"a"\n\n'), whole) as server:
        feed = stream_feed(server.retrying(retry), "run_1", "tok")
        delays = [event.delay async for event in feed if isinstance(event, FeedRetrying)]
    assert len(delays) == 2
    assert max(delays) <= 0.01


async def test_an_answer_that_is_no_event_stream_is_a_protocol_error() -> None:
    async with replay(answer(200, "<html>", {"Content-Type": "text/html"})) as server:
        with pytest.raises(ProtocolError, match="'tok' of the run 'run_1' is not an event"):
            await read(server)


async def test_leaving_the_loop_closes_the_stream() -> None:
    headers = {"Content-Type": "text/event-stream", "Content-Length": "1000"}
    going_on = answer(200, 'id: 1-0\ndata: "a"\n\n', headers)
    async with replay(going_on, close=False) as server:
        async with aclosing(stream_feed(server.connection, "run_1", "tok")) as feed:
            async for event in feed:
                if isinstance(event, PartsAdded):
                    break
            assert server.open == 1
        await server.left()
