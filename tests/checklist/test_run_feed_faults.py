"""Items 21 to 26, 29 to 32: what a runs feed survives, what it does not, and how it ends."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import pairwise

import httpx
import pytest

from reflex_realtime.devserver.options import FeedStyle
from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    ServerError,
    TransportError,
)
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RunsChanged
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.protocol.requests import (
    ShapeRequest,
    batch_request,
    run_request,
    tag_request,
)
from tests.checklist.dialects import Dialect
from tests.checklist.following import PATIENCE_SECONDS, Followed, following
from tests.checklist.upstream import DONE, Upstream, upstream
from tests.feeds.replay import QUICK, answer, catch_up, cut, replay

RUN = run_request("run_1")
STRANGE = {
    "HTML": answer(200, "<html>", {"Content-Type": "text/html"}),
    "an object": answer(200, '{"runs": []}'),
    "null": answer(200, "null"),
}


def follow(
    connection: Connection, request: ShapeRequest = RUN
) -> AbstractAsyncContextManager[Followed]:
    return following(connection, lambda connection: run_feed(connection, request))


def breaking_one_poll(connection: Connection) -> Connection:
    """A connection that breaks when the first poll is sent."""
    broken: list[httpx.Request] = []

    async def break_off(request: httpx.Request) -> None:
        if "live" in request.url.params and not broken:
            broken.append(request)
            raise httpx.ReadError("The connection was reset.", request=request)

    def open_client() -> httpx.AsyncClient:
        client = connection.open_client()
        client.event_hooks["request"].append(break_off)
        return client

    return replace(connection, open_client=open_client)


# Refusals


@pytest.mark.parametrize(
    ("request_", "token", "kind", "status"),
    [
        (RUN, "", NotFoundError, 404),
        (RUN, "tr_dev_wrong", AuthenticationError, 401),
        (batch_request("batch_1"), "", NotFoundError, 404),
        (tag_request('"x'), "", InvalidRequestError, 400),
    ],
)
async def test_item_21_a_refusal_is_raised_at_once_and_nothing_is_asked_again(
    served: Upstream, request_: ShapeRequest, token: str, kind: type[ApiError], status: int
) -> None:
    """The official client hangs for ever."""
    async with served.follow(request_, token=token) as feed:
        error = await feed.end()
    assert isinstance(error, kind)
    assert (error.status, len(feed.exchanges), feed.events) == (status, 1, [])
    assert error.remedy


async def test_item_21_a_token_that_grants_something_else_is_refused(served: Upstream) -> None:
    run_id = await served.trigger()
    token = await served.client.create_public_token(scopes=["read:runs:run_other"])
    async with served.follow(run_request(run_id), token=token) as feed:
        error = await feed.end()
    assert isinstance(error, PermissionDeniedError)
    assert (error.status, len(feed.exchanges)) == (403, 1)


async def test_item_21_the_clients_iterator_raises_it(served: Upstream) -> None:
    with pytest.raises(NotFoundError):
        await anext(served.client.subscribe_to_run("run_unknown"))


# What may pass


async def test_item_22_429_and_500_are_asked_again_until_there_is_an_answer(
    speaker: Dialect,
) -> None:
    """From the same place, but without being held: the official client may not notice for 20 s."""
    snapshot = speaker.snapshot(speaker.insert())
    change = speaker.live(speaker.update(status="CANCELED"))
    async with (
        replay(*snapshot, answer(429), answer(500), change) as server,
        follow(server.quick) as feed,
    ):
        await feed.told(2)
    assert [type(each.error) for each in feed.retries] == [RateLimitError, ServerError]
    failed, *again = feed.exchanges[len(snapshot) :][:3]
    assert [exchange.params for exchange in again] == [catch_up(failed.params)] * 2
    assert feed.statuses == ["EXECUTING", "CANCELED"]


def test_item_22_the_pauses_grow_up_to_ten_seconds() -> None:
    """Jittered, so that what was lost together does not come back together."""
    error = ServerError("It failed.", status=500)

    def pauses(failures: int) -> list[float]:
        return [DEFAULT_RETRY.delay(failures, error) for _ in range(200)]

    longest = [max(pauses(failures)) for failures in (1, 2, 3, 4, 9, 99)]
    assert all(earlier < later for earlier, later in pairwise(longest[:4]))
    assert longest[0] <= 0.5
    assert longest[-1] <= 10
    assert min(pauses(9)) >= 0.1


async def test_item_22_a_retry_after_is_honoured(speaker: Dialect) -> None:
    refused = answer(429, headers={"Retry-After": "1"})
    snapshot = speaker.snapshot(speaker.insert())
    async with replay(refused, *snapshot) as server, follow(server.quick) as feed:
        await feed.told(1)
        first, again = feed.exchanges[:2]
    assert again.at - first.answered_at >= 1
    assert feed.retries[0].delay == 1


@pytest.mark.parametrize("after", [b"\r\n\r\n", b"EXECUT", b"CANC", b"up-to-d"])
async def test_item_23_an_answer_that_breaks_off_is_asked_for_again_and_told_once(
    speaker: Dialect, after: bytes
) -> None:
    """The official client's subscription ends."""
    snapshot = speaker.snapshot(speaker.insert(1), speaker.insert(2))
    messages = speaker.update(1, status="EXECUTING", isTest=True), speaker.update(status="CANCELED")
    change = speaker.live(*messages)
    async with (
        replay(*snapshot, cut(change, after), change) as server,
        follow(server.quick) as feed,
    ):
        await feed.told(3)
    [retrying] = feed.retries
    assert isinstance(retrying.error, TransportError)
    assert feed.statuses == ["EXECUTING", "EXECUTING", "CANCELED"]
    broken, again = feed.exchanges[len(snapshot) :][:2]
    assert again.params == catch_up(broken.params)


async def test_item_23_behind_a_failure_a_quiet_run_is_live_before_its_next_poll_ends(
    style: FeedStyle,
) -> None:
    """The official client asks for the same poll again, which may be held for 20 seconds."""
    async with upstream(style, poll_seconds=3 * PATIENCE_SECONDS) as served:
        request = run_request(await served.trigger())
        async with follow(breaking_one_poll(served.connection), request) as feed:
            await feed.until(lambda: feed.events.count(FeedLive()) == 2)
            await feed.live()
    kinds = [RunsChanged, FeedLive, FeedRetrying, FeedLive]
    assert [type(event) for event in feed.events] == kinds
    catching_up, poll = feed.exchanges[-2:]
    assert "live" not in catching_up.params
    assert poll.params["offset"] == catching_up.answered["electric-offset"]


async def test_item_22_a_server_that_refuses_all_polls_is_asked_slowly_and_its_changes_are_shown(
    style: FeedStyle,
) -> None:
    """It allows so many polls at once and no more; what is not held does not count."""
    async with upstream(style, max_live_polls=0) as served:
        run_id = await served.trigger()
        connection = replace(served.connection, retry=replace(QUICK, window=0.5))
        async with follow(connection, run_request(run_id)) as feed:
            await feed.until(lambda: len(feed.retries) == 3)
            polls = [exchange.at for exchange in feed.exchanges if "live" in exchange.params]
            await served.change(run_id, status="EXECUTING")
            await feed.told(2)
    assert {type(retrying.error) for retrying in feed.retries} == {RateLimitError}
    assert polls[2] - polls[0] >= 0.49
    assert feed.statuses == ["QUEUED", "EXECUTING"]


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
async def test_item_24_a_success_that_is_not_the_protocol_ends_a_feed_that_was_never_live(
    strange: bytes,
) -> None:
    async with replay(then=strange) as server, follow(server.quick) as feed:
        error = await feed.end()
    assert isinstance(error, ProtocolError)
    assert error.remedy
    assert len(feed.exchanges) == 1


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
async def test_item_24_a_feed_that_was_live_survives_it_and_does_not_hammer(
    speaker: Dialect, strange: bytes
) -> None:
    snapshot = speaker.snapshot(speaker.insert())
    change = speaker.live(speaker.update(status="CANCELED"))
    async with (
        replay(*snapshot, strange, strange, strange, change) as server,
        follow(server.retrying(RetryPolicy(initial=0.1, floor=0.1))) as feed,
    ):
        await feed.told(2)
    assert [type(each.error) for each in feed.retries] == [ProtocolError] * 3
    first, *_, last = feed.exchanges[len(snapshot) :][:4]
    assert last.at - first.at >= 0.3


async def test_item_25_an_empty_success_brings_nothing_and_changes_nothing(
    speaker: Dialect,
) -> None:
    snapshot = speaker.snapshot(speaker.insert())
    live = speaker.live()
    empty = live[: live.index(b"\r\n\r\n")].replace(b"Content-Length: ", b"x-was: ")
    empty += b"\r\nContent-Length: 0\r\n\r\n"
    change = speaker.live(speaker.update(status="CANCELED"))
    async with replay(*snapshot, empty, change) as server, follow(server.quick) as feed:
        await feed.told(2)
    assert (feed.retries, feed.statuses) == ([], ["EXECUTING", "CANCELED"])
    assert feed.exchanges[len(snapshot) + 1].params["live"] == "true"


async def test_item_26_instant_answers_that_lead_nowhere_are_read_anew_and_then_given_up(
    speaker: Dialect,
) -> None:
    stuck = speaker.loaded(speaker.insert())
    async with replay(then=stuck) as server, follow(server.quick) as feed:
        error = await feed.end()
    assert isinstance(error, ProtocolError)
    assert "never says that everything has been sent" in error.message
    offsets = [exchange.params["offset"] for exchange in feed.exchanges]
    assert offsets[0] == "-1"
    assert "-1" not in offsets[1:5]
    assert "-1" in offsets[5:]
    assert len(offsets) < 15
    assert feed.runs == []


async def test_item_26_polls_that_are_answered_at_once_are_asked_slowly_and_for_ever(
    speaker: Dialect,
) -> None:
    """The official client asks without a pause."""
    snapshot = speaker.snapshot(speaker.insert())
    async with replay(*snapshot, then=speaker.live()) as server:
        policy = RetryPolicy(initial=0.2, factor=2, floor=0.2, courtesy_cap=0.3)
        async with follow(server.retrying(policy)) as feed:
            await feed.asked(len(snapshot) + 4)
            times = [exchange.at for exchange in feed.exchanges[len(snapshot) :]]
    assert all(later - earlier >= 0.19 for earlier, later in pairwise(times))
    assert feed.retries == []
    assert feed.events[-1] == FeedLive()


# The end


async def test_item_29_leaving_in_mid_poll_closes_it_at_once_and_is_no_error(
    speaker: Dialect,
) -> None:
    snapshot = speaker.snapshot(speaker.insert())
    async with replay(*snapshot) as server:
        async with follow(server.quick) as feed:
            await server.asked(len(snapshot) + 1)
        async with asyncio.timeout(1):
            await server.left()
        assert len(server.requests) == len(snapshot) + 1
    assert feed.error is None


async def test_item_30_a_run_that_had_finished_before_is_told_once_and_the_feed_ends(
    served: Upstream,
) -> None:
    """The official client sends one poll more."""
    run_id = await served.trigger()
    await served.change(run_id, **DONE)
    async with served.follow_run(run_id) as feed:
        assert await feed.end() is None
    assert feed.statuses == ["COMPLETED"]
    assert not any("live" in exchange.params for exchange in feed.exchanges)


async def test_item_31_a_run_can_be_followed_beyond_its_end(served: Upstream) -> None:
    run_id = await served.trigger()
    await served.change(run_id, **DONE)
    async with served.follow_run(run_id, stop_on_completion=False) as feed:
        await feed.live()
        await served.change(run_id, metadata='{"late": true}')
        _, run = await feed.told(2)
        await feed.live()
        assert not feed.ended
    assert run.metadata == {"late": True}


@pytest.mark.parametrize("feed_of", ["tag", "batch"])
async def test_item_32_a_feed_of_several_runs_goes_on_when_all_have_finished(
    served: Upstream, feed_of: str
) -> None:
    batch = await served.client.batch_trigger("report", [1, 2], tags="a")
    request = tag_request("a") if feed_of == "tag" else batch_request(batch.id)
    async with served.follow(request) as feed:
        await feed.live()
        for run in feed.runs[:2]:
            await served.change(run.id, **DONE)
        await feed.until(lambda: len({r.id for r in feed.runs if r.is_finished}) == 2)
        polls = len(feed.exchanges)
        await feed.asked(polls + 1)
        assert not feed.ended
