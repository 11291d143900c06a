"""The runs feed and servers that fail, lie or hurry: it says so, recovers, and hammers nobody.

What comes of which fault stands in `test_fault_matrix`; here is what else there is to say.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.errors import (
    ConfigurationError,
    NotFoundError,
    ProtocolError,
    RateLimitError,
    ServerError,
)
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RunsChanged
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.feeds.run_feed import one_run_feed, run_feed
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import (
    MUST_REFETCH,
    QUICK,
    SECRET,
    UP_TO_DATE,
    ReplayServer,
    answer,
    catch_up,
    replay,
    run_row,
    shape,
)

RUN = run_request("run_1")
SNAPSHOT = shape([run_row(), UP_TO_DATE])
IDLE = shape([UP_TO_DATE])
AGAIN = shape([run_row(), UP_TO_DATE], handle="h2")
"""The same snapshot under the handle of a refetch."""


async def follow(server: ReplayServer, count: int, retry: RetryPolicy = QUICK) -> list[Any]:
    """The first events of a feed."""
    async with aclosing(run_feed(server.retrying(retry), RUN)) as feed:
        return [await anext(feed) for _ in range(count)]


async def asked_in_half_a_second(server: ReplayServer) -> int:
    """How often a feed asks in the half second behind its second request."""

    async def forever() -> None:
        async with aclosing(run_feed(server.retrying(PACED), RUN)) as feed:
            async for _ in feed:
                pass

    task = asyncio.create_task(forever())
    await server.asked(2)
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.wait([task])
    return len(server.requests) - 2


# What may pass


async def test_behind_a_failure_a_quiet_feed_is_live_as_soon_as_the_server_answers() -> None:
    """It asks from where it stands for what there is; only the next request is held again."""
    async with replay(SNAPSHOT, answer(503), IDLE) as server:
        _, live, retrying, back = await follow(server, 4)
    assert (live, back) == (FeedLive(), FeedLive())
    assert isinstance(retrying, FeedRetrying)
    assert isinstance(retrying.error, ServerError)
    failed, again = server.requests[1:3]
    assert failed.params["live"] == "true"
    assert again.params == catch_up(failed.params)


async def test_behind_a_catch_up_the_next_request_is_held_and_goes_on_with_the_cursor() -> None:
    async with replay(SNAPSHOT, answer(503), IDLE) as server:
        task = asyncio.create_task(follow(server, 5))
        poll = await server.asked(4)
        task.cancel()
        await asyncio.wait([task])
    assert (poll.params["live"], poll.params["cursor"]) == ("true", "c1")


async def test_a_catch_up_that_brings_all_rows_again_tells_only_what_changed() -> None:
    """So does the native back end."""
    before = shape([run_row(1), run_row(2), UP_TO_DATE], offset="5_1")
    after = shape([run_row(1), run_row(2, status="CANCELED"), UP_TO_DATE], offset="6_2")
    async with replay(before, answer(503), after) as server:
        *_, changed, live = await follow(server, 5)
    assert ([run.id for run in changed.runs], changed.removed) == (["run_2"], ())
    assert live == FeedLive()


async def test_a_server_that_is_not_there_is_tried_again_until_it_is() -> None:
    async with replay() as server:
        port = int(server.base_url.rpartition(":")[2])
    feed = run_feed(replace(server.quick, base_url=f"http://127.0.0.1:{port}"), RUN)
    async with aclosing(feed):
        for _ in range(3):
            event = await anext(feed)
            assert isinstance(event, FeedRetrying)
            assert (
                event.error.message == f"The server at http://127.0.0.1:{port} cannot be reached."
            )
            assert event.error.remedy
        async with replay(SNAPSHOT, port=port):
            while isinstance(event := await anext(feed), FeedRetrying):
                pass
        assert isinstance(event, RunsChanged)


async def test_a_change_that_a_poll_brings_ends_the_row_of_failures() -> None:
    retry = RetryPolicy(initial=0.01, factor=1000, cap=100, floor=0, window=0)
    change = shape([run_row(status="CANCELED"), UP_TO_DATE])
    async with replay(SNAPSHOT, answer(500), IDLE, change, answer(500)) as server:
        events = await follow(server, 6, retry)
    delays = [event.delay for event in events if isinstance(event, FeedRetrying)]
    assert len(delays) == 2
    assert max(delays) <= 0.01


# What cannot succeed


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (answer(302, headers={"Location": "?again=1"}), "cannot be read"),
        (answer(200, "no gzip", {"Content-Encoding": "gzip"}), "cannot be read"),
        (answer(200, "<html>"), "not JSON"),
        (answer(200, '{"runs": []}'), "not a list of messages"),
        (answer(200, "[]"), "electric-schema"),
        (SNAPSHOT.replace(b"electric-offset", b"x-offset"), "electric-offset"),
        (SNAPSHOT.replace(b"electric-handle", b"x-handle"), "electric-handle"),
    ],
)
async def test_an_answer_that_is_not_the_protocol_ends_the_feed(whole: bytes, words: str) -> None:
    async with replay(then=whole) as server:
        with pytest.raises(ProtocolError, match=words) as caught:
            await follow(server, 1)
        await server.left()
    assert caught.value.url.startswith(f"{server.base_url}/realtime/v1/runs/run_1")


async def test_a_redirect_is_followed_and_the_token_does_not_leave_the_server() -> None:
    async with replay(SNAPSHOT) as other:
        elsewhere = answer(302, headers={"Location": f"{other.base_url}/moved"})
        async with replay(elsewhere) as server:
            assert isinstance((await follow(server, 1))[0], RunsChanged)
        assert "authorization" not in other.requests[0].headers


# Bad rows


async def test_a_row_that_is_no_run_is_left_out_and_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = [run_row(1), run_row(2, friendlyId=None), run_row(3)]
    async with replay(shape([*rows, UP_TO_DATE])) as server:
        [event] = await follow(server, 1)
    assert [run.id for run in event.runs] == ["run_1", "run_3"]
    assert "friendlyId" in caplog.text


async def test_a_run_with_a_field_that_cannot_be_read_still_appears() -> None:
    row = run_row(payload="{", payloadType="application/json")
    async with replay(shape([row, UP_TO_DATE])) as server:
        [event] = await follow(server, 1)
    [run] = event.runs
    assert [problem.field for problem in run.problems] == ["payload"]


# Starting over


@pytest.mark.parametrize("status", [409, 200])
async def test_a_must_refetch_voids_the_rows_whatever_its_status(status: int) -> None:
    refetch = shape([MUST_REFETCH], handle="h2").replace(b" 200 ", f" {status} ".encode())
    after = shape([run_row(2), UP_TO_DATE], handle="h2")
    async with replay(SNAPSHOT, refetch, after) as server:
        _, _, changed = await follow(server, 3)
        assert changed.removed == ("run_1",)
        assert [run.id for run in changed.runs] == ["run_2"]
    assert server.requests[2].params == {
        "log": "full",
        "offset": "-1",
        "handle": "h2",
        "expired_handle": "h1",
    }


async def test_a_must_refetch_in_front_of_an_up_to_date_does_not_delete_the_run() -> None:
    finished = shape([run_row(completedAt="2026-08-01T10:00:09"), UP_TO_DATE], handle="h2")
    async with replay(SNAPSHOT, shape([MUST_REFETCH, UP_TO_DATE], handle="h2"), finished) as server:
        feed = one_run_feed(server.quick, RUN)
        events = [event async for event in feed]
    assert [type(event) for event in events] == [RunsChanged, FeedLive, RunsChanged]


async def test_a_refetch_that_brings_the_same_rows_changes_nothing() -> None:
    change = shape([run_row(status="CANCELED"), UP_TO_DATE], handle="h2")
    async with replay(SNAPSHOT, answer(409), AGAIN, change) as server:
        events = await follow(server, 3)
    assert [type(event) for event in events] == [RunsChanged, FeedLive, RunsChanged]


async def test_a_run_that_a_refetch_does_not_bring_back_was_deleted() -> None:
    async with replay(SNAPSHOT, answer(409), shape([UP_TO_DATE], handle="h2")) as server:
        feed = one_run_feed(server.quick, RUN)
        with pytest.raises(NotFoundError, match="run_1 was deleted"):
            [event async for event in feed]


# Nobody is hammered

PACED = RetryPolicy(initial=0.4, factor=2, cap=10, floor=0.2)
"""As the default, with less jitter: after n failures at least 0.2 seconds, and often more."""


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ([SNAPSHOT], SNAPSHOT),
        ([], shape([run_row()])),
        ([], answer(409, "[]")),
        ([], answer(409, "[]", {"electric-handle": "h1"})),
        ([], shape([MUST_REFETCH])),
    ],
)
async def test_answers_that_come_at_once_and_bring_nothing_are_asked_for_slowly(
    first: list[bytes], then: bytes
) -> None:
    async with replay(*first, then=then) as server:
        assert await asked_in_half_a_second(server) <= 4


async def test_an_empty_log_that_only_moves_its_offset_is_asked_for_slowly() -> None:
    async with replay(*[shape([], offset=f"{n}_0") for n in range(100)]) as server:
        assert await asked_in_half_a_second(server) <= 4


async def test_a_snapshot_that_expires_again_and_again_is_asked_for_slowly() -> None:
    """The loop that a stale cache in front of Electric makes."""
    cached = [SNAPSHOT, answer(409), AGAIN, answer(409)] * 50
    async with replay(*cached) as server:
        assert await asked_in_half_a_second(server) <= 7
        assert len(server.requests) > 3
    async with replay(*cached) as server:
        events = await follow(server, 3)
    assert [type(event) for event in events] == [RunsChanged, FeedLive, FeedRetrying]


@pytest.mark.parametrize("then", [answer(409), answer(204), shape([run_row()])])
async def test_a_feed_that_is_never_up_to_date_says_so(then: bytes) -> None:
    async with replay(then=then) as server:
        [event] = await follow(server, 1)
    assert isinstance(event, FeedRetrying)
    assert "never says that everything has been sent" in event.error.message


async def test_a_feed_that_got_stuck_says_when_it_is_live_again() -> None:
    stuck = [answer(409), answer(409), answer(409)]
    async with replay(SNAPSHOT, *stuck, AGAIN) as server:
        events = await follow(server, 5)
    assert [type(event) for event in events] == [
        *(RunsChanged, FeedLive, FeedRetrying, FeedRetrying, FeedLive)
    ]


async def test_changes_are_asked_for_as_fast_as_they_come() -> None:
    changes = [shape([run_row(usageDurationMs=str(n)), UP_TO_DATE]) for n in range(20)]
    async with replay(SNAPSHOT, *changes) as server:
        begun = monotonic()
        await follow(server, 22, DEFAULT_RETRY)
        assert monotonic() - begun < 1


# Leaving


async def test_leaving_the_loop_closes_the_poll() -> None:
    async with replay(SNAPSHOT) as server:
        async with aclosing(run_feed(server.connection, RUN)) as feed:
            async for event in feed:
                if isinstance(event, FeedLive):
                    break
        await server.left()


async def test_cancelling_a_poll_closes_it_and_leaves_no_task() -> None:
    async with replay(SNAPSHOT) as server:
        others = asyncio.all_tasks()

        async def forever() -> None:
            async with aclosing(run_feed(server.connection, RUN)) as feed:
                async for _ in feed:
                    pass

        task = asyncio.create_task(forever())
        await server.asked(2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.left()
        assert len(server.requests) == 2
        assert {t for t in asyncio.all_tasks() - others if "replay" not in repr(t)} == set()


async def test_leaving_while_it_waits_to_ask_again_asks_no_more() -> None:
    retry = RetryPolicy(initial=60, floor=60, cap=60)
    async with replay(then=answer(503)) as server:
        task = asyncio.create_task(follow(server, 2, retry))
        await server.asked(1)
        await server.left()
        task.cancel()
        await asyncio.wait([task])
        assert len(server.requests) == 1


# The credential


@pytest.mark.parametrize("token", ["tr_dev_x\n", " tr_dev_x "])
async def test_white_space_around_a_token_is_not_sent(token: str) -> None:
    async with replay(SNAPSHOT) as server:
        feed = run_feed(Connection(server.base_url, credential(token)), RUN)
        async with aclosing(feed):
            await anext(feed)
    assert server.requests[0].headers["authorization"] == "Bearer tr_dev_x"


@pytest.mark.parametrize("token", [lambda: "", lambda: None, lambda: " ", "tr_dev_\nx", "“tr_dev”"])
async def test_a_token_that_cannot_be_sent_is_a_configuration_error(token: Any) -> None:
    async with replay(SNAPSHOT) as server:
        with pytest.raises(ConfigurationError, match="access token") as caught:
            await anext(run_feed(Connection(server.base_url, credential(token)), RUN))
        assert server.requests == []
    assert caught.value.remedy


async def test_a_preview_branch_is_sent_as_its_header() -> None:
    async with replay(SNAPSHOT) as server:
        feed = run_feed(Connection(server.base_url, credential(SECRET), "feature"), RUN)
        async with aclosing(feed):
            await anext(feed)
    assert server.requests[0].headers["x-trigger-branch"] == "feature"


# The policy


@given(st.integers(1, 100_000))
def test_a_pause_is_between_the_floor_and_the_cap_however_long_the_outage(failures: int) -> None:
    policy = RetryPolicy()
    assert policy.floor <= policy.delay(failures) <= policy.cap


@given(st.integers(1, 4))
def test_the_longest_pause_doubles(failures: int) -> None:
    policy = RetryPolicy(initial=0.5, factor=2, cap=100, floor=0)
    assert policy.delay(failures) <= 0.5 * 2 ** (failures - 1)


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(0.0, 0.1, 0.5), (7.0, 7, 7), (99.0, 99, 99), (999.0, 300, 300)]
)
def test_a_retry_after_is_honoured_up_to_a_cap_of_its_own(
    asked: float, least: float, most: float
) -> None:
    error = RateLimitError("busy", status=429, retry_after=asked)
    assert least <= RetryPolicy().delay(1, error) <= most
