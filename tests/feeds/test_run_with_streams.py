"""One run and its streams as one feed: what one of them does to the others."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import Any

import pytest

from reflex_realtime.errors import AuthenticationError, NotFoundError
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds import run_streams as module
from reflex_realtime.feeds.events import (
    FeedEvent,
    FeedLive,
    FeedRetrying,
    PartsAdded,
    RunsChanged,
    StreamFailed,
)
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.feeds.run_with_streams import run_with_streams_feed
from reflex_realtime.models import RunUpdate
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import (
    PAUSE,
    QUICK,
    SECRET,
    UP_TO_DATE,
    ReplayServer,
    answer,
    event_stream,
    replay,
    run_row,
    shape,
)

RUN = run_request("run_1")
STARTED = shape([run_row(realtimeStreams="{text}"), UP_TO_DATE]).replace(
    b'{"friendlyId": {"type": "text"}}', b'{"realtimeStreams": {"type": "text", "dims": 1}}'
)
FINISHED = shape([run_row(operation="update", completedAt="2026-08-01T10:00:09"), UP_TO_DATE])
TEXT = event_stream('id: 1-0\ndata: "a"\n\n')


async def read(server: ReplayServer, retry: RetryPolicy = QUICK) -> list[FeedEvent]:
    feed = run_with_streams_feed(server.retrying(retry), RUN)
    return [event async for event in feed]


def parts(events: list[FeedEvent]) -> list[Any]:
    return [part.part for event in events if isinstance(event, PartsAdded) for part in event.parts]


async def test_a_stream_is_opened_when_the_run_names_it() -> None:
    async with replay(STARTED, FINISHED, streams=[TEXT]) as server:
        assert parts(await read(server)) == ["a"]
        await server.left()


async def test_a_stream_that_a_later_row_names_again_is_opened_once() -> None:
    again = shape([run_row(realtimeStreams="{text}", metadata="1"), UP_TO_DATE])
    headers = {"Content-Type": "text/event-stream", "Content-Length": "999"}
    going_on = answer(200, 'id: 1-0\ndata: "a"\n\n', headers)
    async with replay(STARTED, again, again, streams=[going_on + PAUSE]) as server:
        feed = run_with_streams_feed(server.quick, RUN)
        async with aclosing(feed):
            seen = [await anext(feed) for _ in range(4)]
    assert parts(seen) == ["a"]
    assert len([r for r in server.requests if "/streams/" in r.path]) == 1


async def test_a_stream_that_comes_back_after_the_run_has_ended_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is connected again when the first quiet is half over, and is slow to send."""
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.2)
    retry = RetryPolicy(initial=0.1, cap=0.1, floor=0.1, window=0)
    slow = TEXT.replace(b"id: 1-0", PAUSE + b"id: 1-0")
    async with replay(STARTED, FINISHED, streams=[answer(503), slow]) as server:
        assert parts(await read(server, retry)) == ["a"]


async def test_a_stream_that_is_down_is_reported_and_so_is_its_recovery() -> None:
    held = answer(200, "[", {"Content-Type": "application/json", "Content-Length": "99"}) + PAUSE
    async with replay(STARTED, held, streams=[answer(503), TEXT]) as server:
        feed = run_with_streams_feed(server.quick, RUN)
        async with aclosing(feed):
            seen = [await anext(feed) for _ in range(5)]
    kinds = [type(event) for event in seen]
    assert kinds == [RunsChanged, FeedLive, FeedRetrying, FeedLive, PartsAdded]


async def test_a_stream_that_fails_for_good_is_reported_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    async with replay(STARTED, FINISHED, streams=[answer(404)]) as server:
        events = await read(server)
    [failed] = [event for event in events if isinstance(event, StreamFailed)]
    assert failed.stream == "text"
    assert isinstance(failed.error, NotFoundError)
    last = [event for event in events if isinstance(event, RunsChanged)][-1]
    assert last.runs[0].is_finished
    assert "'text'" in caplog.text


async def test_the_clients_iterator_goes_on_when_a_stream_fails() -> None:
    async with replay(STARTED, FINISHED, streams=[answer(404)]) as server:
        client = RealtimeClient(access_token=SECRET, base_url=server.base_url)
        items = [item async for item in client.subscribe_to_run_with_streams("run_1")]
    assert [type(item) for item in items] == [RunUpdate, RunUpdate]


async def test_the_runs_own_error_ends_the_feed_and_its_streams() -> None:
    async with replay(STARTED, answer(401), streams=[TEXT.replace(b"id", PAUSE + b"id")]) as server:
        with pytest.raises(AuthenticationError):
            await read(server)
        await server.left()
