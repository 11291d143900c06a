"""What a feed tells its hooks."""

from __future__ import annotations

import logging
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import pytest

from reflex_realtime.errors import NotFoundError, PayloadError, ServerError
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.run_feed import one_run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.options import configure
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import (
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
SNAPSHOT = shape([run_row(), UP_TO_DATE])
BROKEN: dict[str, Any] = {"payload": "{", "payloadType": "application/json"}
FINISHED = shape([run_row(completedAt="2026-08-01T10:00:09"), UP_TO_DATE])


async def told(server: ReplayServer, count: int = 99) -> list[FeedNotice]:
    """What a runs feed tells while it brings so many events, or until it ends."""
    notices: list[FeedNotice] = []
    connection = replace(server.quick, hooks=(notices.append,))
    async with aclosing(one_run_feed(connection, RUN)) as feed:
        with suppress(NotFoundError, StopAsyncIteration):
            for _ in range(count):
                await anext(feed)
    return notices


async def test_a_feed_tells_of_its_polls_its_connection_and_its_end() -> None:
    async with replay(SNAPSHOT, FINISHED) as server:
        notices = await told(server)
    assert [notice.kind for notice in notices] == ["polled", "connected", "polled", "closed"]
    assert {notice.feed for notice in notices} == {"the run 'run_1'"}
    assert [notice.count for notice in notices if notice.kind == "polled"] == [1, 1]


async def test_a_failure_is_told_with_its_reason_and_its_pause_and_so_is_the_recovery() -> None:
    async with replay(SNAPSHOT, answer(503), FINISHED) as server:
        notices = await told(server)
    kinds = [notice.kind for notice in notices]
    assert kinds == ["polled", "connected", "retried", "polled", "connected", "closed"]
    [retried] = [notice for notice in notices if notice.kind is NoticeKind.RETRIED]
    assert isinstance(retried.error, ServerError)
    assert retried.seconds > 0


async def test_a_feed_that_failed_tells_why_it_closed() -> None:
    async with replay(answer(404)) as server:
        [closed] = await told(server)
    assert closed.kind is NoticeKind.CLOSED
    assert isinstance(closed.error, NotFoundError)


@pytest.mark.parametrize("count", [1, 2])
async def test_a_feed_tells_once_that_it_closed(count: int) -> None:
    async with replay(SNAPSHOT) as server:
        notices = await told(server, count)
    assert [notice.kind for notice in notices].count(NoticeKind.CLOSED) == 1


async def test_what_cannot_be_read_is_told_once_however_often_it_comes() -> None:
    changes = [shape([run_row(usageDurationMs=str(n), **BROKEN), UP_TO_DATE]) for n in range(5)]
    async with replay(*changes, FINISHED) as server:
        notices = await told(server)
    [rejected] = [notice for notice in notices if notice.kind is NoticeKind.REJECTED]
    assert isinstance(rejected.error, PayloadError)
    assert "run_1: payload" in rejected.error.message


async def test_what_is_rejected_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    changes = [shape([run_row(usageDurationMs=str(n), **BROKEN), UP_TO_DATE]) for n in range(5)]
    async with replay(*changes, FINISHED) as server:
        feed = one_run_feed(server.quick, RUN)
        [event async for event in feed]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"headers": {"control": "surprise"}}, "unknown control"),
        ({"headers": {"event": "surprise"}}, "unknown event"),
        ({"surprise": 1}, "neither a row nor a control"),
        (run_row(2, operation="upsert"), "unknown operation"),
        (run_row(2, friendlyId=None), "friendlyId"),
        (run_row(status="SURPRISE"), "status"),
    ],
)
async def test_what_is_not_known_is_told(message: Any, said: str) -> None:
    async with replay(shape([run_row(), message, UP_TO_DATE]), FINISHED) as server:
        notices = await told(server)
    [rejected] = [notice for notice in notices if notice.kind is NoticeKind.REJECTED]
    assert said in str(rejected.error)


async def test_an_unknown_column_is_told() -> None:
    surprising = SNAPSHOT.replace(b'"text"}}', b'"text"}, "surprise": {"type": "int4"}}')
    async with replay(surprising, FINISHED) as server:
        notices = await told(server)
    [rejected] = [notice for notice in notices if notice.kind is NoticeKind.REJECTED]
    assert "'surprise'" in str(rejected.error)


async def test_a_hook_that_fails_does_not_reach_the_feed(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: FeedNotice) -> None:
        raise ValueError("not here")

    notices: list[FeedNotice] = []
    async with replay(FINISHED) as server:
        connection = replace(server.quick, hooks=(fail, notices.append))
        events = [event async for event in one_run_feed(connection, RUN)]
    assert events
    assert notices
    assert "A hook failed" in caplog.text


async def test_a_stream_tells_its_hooks_too() -> None:
    notices: list[FeedNotice] = []
    async with replay(answer(500), event_stream('id: 1-0\ndata: "a"\n\n')) as server:
        connection = replace(server.quick, hooks=(notices.append,))
        [event async for event in stream_feed(connection, "run_1", "tok")]
    kinds = [notice.kind for notice in notices]
    assert kinds == ["retried", "connected", "polled", "closed"]
    assert notices[0].feed == "the stream 'tok' of the run 'run_1'"


async def test_hooks_are_given_to_a_client_or_configured_for_all() -> None:
    own: list[FeedNotice] = []
    everywhere: list[FeedNotice] = []
    configure(hooks=[everywhere.append])
    async with replay(FINISHED) as server:
        client = RealtimeClient(base_url=server.base_url, access_token=SECRET, hooks=[own.append])
        [run async for run in client.subscribe_to_run("run_1")]
    assert own == everywhere != []


@pytest.mark.parametrize("kind", ["run", "stream"])
async def test_a_feed_that_is_left_while_it_is_down_has_not_failed(kind: str) -> None:
    notices: list[FeedNotice] = []
    async with replay(then=answer(503)) as server:
        connection = replace(server.quick, hooks=(notices.append,))
        feed = (
            one_run_feed(connection, RUN)
            if kind == "run"
            else stream_feed(connection, "run_1", "tok")
        )
        await anext(feed)
        await feed.aclose()
    retried, closed = notices
    assert (retried.kind, closed.kind) == (NoticeKind.RETRIED, NoticeKind.CLOSED)
    assert closed.error is None
