"""Items 1 to 4, 8, 13, 14, 16 to 20, 27, 28, 38 to 40: what a runs feed asks, and when."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import httpx
import pytest

from reflex_realtime.errors import ConfigurationError, ProtocolError, TransportError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedLive, RunsChanged
from reflex_realtime.feeds.limits import DEFAULT_LIMITS
from reflex_realtime.feeds.retry import DEFAULT_RETRY
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.protocol.requests import (
    ShapeRequest,
    batch_request,
    run_request,
    tag_request,
)
from tests.checklist.dialects import SCHEMA, Dialect
from tests.checklist.following import Followed, following
from tests.checklist.upstream import DONE, POLL_SECONDS, Upstream, upstream
from tests.feeds.replay import UP_TO_DATE, answer, catch_up, replay

RUN = run_request("run_1")


def follow(
    connection: Connection, request: ShapeRequest = RUN
) -> AbstractAsyncContextManager[Followed]:
    return following(connection, lambda connection: run_feed(connection, request))


def without(header: str, connection: Connection) -> Connection:
    """A connection of a client that does not send a header."""

    def open_client() -> httpx.AsyncClient:
        async def drop(request: httpx.Request) -> None:
            del request.headers[header]

        client = connection.open_client()
        client.event_hooks = {"request": [drop], "response": []}
        return client

    return replace(connection, open_client=open_client)


# The first requests


async def test_item_01_the_first_request_asks_for_the_whole_log_and_its_params_are_sorted(
    served: Upstream,
) -> None:
    run_id = await served.trigger(tags=["a", "b"])
    batch = await served.client.batch_trigger("report", [1])
    requests = {
        run_request(run_id).path: (run_request(run_id), "log=full&offset=-1"),
        "skipped": (
            run_request(run_id, skip_columns=["payload"]),
            "log=full&offset=-1&skipColumns=payload",
        ),
        "tags": (
            tag_request(["a", "b"], created_at="1h", skip_columns=["output", "payload"]),
            "createdAt=1h&log=full&offset=-1&skipColumns=output%2Cpayload&tags=a%2Cb",
        ),
        "batch": (batch_request(batch.id), "log=full&offset=-1"),
    }
    for request, query in requests.values():
        async with served.follow(request) as feed:
            await feed.told(1)
            assert feed.exchanges[0].query == query
            assert feed.exchanges[0].request.url.path == request.path


async def test_item_02_after_the_snapshot_the_first_poll_carries_handle_offset_and_empty_cursor(
    served: Upstream,
) -> None:
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.live()
        last, poll = feed.exchanges[-2:]
    assert [run.id for run in feed.runs] == [run_id]
    assert poll.params == {
        "cursor": "",
        "handle": last.answered["electric-handle"],
        "live": "true",
        "log": "full",
        "offset": last.answered["electric-offset"],
    }
    assert list(poll.params) == sorted(poll.params)


async def test_item_03_the_cursor_of_a_poll_is_sent_with_the_next_one(served: Upstream) -> None:
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.live()
        polls = len(feed.exchanges)
        await served.change(run_id, status="EXECUTING")
        following_poll = await feed.asked(polls + 1)
    cursor = feed.exchanges[polls - 1].answered["electric-cursor"]
    assert cursor
    assert following_poll.params["cursor"] == cursor


async def test_item_04_a_batch_that_is_not_up_to_date_shows_nothing_and_is_followed_at_once(
    speaker: Dialect,
) -> None:
    chunk = speaker.loaded(speaker.insert())
    async with replay(chunk) as server, follow(server.quick) as feed:
        asked = await feed.asked(2)
    assert feed.events == []
    assert asked.params == {
        "handle": "h1",
        "log": "full",
        "offset": feed.exchanges[0].answered["electric-offset"],
    }


async def test_item_08_an_idle_poll_tells_nothing_and_the_next_begins_at_once(
    served: Upstream,
) -> None:
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.until(lambda: feed.events[-1:] == [FeedLive()])
        polls = len(feed.exchanges)
        again = await feed.asked(polls + 2)
    assert [type(event) for event in feed.events] == [RunsChanged, FeedLive]
    idle = feed.exchanges[polls]
    assert idle.answered_at - idle.at > POLL_SECONDS * 0.8
    assert again.at - idle.answered_at < 0.2
    assert again.params["offset"] == idle.params["offset"]


# Starting over


async def test_item_13_after_a_409_with_a_handle_all_is_asked_for_under_it_at_once(
    speaker: Dialect,
) -> None:
    answers = [*speaker.snapshot(speaker.insert()), speaker.voided("h2")]
    async with replay(*answers) as server, follow(server.retrying(DEFAULT_RETRY)) as feed:
        asked = await feed.asked(len(answers) + 1)
    assert asked.params == {
        "expired_handle": "h1",
        "handle": "h2",
        "log": "full",
        "offset": "-1",
    }
    assert asked.at - feed.exchanges[-2].answered_at < DEFAULT_RETRY.floor
    assert feed.retries == []


async def test_item_14_after_a_409_without_a_handle_none_is_made_up(speaker: Dialect) -> None:
    """The official client asks under `<old>-next`, which Electric answers with a second 409."""
    answers = [*speaker.snapshot(speaker.insert()), speaker.voided(None)]
    async with replay(*answers) as server, follow(server.quick) as feed:
        asked = await feed.asked(len(answers) + 1)
    assert asked.params == {"expired_handle": "h1", "log": "full", "offset": "-1"}


@pytest.mark.parametrize("handle", ["h2", None])
async def test_item_14_a_loop_of_409s_is_paced(speaker: Dialect, handle: str | None) -> None:
    snapshot = speaker.snapshot(speaker.insert())
    async with (
        replay(*snapshot, then=speaker.voided(handle)) as server,
        follow(server.retrying(DEFAULT_RETRY)) as feed,
    ):
        await feed.until(lambda: len(feed.retries) == 2)
        times = [exchange.at for exchange in feed.exchanges[len(snapshot) :]]
    assert len([at for at in times if at - times[0] < 1]) <= 3 + 1


async def test_item_14_a_shape_that_electric_drops_while_a_poll_is_held_is_read_anew() -> None:
    async with upstream("electric") as served:
        run_id = await served.trigger()
        async with served.follow_run(run_id) as feed:
            await feed.live()
            served.server.void_shapes()
            await feed.until(lambda: feed.exchanges[-1].params.get("offset") == "-1")
            await served.change(run_id, **DONE)
            assert await feed.end() is None
    assert feed.statuses == ["QUEUED", "COMPLETED"]
    assert feed.removed == []


async def test_item_16_after_a_409_the_columns_are_read_by_the_new_schema(
    speaker: Dialect,
) -> None:
    before = speaker.snapshot(speaker.insert(runTags=["a"]))
    voided = speaker.voided("h2")
    changed = {**SCHEMA, "runTags": {"type": "jsonb"}}
    row = speaker.insert(runTags='["b"]')
    after = speaker.loaded(row, UP_TO_DATE, **{"electric-schema": json.dumps(changed)})
    async with replay(*before, voided, after) as server, follow(server.quick) as feed:
        first, second = await feed.told(2)
    assert (first.tags, second.tags, second.problems) == (["a"], ["b"], [])


async def test_item_17_the_first_schema_serves_the_answers_that_have_none(
    speaker: Dialect,
) -> None:
    answers = speaker.snapshot(speaker.insert(usageDurationMs=1))
    live = speaker.live(speaker.update(usageDurationMs=5, isTest=True))
    assert b"electric-schema" not in live
    async with replay(*answers, live) as server, follow(server.quick) as feed:
        _, run = await feed.told(2)
    assert (run.duration_ms, run.is_test) == (5, True)


# Headers


@pytest.mark.parametrize("header", ["electric-offset", "electric-handle", "electric-schema"])
async def test_item_18_an_answer_that_lacks_a_header_ends_a_feed_that_has_just_begun(
    speaker: Dialect, header: str
) -> None:
    [first, *_] = speaker.snapshot(speaker.insert())
    broken = first.replace(header.encode(), b"x-" + header.encode())
    async with replay(broken) as server, follow(server.quick) as feed:
        error = await feed.end()
    assert isinstance(error, ProtocolError)
    assert header in error.message
    assert len(feed.exchanges) == 1


@pytest.mark.parametrize(
    ("header", "times"), [("electric-offset", 2), ("electric-handle", 2), ("electric-cursor", 1)]
)
async def test_item_18_a_feed_that_was_live_survives_answers_that_lack_a_header(
    speaker: Dialect, header: str, times: int
) -> None:
    """Something in between is out of order; the official client hangs. Only a poll has a cursor."""
    snapshot = speaker.snapshot(speaker.insert())
    change = speaker.live(speaker.update(status="CANCELED"))
    broken = change.replace(header.encode(), b"x-" + header.encode())
    answers = [*snapshot, *[broken] * times, change]
    async with replay(*answers) as server, follow(server.quick) as feed:
        await feed.told(2)
    assert feed.statuses == ["EXECUTING", "CANCELED"]
    assert [header in retrying.error.message for retrying in feed.retries] == [True] * times
    failed, *again = feed.exchanges[len(snapshot) : len(answers)]
    assert [exchange.params for exchange in again] == [catch_up(failed.params)] * times


async def test_item_19_every_request_asks_for_the_newer_header_names(served: Upstream) -> None:
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.told(1)
    for exchange in feed.exchanges:
        assert exchange.headers["x-trigger-electric-version"] == "1.0.0-beta.1"


async def test_item_19_the_older_header_names_are_understood(served: Upstream) -> None:
    run_id = await served.trigger()
    older = without("x-trigger-electric-version", served.connection)
    async with follow(older, run_request(run_id)) as feed:
        await feed.live()
        last, poll = feed.exchanges[-2:]
        assert "electric-offset" not in last.answered
        await served.change(run_id, status="EXECUTING")
        await feed.told(2)
    assert poll.params["handle"] == last.answered["electric-shape-id"]
    assert poll.params["offset"] == last.answered["electric-chunk-last-offset"]
    assert feed.statuses == ["QUEUED", "EXECUTING"]


async def test_item_20_a_204_leaves_everything_as_it_was_and_is_not_hammered(
    speaker: Dialect,
) -> None:
    snapshot = speaker.snapshot(speaker.insert())
    async with (
        replay(*snapshot, then=answer(204)) as server,
        follow(server.retrying(DEFAULT_RETRY)) as feed,
    ):
        first = await feed.asked(len(snapshot) + 1)
        again = await feed.asked(len(snapshot) + 3)
        assert again.params == first.params
        polls = [exchange.at for exchange in feed.exchanges[len(snapshot) :]]
    assert feed.events == [*feed.events[:1], FeedLive()]
    assert all(later - earlier > 0.09 for earlier, later in pairwise(polls))


async def test_item_27_an_answer_under_the_expired_handle_is_asked_for_around_the_cache(
    speaker: Dialect,
) -> None:
    snapshot = speaker.snapshot(speaker.insert())
    voided = speaker.voided("h2")
    fresh = speaker.snapshot(speaker.insert(2))
    stale = snapshot[0]
    async with (
        replay(*snapshot, voided, stale, stale, *fresh) as server,
        follow(server.quick) as feed,
    ):
        await feed.until(lambda: feed.removed)
    asked = [e.params.get("cache-buster") for e in feed.exchanges[len(snapshot) + 1 :]]
    assert [run.id for run in feed.runs] == ["run_1", "run_2"]
    assert asked[0] is None
    assert asked[1]
    assert asked[2]
    assert asked[1] != asked[2]


# Time


async def test_item_28_a_poll_that_is_held_as_long_as_servers_do_is_no_failure(
    served: Upstream,
) -> None:
    """Servers hold a poll for 20 seconds, the native one up to 23."""
    assert DEFAULT_LIMITS.silence == 45
    run_id = await served.trigger()
    limits = replace(DEFAULT_LIMITS, silence=POLL_SECONDS * 2)
    connection = replace(served.connection, limits=limits)
    async with follow(connection, run_request(run_id)) as feed:
        await feed.live()
        await feed.asked(len(feed.exchanges) + 2)
    assert feed.retries == []


async def test_item_28_a_poll_that_is_held_for_longer_is_given_up_and_asked_again(
    speaker: Dialect,
) -> None:
    answers = speaker.snapshot(speaker.insert())
    async with replay(*answers) as server:
        limits = replace(DEFAULT_LIMITS, silence=0.2)
        async with follow(replace(server.quick, limits=limits)) as feed:
            await feed.asked(len(answers) + 2)
    [retrying, *_] = feed.retries
    assert isinstance(retrying.error, TransportError)
    given_up, again = feed.exchanges[len(answers) :][:2]
    assert again.params == catch_up(given_up.params)
    assert again.at - given_up.at >= 0.2


# What can be asked for


async def test_item_38_tags_are_joined_by_commas_and_one_with_a_comma_is_refused(
    served: Upstream,
) -> None:
    both, one = await served.trigger(tags=["a", "b"]), await served.trigger(tags=["a"])
    async with served.follow(tag_request(["a", "b"])) as feed:
        await feed.until(lambda: FeedLive() in feed.events)
    assert "tags=a%2Cb" in feed.exchanges[0].query
    assert [run.id for run in feed.runs] == [both]
    assert one not in {run.id for run in feed.runs}
    with pytest.raises(ConfigurationError, match="comma"):
        tag_request(["a", "b,c"])


async def test_item_39_a_column_that_is_skipped_has_its_default(served: Upstream) -> None:
    run_id = await served.trigger(metadata={"p": 1})
    columns = ["payload", "metadata"]
    async with served.follow(run_request(run_id, skip_columns=columns)) as feed:
        [run] = await feed.told(1)
    assert (run.payload, run.metadata, run.problems) == (None, {}, [])


async def test_item_39_without_the_time_of_its_end_a_run_ends_by_its_status(
    served: Upstream,
) -> None:
    """To the official client the run never ends."""
    run_id = await served.trigger()
    client = served.client
    runs: list[Any] = []
    async for run in client.subscribe_to_run(run_id, skip_columns=["completedAt"]):
        runs.append(run)
        await served.change(run_id, **DONE)
    assert (runs[-1].finished_at, runs[-1].is_finished) == (None, True)


@pytest.mark.parametrize("make", [run_request, batch_request, tag_request])
def test_item_39_a_column_that_every_run_needs_cannot_be_skipped(make: Any) -> None:
    with pytest.raises(ConfigurationError, match="updatedAt"):
        make("x", skip_columns=["updatedAt"])
    with pytest.raises(ValueError, match="updatedAt"):
        RealtimeOptions(skip_columns=("updatedAt",))


async def test_item_40_dequeued_is_seen_since_the_api_version_is_sent(served: Upstream) -> None:
    run_id = await served.trigger()
    await served.change(run_id, status="DEQUEUED")
    async with served.follow(run_request(run_id)) as feed:
        await feed.told(1)
    assert feed.exchanges[0].headers["x-trigger-api-version"] == "2025-07-16"
    assert feed.statuses == ["DEQUEUED"]
    older = without("x-trigger-api-version", served.connection)
    async with follow(older, run_request(run_id)) as feed:
        await feed.told(1)
    assert feed.statuses == ["EXECUTING"]
