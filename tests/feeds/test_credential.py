"""Access tokens from a function: asked before they expire, after a refusal, once for all feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from time import time
from typing import Any

import pytest

from reflex_realtime.errors import (
    AuthenticationError,
    ConfigurationError,
    CredentialError,
    PermissionDeniedError,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds import credential as module
from reflex_realtime.feeds.credential import TokenSource, credential
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, RunsChanged
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.hooks import FeedNotice
from reflex_realtime.protocol.requests import run_request
from reflex_realtime.protocol.tokens import sign_public_token
from tests.feeds.replay import (
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
CHANGE = shape([run_row(status="CANCELED"), UP_TO_DATE])
PARTS = event_stream('id: 1-0\ndata: "a"\n\n')


def in_turn(*tokens: str) -> Callable[[], str]:
    """A function that returns one token after the other."""
    left: Iterator[str] = iter(tokens)
    return lambda: next(left)


def public_token(seconds: float, name: str = "env") -> str:
    """A public token that expires in so many seconds."""
    now = int(time())
    return sign_public_token(
        "tr_dev_x",
        environment_id=name,
        scopes=["read:runs"],
        issued_at=now,
        expires_at=int(now + seconds),
    )


async def follow(server: ReplayServer, function: Any, count: int, **more: Any) -> list[Any]:
    """The first events of a runs feed."""
    connection = replace(server.quick, credential=credential(function), **more)
    async with aclosing(run_feed(connection, RUN)) as feed:
        return [await anext(feed) for _ in range(count)]


def sent(server: ReplayServer) -> list[str]:
    """The tokens that the server has seen."""
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


async def test_a_token_without_an_expiry_is_asked_for_once() -> None:
    async with replay(SNAPSHOT, CHANGE) as server:
        await follow(server, in_turn("tr_dev_one"), 3)
    assert sent(server) == ["tr_dev_one", "tr_dev_one"]


async def test_the_function_may_be_async() -> None:
    async def function() -> str:
        return "tr_dev_one"

    async with replay(SNAPSHOT) as server:
        await follow(server, function, 1)
    assert sent(server) == ["tr_dev_one"]


@pytest.mark.parametrize("status", [401, 403])
async def test_after_a_refusal_the_function_is_asked_once_more_and_the_feed_goes_on(
    status: int,
) -> None:
    async with replay(SNAPSHOT, answer(status), CHANGE) as server:
        events = await follow(server, in_turn("tr_dev_one", "tr_dev_two"), 3)
    assert [type(event) for event in events] == [RunsChanged, FeedLive, RunsChanged]
    assert sent(server) == ["tr_dev_one", "tr_dev_one", "tr_dev_two"]
    refused, again = server.requests[1:]
    assert refused.params == again.params


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
async def test_a_second_refusal_ends_the_feed(status: int, kind: type[Exception]) -> None:
    async with replay(answer(status), answer(status)) as server:
        with pytest.raises(kind):
            await follow(server, in_turn("tr_dev_one", "tr_dev_two"), 1)
    assert sent(server) == ["tr_dev_one", "tr_dev_two"]


async def test_a_function_that_returns_the_refused_token_again_ends_the_feed_at_once() -> None:
    async with replay(answer(401)) as server:
        with pytest.raises(AuthenticationError):
            await follow(server, lambda: "tr_dev_one", 1)
        assert len(server.requests) == 1


async def test_each_refusal_after_an_accepted_token_is_a_new_one() -> None:
    function = in_turn("tr_dev_one", "tr_dev_two", "tr_dev_three")
    async with replay(SNAPSHOT, answer(401), CHANGE, answer(401), SNAPSHOT) as server:
        await follow(server, function, 4)
    assert sent(server)[-1] == "tr_dev_three"


async def test_a_token_is_renewed_before_it_expires() -> None:
    tokens = [public_token(1000, "one"), public_token(1000, "two")]
    asked: list[float] = []
    source = TokenSource(in_turn(*tokens))
    with pytest.MonkeyPatch.context() as patch:
        for moment in (0.0, 900.0, 965.0, 980.0):
            begun = time()
            patch.setattr(module, "time", lambda begun=begun, moment=moment: begun + moment)
            asked.append(tokens.index(await source.token(1)))
            patch.undo()
    assert asked == [0, 0, 0, 1]


async def test_a_short_lived_token_is_used_for_most_of_its_life() -> None:
    source = TokenSource(in_turn(public_token(10, "one"), public_token(1000, "two")))
    first = await source.token(1)
    assert await source.token(1) == first


async def test_a_token_that_looks_expired_is_left_to_the_server_to_judge() -> None:
    """The clocks may differ; the function is not asked for every request."""
    expired = public_token(-60)
    async with replay(SNAPSHOT, CHANGE) as server:
        await follow(server, in_turn(expired), 3)
    assert sent(server) == [expired, expired]


async def test_a_function_that_fails_while_its_token_still_holds_costs_nothing() -> None:
    first = public_token(100)
    tokens = [first]

    def function() -> str:
        if not tokens:
            raise OSError("no network")
        return tokens.pop()

    source = TokenSource(function)
    await source.token(1)
    with pytest.MonkeyPatch.context() as patch:
        begun = time()
        patch.setattr(module, "time", lambda: begun + 90)
        assert await source.token(1) == first
        patch.setattr(module, "time", lambda: begun + 101)
        with pytest.raises(CredentialError, match="OSError"):
            await source.token(1)


async def test_a_function_that_fails_is_asked_again_after_a_pause() -> None:
    answers = iter([ValueError("tr_dev_hidden"), "tr_dev_one"])

    def function() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with replay(SNAPSHOT) as server:
        retrying, snapshot = await follow(server, function, 2)
    assert isinstance(retrying, FeedRetrying)
    assert isinstance(retrying.error, CredentialError)
    assert "ValueError" in retrying.error.message
    assert "hidden" not in str(retrying.error)
    assert isinstance(snapshot, RunsChanged)


async def test_a_function_that_does_not_return_is_given_up() -> None:
    async def function() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    async with replay() as server:
        limits = replace(server.connection.limits, token=0.05)
        [retrying] = await follow(server, function, 1, limits=limits)
    assert isinstance(retrying.error, CredentialError)
    assert "0.05 seconds" in retrying.error.message


@pytest.mark.parametrize("nothing", ["", " ", None])
async def test_a_function_that_returns_nothing_is_a_configuration_error(nothing: Any) -> None:
    async with replay() as server:
        with pytest.raises(ConfigurationError, match="empty"):
            await follow(server, lambda: nothing, 1)
        assert server.requests == []


async def test_feeds_that_share_a_function_share_one_call_of_it() -> None:
    calls = 0
    asked = asyncio.Event()

    async def function() -> str:
        nonlocal calls
        calls += 1
        await asked.wait()
        return f"tr_dev_{calls}"

    async with replay(then=SNAPSHOT) as server:
        feeds = [asyncio.create_task(follow(server, function, 1)) for _ in range(20)]
        await asyncio.sleep(0)
        asked.set()
        await asyncio.gather(*feeds)
    assert calls == 1
    assert set(sent(server)) == {"tr_dev_1"}


async def test_one_renewal_serves_all_feeds_whose_token_was_refused() -> None:
    calls = 0

    async def function() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.02)
        return f"tr_dev_{calls}"

    first = [answer(401)] * 20
    async with replay(*first, then=SNAPSHOT) as server:
        await asyncio.gather(*(follow(server, function, 1) for _ in range(20)))
    assert calls == 2
    assert sorted(set(sent(server))) == ["tr_dev_1", "tr_dev_2"]


async def test_a_feed_that_leaves_does_not_take_the_call_from_the_others() -> None:
    release = asyncio.Event()

    async def function() -> str:
        await release.wait()
        return "tr_dev_one"

    source = TokenSource(function)
    leaving, staying = (asyncio.create_task(source.token(5)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    release.set()
    assert await staying == "tr_dev_one"


async def test_when_the_last_feed_leaves_the_call_is_ended() -> None:
    ended = asyncio.Event()

    async def function() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    others = asyncio.all_tasks()
    asking = asyncio.create_task(TokenSource(function).token(5))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.wait([asking])
    assert ended.is_set()
    assert asyncio.all_tasks() == others


async def test_streams_renew_too() -> None:
    async with replay(PARTS, answer(401), PARTS) as server:
        connection = replace(server.quick, credential=credential(in_turn("tr_dev_1", "tr_dev_2")))
        going_on = iter([True, False])
        feed = stream_feed(connection, "run_1", "tok", reopens=lambda: next(going_on))
        events = [event async for event in feed]
    assert sent(server) == ["tr_dev_1", "tr_dev_1", "tr_dev_2"]
    assert len([event for event in events if isinstance(event, PartsAdded)]) == 1


async def test_a_trigger_renews_too() -> None:
    ok = answer(200, '{"id":"run_1"}', {"x-trigger-jwt": "t"})
    async with replay(answer(401), ok) as server:
        function = in_turn("tr_dev_one", "tr_dev_two")
        client = RealtimeClient(access_token=function, base_url=server.base_url)
        assert (await client.trigger("task")).id == "run_1"
    assert sent(server) == ["tr_dev_one", "tr_dev_two"]


async def test_a_renewal_is_told_to_the_hooks() -> None:
    notices: list[FeedNotice] = []
    async with replay(answer(401), SNAPSHOT) as server:
        function = in_turn("tr_dev_one", "tr_dev_two")
        await follow(server, function, 1, hooks=(notices.append,))
    assert "renewed" in [notice.kind for notice in notices]


def test_the_same_function_has_the_same_source_while_it_is_used() -> None:
    def function() -> str:
        return "tr_dev_one"

    one = credential(function)
    assert credential(function) is one
    assert credential(lambda: "tr_dev_one") is not one
