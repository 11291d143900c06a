"""How often a feed asks: never in a hurry, except after news."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from time import monotonic

import pytest

from reflex_realtime.feeds.events import FeedRetrying
from reflex_realtime.feeds.retry import DEFAULT_RETRY, Pacer, RetryPolicy
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import answer, replay

HASTY = RetryPolicy(initial=0.0, cap=0.0, floor=0.0, courtesy_cap=0.0, window=0.2)
"""No pauses at all, so that the limit alone holds the feed back; its second is shorter."""


async def test_no_more_than_three_requests_begin_in_a_second() -> None:
    """With a window of 0.2 seconds for the sake of time."""
    begun: list[float] = []
    async with (
        replay(then=answer(503)) as server,
        aclosing(run_feed(server.retrying(HASTY), run_request("run_1"))) as feed,
    ):
        for _ in range(10):
            await anext(feed)
            begun.append(monotonic())
    for first, fourth in zip(begun, begun[3:], strict=False):
        assert fourth - first >= 0.15


async def test_a_stream_keeps_to_the_same_limit() -> None:
    begun: list[float] = []
    async with (
        replay(then=answer(503)) as server,
        aclosing(stream_feed(server.retrying(HASTY), "run_1", "tok")) as feed,
    ):
        for _ in range(7):
            await anext(feed)
            begun.append(monotonic())
    for first, fourth in zip(begun, begun[3:], strict=False):
        assert fourth - first >= 0.15


def test_the_default_limit_is_three_in_a_second() -> None:
    assert (DEFAULT_RETRY.burst, DEFAULT_RETRY.window) == (3, 1.0)


@pytest.mark.parametrize("kind", ["run", "stream"])
async def test_a_pause_can_be_cut_short(kind: str) -> None:
    patient = RetryPolicy(initial=60, floor=60, cap=60)
    async with replay(then=answer(503)) as server:
        pacer = Pacer(patient)
        connection = server.retrying(patient)
        feed = (
            run_feed(connection, run_request("run_1"), pacer=pacer)
            if kind == "run"
            else stream_feed(connection, "run_1", "tok", pacer=pacer)
        )
        async with aclosing(feed):
            first = await anext(feed)
            again = asyncio.ensure_future(anext(feed))
            await asyncio.sleep(0)
            pacer.wake()
            assert [type(first), type(await again)] == [FeedRetrying, FeedRetrying]
        assert len(server.requests) == 2


async def test_waking_a_feed_that_does_not_pause_does_not_shorten_its_next_pause() -> None:
    pacer = Pacer(replace(DEFAULT_RETRY, window=0))
    pacer.wake()
    begun = monotonic()
    await pacer.pause(0.05)
    assert monotonic() - begun >= 0.04
