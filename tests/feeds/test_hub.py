"""The hub: one feed at the server for all who want the same, each with a view of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from reflex_realtime.errors import AuthenticationError
from reflex_realtime.feeds import shared_parts
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, RunsChanged
from reflex_realtime.feeds.hub import Hub
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import run_request, tag_request
from reflex_realtime.protocol.streams import StreamCursor
from tests.feeds.replay import (
    PAUSE,
    PAUSE_SECONDS,
    UP_TO_DATE,
    ReplayServer,
    answer,
    event_stream,
    replay,
    run_row,
    shape,
)
from tests.waiting import until

RUN = run_request("run_1")
TAG = tag_request(("a",))
MODELS = (RealtimeRun[Any, Any],)
SNAPSHOT = shape([run_row(), UP_TO_DATE])
HEADERS = {"Content-Type": "text/event-stream", "Content-Length": "9999"}
GOING_ON = answer(200, 'id: 1-0\ndata: "a"\n\nid: 2-0\ndata: {"b": 1}\n\n', HEADERS) + PAUSE
START = StreamCursor()


@asynccontextmanager
async def sharing(
    *answers: bytes, grace_seconds: float = 0.1, **more: Any
) -> AsyncIterator[tuple[Hub, ReplayServer]]:
    """A hub, and a server that answers as `replay` does."""
    async with replay(*answers, **more) as server:
        hub = Hub(grace_seconds)
        try:
            yield hub, server
        finally:
            await hub.close()


def change(**columns: Any) -> bytes:
    return shape([run_row(**columns), UP_TO_DATE])


def runs_of(hub: Hub, server: ReplayServer, request: Any = RUN, **more: Any) -> Any:
    return hub.run_feed(replace(server.quick, **more), request, MODELS)


def parts_of(hub: Hub, server: ReplayServer, cursor: StreamCursor = START) -> Any:
    return hub.stream_feed(server.quick, "run_1", "tok", cursor=cursor, reopens=lambda: True)


async def next_of(feed: AsyncGenerator[Any, None], kind: type[Any]) -> Any:
    """The feed's next event of a kind."""
    async for event in feed:
        if isinstance(event, kind):
            return event
    raise AssertionError("the feed has ended")


async def test_observers_of_the_same_feed_share_one_request() -> None:
    async with sharing(SNAPSHOT) as (hub, server):
        feeds = [runs_of(hub, server) for _ in range(20)]
        seen = await asyncio.gather(*(next_of(feed, FeedLive) for feed in feeds))
        assert len(seen) == 20
        await server.asked(2)
        assert (len(server.requests), hub.feeds) == (2, 1)
        await asyncio.gather(*(feed.aclose() for feed in feeds))


@pytest.mark.parametrize(
    "other",
    [
        {"credential": credential("tr_dev_other")},
        {"preview_branch": "feature"},
        {"request": run_request("run_1", skip_columns=["payload"])},
        {"request": tag_request("a")},
    ],
    ids=["credential", "branch", "columns", "filter"],
)
async def test_what_differs_is_asked_for_apart(other: dict[str, Any]) -> None:
    async with sharing(then=SNAPSHOT) as (hub, server):
        one, two = runs_of(hub, server), runs_of(hub, server, **other)
        await asyncio.gather(anext(one), anext(two))
        assert hub.feeds == 2
        await asyncio.gather(one.aclose(), two.aclose())


async def test_the_same_token_given_twice_is_the_same_credential() -> None:
    async with sharing(SNAPSHOT) as (hub, server):
        feeds = [runs_of(hub, server, credential=credential("tr_dev_same")) for _ in range(2)]
        await asyncio.gather(*map(anext, feeds))
        assert hub.feeds == 1
        await asyncio.gather(*(feed.aclose() for feed in feeds))


async def test_who_comes_later_sees_the_present_state_at_once_without_a_request() -> None:
    async with sharing(SNAPSHOT, change(status="CANCELED")) as (hub, server):
        first = runs_of(hub, server)
        await next_of(first, FeedLive)
        await next_of(first, RunsChanged)
        await server.asked(3)
        late = runs_of(hub, server)
        snapshot = await anext(late)
        assert snapshot.snapshot
        assert [run.status for run in snapshot.runs] == ["CANCELED"]
        assert await anext(late) == FeedLive()
        assert len(server.requests) == 3
        await asyncio.gather(first.aclose(), late.aclose())


async def test_an_observer_that_does_not_look_sees_each_run_once_as_it_last_was() -> None:
    changes = [change(usageDurationMs=str(n)) for n in range(10)]
    gone = shape([run_row(2), run_row(2, operation="delete"), UP_TO_DATE])
    async with sharing(SNAPSHOT, *changes, gone) as (hub, server):
        slow, quick = runs_of(hub, server), runs_of(hub, server)
        await asyncio.gather(next_of(slow, FeedLive), next_of(quick, FeedLive))
        while (await next_of(quick, RunsChanged)).runs[0].duration_ms != 9:
            pass
        seen = await next_of(slow, RunsChanged)
        assert [run.duration_ms for run in seen.runs] == [9]
        await asyncio.gather(slow.aclose(), quick.aclose())


async def test_what_an_observer_of_a_set_does_to_a_run_does_not_show_elsewhere() -> None:
    row = run_row(payload='{"list": []}', payloadType="application/json")
    async with sharing(shape([row, UP_TO_DATE])) as (hub, server):
        one, two = (hub.run_feed(server.quick, TAG, MODELS) for _ in range(2))
        [changed] = (await next_of(one, RunsChanged)).runs
        changed.payload["list"].append("mine")
        [other] = (await next_of(two, RunsChanged)).runs
        assert other.payload == {"list": []}
        await asyncio.gather(one.aclose(), two.aclose())


async def test_a_row_of_one_run_is_read_once_for_all_its_observers() -> None:
    async with sharing(SNAPSHOT) as (hub, server):
        one, two = runs_of(hub, server), runs_of(hub, server)
        [first] = (await next_of(one, RunsChanged)).runs
        [second] = (await next_of(two, RunsChanged)).runs
        assert first is second
        await asyncio.gather(one.aclose(), two.aclose())


async def test_a_set_is_asked_for_no_more_often_than_its_observers_show_it() -> None:
    changes = [change(usageDurationMs=str(n)) for n in range(1, 6)]
    async with sharing(SNAPSHOT, *changes) as (hub, server):
        runs = runs_of(hub, server, TAG, pace=0.15)
        await next_of(runs, FeedLive)
        began = asyncio.get_running_loop().time()
        for _ in range(3):
            await next_of(runs, RunsChanged)
        assert asyncio.get_running_loop().time() - began >= 0.3
        await runs.aclose()


async def test_an_observer_with_a_shorter_pace_is_not_held_up_by_another() -> None:
    async with sharing(SNAPSHOT, change(usageDurationMs="1"), change(usageDurationMs="2")) as (
        hub,
        server,
    ):
        patient = runs_of(hub, server, TAG, pace=60)
        await next_of(patient, FeedLive)
        eager = runs_of(hub, server, TAG)
        while (await next_of(eager, RunsChanged)).runs[0].duration_ms != 2:
            pass
        await asyncio.gather(patient.aclose(), eager.aclose())


async def test_one_run_is_asked_for_without_a_pause() -> None:
    async with sharing(SNAPSHOT, change(usageDurationMs="1"), change(usageDurationMs="2")) as (
        hub,
        server,
    ):
        runs = runs_of(hub, server, pace=60)
        while (await next_of(runs, RunsChanged)).runs[0].duration_ms != 2:
            pass
        await runs.aclose()


async def test_models_differ_from_observer_to_observer() -> None:
    class Numbered(RealtimeRun[int, Any], frozen=True):
        pass

    row = run_row(payload="7", payloadType="application/json")
    async with sharing(shape([row, UP_TO_DATE])) as (hub, server):
        plain = runs_of(hub, server)
        numbered = hub.run_feed(server.quick, RUN, (Numbered,))
        assert type((await anext(plain)).runs[0]) is MODELS[0]
        first = await anext(numbered)
        assert isinstance(first, RunsChanged)
        assert type(first.runs[0]) is Numbered
        assert hub.feeds == 1
        await asyncio.gather(plain.aclose(), numbered.aclose())


async def test_when_the_last_has_left_the_feed_ends_after_the_grace() -> None:
    async with sharing(SNAPSHOT) as (hub, server):
        feed = runs_of(hub, server)
        await next_of(feed, FeedLive)
        await feed.aclose()
        assert hub.feeds == 1
        await server.left()
        await until(lambda: hub.feeds == 0)


async def test_who_comes_back_within_the_grace_finds_the_feed_going_on() -> None:
    async with sharing(SNAPSHOT) as (hub, server):
        feed = runs_of(hub, server)
        await next_of(feed, FeedLive)
        await server.asked(2)
        await feed.aclose()
        again = runs_of(hub, server)
        assert (await anext(again)).snapshot
        await asyncio.sleep(0.2)
        assert len(server.requests) == 2
        await again.aclose()


async def test_the_feed_of_a_finished_run_ends_with_its_last_observer() -> None:
    finished = change(status="COMPLETED_SUCCESSFULLY")
    async with sharing(finished, grace_seconds=60) as (hub, server):
        feed = runs_of(hub, server)
        await anext(feed)
        await feed.aclose()
        await server.left()
        await until(lambda: hub.feeds == 0)


async def test_an_outage_and_its_end_are_told_to_all() -> None:
    async with sharing(SNAPSHOT, answer(503), shape([UP_TO_DATE])) as (hub, server):
        feeds = [runs_of(hub, server) for _ in range(3)]
        await asyncio.gather(*(next_of(feed, FeedLive) for feed in feeds))
        await asyncio.gather(*(next_of(feed, FeedRetrying) for feed in feeds))
        await asyncio.gather(*(next_of(feed, FeedLive) for feed in feeds))
        await asyncio.gather(*(feed.aclose() for feed in feeds))


async def test_a_feed_that_fails_fails_for_all_and_is_asked_anew_by_the_next() -> None:
    async with sharing(SNAPSHOT, answer(401), then=SNAPSHOT) as (hub, server):
        feeds = [runs_of(hub, server) for _ in range(3)]
        await asyncio.gather(*(next_of(feed, FeedLive) for feed in feeds))
        ends = await asyncio.gather(
            *(next_of(feed, FeedRetrying) for feed in feeds), return_exceptions=True
        )
        assert [type(end) for end in ends] == [AuthenticationError] * 3
        assert len(set(map(id, ends))) == 3
        again = runs_of(hub, server)
        assert (await anext(again)).snapshot
        await again.aclose()


async def test_observers_that_come_and_go_leave_nothing_behind() -> None:
    others = asyncio.all_tasks()
    async with sharing(then=SNAPSHOT) as (hub, server):
        for _ in range(20):
            feeds = [runs_of(hub, server) for _ in range(5)]
            await asyncio.gather(*map(anext, feeds))
            await asyncio.gather(*(feed.aclose() for feed in feeds))
        await hub.close()
        await server.left()
    assert hub.feeds == 0
    assert {task for task in asyncio.all_tasks() - others if "replay" not in repr(task)} == set()


# Streams


async def read(feed: AsyncGenerator[Any, None], count: int) -> list[Any]:
    """So many parts of a stream."""
    found: list[Any] = []
    async for event in feed:
        if isinstance(event, PartsAdded):
            found += [part.part for part in event.parts]
        if len(found) >= count:
            break
    return found


async def test_observers_of_a_stream_share_one_connection_and_see_all_of_it() -> None:
    async with sharing(GOING_ON, close=False) as (hub, server):
        feeds = [parts_of(hub, server) for _ in range(5)]
        seen = await asyncio.gather(*(read(feed, 2) for feed in feeds))
        late = parts_of(hub, server)
        assert [*seen, await read(late, 2)] == [["a", {"b": 1}]] * 6
        assert len(server.requests) == 1
        await asyncio.gather(late.aclose(), *(feed.aclose() for feed in feeds))


async def test_an_observer_goes_on_where_it_stopped() -> None:
    async with sharing(GOING_ON, close=False) as (hub, server):
        feed = parts_of(hub, server)
        first = await next_of(feed, PartsAdded)
        while len(first.parts) < 1:
            first = await next_of(feed, PartsAdded)
        await feed.aclose()
        rest = [] if len(first.parts) == 2 else [{"b": 1}]
        again = parts_of(hub, server, first.cursor)
        assert await asyncio.wait_for(read(again, len(rest)), 1) == rest if rest else True
        assert len(server.requests) == 1
        await again.aclose()


async def test_a_cursor_that_the_hub_does_not_know_is_asked_for_at_the_server() -> None:
    resumed = event_stream('id: 9-0\ndata: "z"\n\n') + PAUSE
    async with sharing(GOING_ON, resumed, then=GOING_ON, close=False) as (hub, server):
        first = parts_of(hub, server)
        await read(first, 2)
        other = parts_of(hub, server, StreamCursor(after="8-0", current="8-1"))
        assert await read(other, 1) == ["z"]
        assert server.requests[1].headers["last-event-id"] == "8-0"
        assert hub.feeds == 2
        await asyncio.gather(first.aclose(), other.aclose())


async def test_a_part_that_an_observer_changes_does_not_show_elsewhere() -> None:
    async with sharing(GOING_ON, close=False) as (hub, server):
        one, two = parts_of(hub, server), parts_of(hub, server)
        (await read(one, 2))[1]["b"] = "mine"
        assert (await read(two, 2))[1] == {"b": 1}
        await asyncio.gather(one.aclose(), two.aclose())


async def test_an_observer_too_slow_for_what_is_kept_reads_on_at_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_parts, "KEPT_CHARS", 20)
    first, *rest = [f'id: {n}-0\ndata: "{n:010}"\n\n' for n in range(1, 20)]
    burst = answer(200, first, HEADERS) + PAUSE + "".join(rest).encode()
    again = answer(200, first + "".join(rest[:2]), HEADERS) + PAUSE
    async with sharing(burst, again, close=False) as (hub, server):
        slow = parts_of(hub, server)
        assert await read(slow, 1) == [f"{1:010}"]
        await asyncio.sleep(2 * PAUSE_SECONDS)
        assert await read(slow, 2) == [f"{2:010}", f"{3:010}"]
        assert len(server.requests) == 2
        await slow.aclose()


def test_a_connection_can_be_told_from_another() -> None:
    one = Connection("http://127.0.0.1", credential("tr_dev_a"))
    assert one == Connection("http://127.0.0.1", credential("tr_dev_a"))
    assert hash(one) == hash(Connection("http://127.0.0.1", credential("tr_dev_a")))
    assert one != Connection("http://127.0.0.1", credential("tr_dev_b"))
