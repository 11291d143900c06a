"""The runs feed against what real servers answered, byte for byte."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RunFeedEvent, RunsChanged
from reflex_realtime.feeds.run_feed import one_run_feed, run_feed
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import ShapeRequest, batch_request, run_request, tag_request
from tests.feeds.replay import ReplayServer, answer, recorded, replay

RUN = run_request("run_1")

Feed = AsyncGenerator[RunFeedEvent, None]


@asynccontextmanager
async def following(
    *names: str, request: ShapeRequest = RUN
) -> AsyncIterator[tuple[Feed, ReplayServer]]:
    """A feed of the recorded answers; after them the poll is held."""
    async with (
        replay(*map(recorded, names)) as server,
        aclosing(run_feed(server.quick, request)) as feed,
    ):
        yield feed, server


async def runs(feed: Feed) -> list[RealtimeRun[Any, Any]]:
    """The runs of the next change."""
    async for event in feed:
        if isinstance(event, RunsChanged):
            assert not event.removed
            return list(event.runs)
    raise AssertionError("a feed of runs does not end by itself")


async def held(feed: Feed, server: ReplayServer, times: int) -> ReplayServer:
    """Let the feed go on until it has asked so many times, the last of them for nothing."""
    poll = asyncio.ensure_future(anext(feed))
    await server.asked(times)
    assert not poll.done()
    poll.cancel()
    await asyncio.wait([poll])
    return server


async def statuses(feed: Feed, count: int) -> list[str]:
    return [run.status.value for _ in range(count) for run in await runs(feed)]


async def test_native_snapshot_then_live_change() -> None:
    async with following("native/00", "native/09") as (feed, server):
        snapshot = await anext(feed)
        assert isinstance(snapshot, RunsChanged)
        assert snapshot.snapshot
        assert [run.status for run in snapshot.runs] == ["QUEUED"]
        assert await anext(feed) == FeedLive()
        [run] = await runs(feed)
        assert (run.status, run.payload) == ("DEQUEUED", {"hello": "world"})
        first, live, again = (await held(feed, server, 3)).requests
    assert first.query == "log=full&offset=-1"
    assert live.params == {
        "cursor": "",
        "handle": "run-cmws43m6g000bji7dcx2i8t85",
        "live": "true",
        "log": "full",
        "offset": "1795368584973_42",
    }
    assert list(live.params) == sorted(live.params)
    assert (again.params["cursor"], again.params["offset"]) == ("51", "1795368586323_51")


async def test_every_request_says_which_protocol_it_speaks() -> None:
    async with following("native/00") as (feed, server):
        await runs(feed)
        headers = (await server.asked(1)).headers
    assert headers["authorization"].startswith("Bearer tr_dev_")
    assert headers["x-trigger-api-version"] == "2025-07-16"
    assert headers["x-trigger-electric-version"] == "1.0.0-beta.1"
    assert headers["trigger-version"].startswith("reflex-realtime/")
    assert "x-trigger-branch" not in headers


async def test_a_native_run_has_all_its_columns() -> None:
    async with following("native/16") as (feed, _):
        [run] = await runs(feed)
    assert (run.id, run.task_identifier) == ("run_cmws43m6g000bji7dcx2i8t85", "my-task")
    assert run.problems == []
    assert run.is_success
    assert run.finished_at is not None
    assert run.finished_at.isoformat() == "2026-11-22T17:30:32.577000+00:00"


async def test_native_and_electric_rows_of_a_new_run_read_alike() -> None:
    async with (
        following("native/00") as (native, _),
        following("electric/00", "electric/01") as (
            electric,
            _,
        ),
    ):
        [one], [other] = await runs(native), await runs(electric)
    varying = {"id", "created_at", "updated_at", "queued_at", "tags"}
    assert one.model_dump(exclude=varying) == other.model_dump(exclude=varying)
    assert other.tags == ["el", "it's"]
    assert other.created_at.isoformat() == "2026-11-22T17:47:51.185000+00:00"


async def test_an_electric_snapshot_is_followed_until_it_is_up_to_date() -> None:
    async with following("electric/00", "electric/01", "electric/02") as (feed, server):
        first = await anext(feed)
        assert isinstance(first, RunsChanged)
        assert first.snapshot
        assert await anext(feed) == FeedLive()
        [run] = await runs(feed)
        asked = [request.params for request in (await held(feed, server, 4)).requests]
    assert (run.status, run.payload, run.metadata) == ("DEQUEUED", {"hello": "world"}, {"p": 1})
    assert [params["offset"] for params in asked] == ["-1", "0_0", "0_inf", "39344752_0"]
    assert ["live" in params for params in asked] == [False, False, True, True]
    assert asked[3]["cursor"] == "66937680"


async def test_a_row_that_electric_deletes_is_removed() -> None:
    async with following("electric/12", "electric/13", "electric/14") as (feed, _):
        [run] = await runs(feed)
        assert await anext(feed) == FeedLive()
        assert await anext(feed) == RunsChanged(removed=(run.id,))


async def test_the_feed_of_a_run_that_is_deleted_ends_in_not_found() -> None:
    names = ("electric/12", "electric/13", "electric/14")
    async with replay(*map(recorded, names)) as server:
        feed = one_run_feed(server.quick, RUN)
        with pytest.raises(NotFoundError, match=r"run_cmws4rstb000qji7dynck3l9e was deleted"):
            [event async for event in feed]


async def test_a_run_that_is_deleted_on_the_native_backend_ends_in_not_found() -> None:
    async with following("native/17", "native/18", "native/19") as (feed, server):
        with pytest.raises(NotFoundError):
            [event async for event in feed]
        assert len(server.requests) == 3


async def test_an_idle_poll_says_nothing_and_is_asked_again() -> None:
    async with following("native/00", "native/11", "native/09") as (feed, _):
        assert await statuses(feed, 2) == ["QUEUED", "DEQUEUED"]


async def test_a_finished_run_ends_its_feed_without_another_request() -> None:
    async with replay(recorded("native/16")) as server:
        feed = one_run_feed(server.quick, RUN)
        [event] = [event async for event in feed]
        assert isinstance(event, RunsChanged)
        assert event.runs[0].is_success
        assert len(server.requests) == 1
        await server.left()


async def test_a_finished_run_can_be_followed_further() -> None:
    async with replay(recorded("native/16")) as server:
        feed = one_run_feed(server.quick, RUN, stop_on_completion=False)
        async with aclosing(feed):
            assert isinstance(await anext(feed), RunsChanged)
            assert await anext(feed) == FeedLive()


async def test_a_tag_feed_shows_its_runs_their_changes_and_new_ones() -> None:
    names = ("native/20", "native/25", "native/26", "native/27")
    async with following(*names, request=tag_request(["user:1", "b"])) as (feed, server):
        snapshot = await runs(feed)
        assert len(snapshot) == 4
        [changed], [new] = await runs(feed), await runs(feed)
        last = (await held(feed, server, 5)).requests[-1]
    assert changed.id in {run.id for run in snapshot}
    assert new.id not in {run.id for run in snapshot}
    assert last.params["tags"] == "user:1,b"
    assert "tags=user%3A1%2Cb" in last.query


async def test_a_tag_that_no_run_has_is_an_empty_snapshot() -> None:
    async with following("native/23", request=tag_request("a")) as (feed, _):
        assert await anext(feed) == RunsChanged(snapshot=True)
        assert await anext(feed) == FeedLive()


async def test_a_batch_feed_shows_its_runs_and_new_ones() -> None:
    async with following("native/30", "native/31", request=batch_request("batch_1")) as (feed, _):
        before = await runs(feed)
        [new] = await runs(feed)
    assert new.id not in {run.id for run in before}


async def test_columns_that_were_skipped_have_their_default() -> None:
    async with following("native/04") as (feed, _):
        [run] = await runs(feed)
    assert (run.payload, run.metadata, run.problems) == (None, {}, [])


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_a_compressed_answer_is_read(encoding: str) -> None:
    head, _, body = recorded("native/00").partition(b"\r\n\r\n")
    size, _, rest = body.partition(b"\r\n")
    plain = rest[: int(size, 16)]
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    del headers["Transfer-Encoding"]
    packed = answer(200, gzip.compress(plain), {**headers, "Content-Encoding": "gzip"})
    async with (
        replay(recorded("native/05") if encoding == "br" else packed) as server,
        aclosing(run_feed(server.quick, RUN)) as feed,
    ):
        [run] = await runs(feed)
        asked = await server.asked(1)
    assert run.payload == {"hello": "world"}
    assert encoding in asked.headers["accept-encoding"]


async def test_older_header_names_are_understood() -> None:
    async with following("native/03") as (feed, server):
        await runs(feed)
        assert await anext(feed) == FeedLive()
        assert (await held(feed, server, 2)).requests[1].params["offset"] == "1795368584973_45"


# Starting over


async def test_a_handle_that_electric_does_not_know_is_given_up_for_its_current_one() -> None:
    names = ("electric/00", "electric/01", "electric/04", "electric/00", "electric/01")
    async with following(*names) as (feed, server):
        await runs(feed)
        assert await anext(feed) == FeedLive()
        await held(feed, server, 6)
    assert [request.params["offset"] for request in server.requests] == [
        *("-1", "0_0", "0_inf", "-1", "0_0", "0_inf")
    ]
    assert server.requests[3].params == {"log": "full", "offset": "-1"}


async def test_a_shape_that_electric_drops_is_read_anew_and_nothing_comes_twice() -> None:
    names = ("electric/30", "electric/31", "electric/32", "electric/33", "electric/34")
    async with following(*names, "electric/31", request=tag_request("mr1")) as (feed, server):
        [before] = await runs(feed)
        assert await anext(feed) == FeedLive()
        retrying = await anext(feed)
        after = await anext(feed)
    assert isinstance(retrying, FeedRetrying)
    assert isinstance(after, RunsChanged)
    assert not after.snapshot
    assert after.removed == (before.id,)
    gone, renamed, refetched = [request.params for request in server.requests[2:5]]
    assert gone["live"] == "true"
    assert renamed == {
        "tags": "mr1",
        "log": "full",
        "offset": "-1",
        "expired_handle": gone["handle"],
    }
    assert refetched["handle"] == "91175305-1795369919586888"
    assert "live" not in refetched


# Errors


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("native/33", AuthenticationError, "Invalid or Missing API key"),
        ("native/34", AuthenticationError, "Invalid API key"),
        ("native/35", AuthenticationError, "401"),
        ("native/40", AuthenticationError, "Public Access Token"),
        ("native/41", AuthenticationError, "Public Access Token"),
        ("native/38", PermissionDeniedError, "Unauthorized"),
        ("native/39", PermissionDeniedError, "Unauthorized"),
        ("native/42", PermissionDeniedError, "Unauthorized"),
        ("native/44", NotFoundError, "Not found"),
        ("native/45", NotFoundError, "Not found"),
        ("native/32", NotFoundError, "Not found"),
        ("native/29", InvalidRequestError, "Query Error: Invalid tag"),
        ("electric/46", AuthenticationError, "401"),
        ("electric/45", NotFoundError, "404"),
        ("electric/41", InvalidRequestError, "offset out of bounds for this shape"),
    ],
)
async def test_what_cannot_succeed_is_raised_at_once(
    name: str, kind: type[ApiError], words: str
) -> None:
    async with following(name) as (feed, server):
        with pytest.raises(kind, match=words) as caught:
            await anext(feed)
        await server.left()
        assert len(server.requests) == 1
    assert caught.value.remedy
    assert caught.value.url == f"{server.base_url}/realtime/v1/runs/run_1"


async def test_too_many_live_feeds_are_reported_and_asked_again() -> None:
    async with following("native/00", "native/74", "native/09") as (feed, server):
        await runs(feed)
        assert await anext(feed) == FeedLive()
        retrying = await anext(feed)
        assert isinstance(retrying, FeedRetrying)
        assert isinstance(retrying.error, RateLimitError)
        [run] = await runs(feed)
        assert run.status == "DEQUEUED"
        assert await anext(feed) == FeedLive()
    refused, again = server.requests[1:3]
    assert refused.params == again.params
