"""Items 5 to 7, 9 to 12, 15, 33 to 37: what a runs feed makes of rows."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from reflex_realtime.errors import NotFoundError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedLive, RunsChanged
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.protocol.requests import run_request, tag_request
from tests.checklist.dialects import SCHEMA, Dialect
from tests.checklist.following import Followed, following
from tests.checklist.upstream import DONE, Upstream, upstream
from tests.feeds.replay import MUST_REFETCH, UP_TO_DATE, replay

RUN = run_request("run_1")


def follow(connection: Connection) -> AbstractAsyncContextManager[Followed]:
    return following(connection, lambda connection: run_feed(connection, RUN))


async def read(*answers: bytes) -> Followed:
    """What a feed makes of some answers, when it asks for more than there are."""
    async with replay(*answers) as server, follow(server.quick) as feed:
        await feed.asked(len(answers) + 1)
    return feed


# Merging


async def test_item_05_a_row_inserted_in_one_answer_and_updated_in_the_next_is_one_run(
    speaker: Dialect,
) -> None:
    first = speaker.loaded(speaker.insert(metadata='{"p":1}', metadataType="application/json"))
    second = speaker.loaded(speaker.update(status="CANCELED"), UP_TO_DATE)
    feed = await read(first, second)
    [run] = feed.runs
    assert (run.status, run.metadata) == ("CANCELED", {"p": 1})


async def test_item_06_two_updates_in_one_answer_are_shown_once_with_their_last_values(
    speaker: Dialect,
) -> None:
    updates = speaker.update(status="DEQUEUED", isTest=True), speaker.update(status="CANCELED")
    feed = await read(*speaker.snapshot(speaker.insert()), speaker.live(*updates))
    _, run = feed.runs
    assert (run.status, run.is_test) == ("CANCELED", True)


async def test_item_07_rows_are_shown_in_the_order_in_which_they_were_first_touched(
    speaker: Dialect,
) -> None:
    snapshot = speaker.snapshot(*[speaker.insert(number) for number in (1, 2, 3)])
    updates = [speaker.update(number, isTest=True) for number in (3, 1, 3)]
    feed = await read(*snapshot, speaker.live(*updates))
    assert [run.id for run in feed.runs] == ["run_1", "run_2", "run_3", "run_3", "run_1"]


async def test_item_09_what_changes_is_changed_and_the_rest_is_kept(served: Upstream) -> None:
    run_id = await served.trigger(metadata={"p": 1}, tags=["a"])
    async with served.follow_run(run_id) as feed:
        await feed.live()
        await served.change(run_id, status="EXECUTING")
        _, run = await feed.told(2)
        assert (run.status, run.metadata, run.tags) == ("EXECUTING", {"p": 1}, ["a"])
        await served.change(run_id, metadata=None)
        *_, run = await feed.told(3)
    assert (run.status, run.metadata, run.tags) == ("EXECUTING", {}, ["a"])
    assert run.payload == {"topic": "tides"}


@pytest.mark.parametrize("operation", ["insert", "update"])
async def test_item_10_a_whole_row_that_comes_again_is_the_same_run(
    speaker: Dialect, operation: str
) -> None:
    row = speaker.insert(runTags=["a"])
    changed = {**row["value"], "status": "CANCELED"}
    again = {**row, "value": changed, "headers": {"operation": operation}}
    snapshot = speaker.snapshot(row)
    feed = await read(*snapshot, speaker.live(again), speaker.live(again), speaker.live(row))
    assert feed.statuses == ["EXECUTING", "CANCELED", "EXECUTING"]
    assert {run.id for run in feed.runs} == {"run_1"}
    assert {tuple(run.tags) for run in feed.runs} == {("a",)}
    assert [event.snapshot for event in feed.events if isinstance(event, RunsChanged)] == [
        *(True, False, False)
    ]


async def test_item_11_a_run_that_is_deleted_ends_its_feed_in_not_found(served: Upstream) -> None:
    """To the official client it stays as it was for ever."""
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.live()
        await served.server.delete_run(run_id)
        error = await feed.end()
    assert isinstance(error, NotFoundError)
    assert feed.statuses == ["QUEUED"]


async def test_item_11_a_deleted_row_may_be_updated_and_come_back(speaker: Dialect) -> None:
    feed = await read(
        *speaker.snapshot(speaker.insert(1), speaker.insert(2)),
        speaker.live(speaker.delete(2)),
        speaker.live({**speaker.update(2, status="CANCELED"), "value": {"status": "CANCELED"}}),
        speaker.live(speaker.insert(2, status="DEQUEUED")),
    )
    assert feed.error is None
    assert feed.removed == ["run_2"]
    assert [(run.id, run.status.value) for run in feed.runs[2:]] == [("run_2", "DEQUEUED")]


async def test_item_11_a_run_that_leaves_the_filter_leaves_the_feed() -> None:
    """Electric only: the native backend does not tell."""
    async with upstream("electric") as served:
        run_id = await served.trigger(tags=["a"])
        async with served.follow(tag_request("a")) as feed:
            await feed.live()
            await served.change(run_id, tags=["b"])
            await feed.until(lambda: feed.removed)
    assert feed.removed == [run_id]


# Starting over


async def test_item_12_a_must_refetch_in_a_success_forgets_the_rows_until_the_next_up_to_date(
    speaker: Dialect,
) -> None:
    before = speaker.snapshot(speaker.insert(1), speaker.insert(2))
    void = speaker.live(MUST_REFETCH)
    half = speaker.loaded(speaker.insert(1, status="CANCELED"))
    rest = speaker.loaded(UP_TO_DATE)
    async with replay(*before, void, half, rest) as server, follow(server.quick) as feed:
        await feed.asked(len(before) + 3)
        assert feed.statuses == ["EXECUTING", "EXECUTING"]
        assert feed.removed == []
        await feed.told(3)
    assert feed.exchanges[len(before) + 1].params["offset"] == "-1"
    assert feed.statuses[2:] == ["CANCELED"]
    assert feed.removed == ["run_2"]


async def test_item_15_what_a_refetch_brings_back_unchanged_is_not_told_again(
    speaker: Dialect,
) -> None:
    """The official client emits it again."""
    before = speaker.snapshot(speaker.insert(1), speaker.insert(2))
    void = speaker.voided("h2")
    after = speaker.snapshot(speaker.insert(1), speaker.insert(2, status="CANCELED"))
    feed = await read(*before, void, *after)
    assert [(run.id, run.status.value) for run in feed.runs] == [
        ("run_1", "EXECUTING"),
        ("run_2", "EXECUTING"),
        ("run_2", "CANCELED"),
    ]
    assert feed.removed == []


async def test_item_15_shapes_that_begin_anew_tell_nothing_twice(served: Upstream) -> None:
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.live()
        asked = len(feed.exchanges)
        served.server.void_shapes()
        await feed.asked(asked + 1)
        await served.change(run_id, **DONE)
        assert await feed.end() is None
    assert feed.statuses == ["QUEUED", "COMPLETED"]


# Messages that say something else


async def test_item_33_an_up_to_date_that_is_not_last_shows_the_rows_and_is_not_waited_on(
    speaker: Dialect,
) -> None:
    first = speaker.loaded(speaker.insert(), UP_TO_DATE, speaker.insert(2))
    async with replay(first) as server, follow(server.quick) as feed:
        asked = await feed.asked(2)
    assert "live" not in asked.params
    assert FeedLive() not in feed.events
    assert {run.id for run in feed.runs} == {"run_1", "run_2"}


async def test_item_34_what_is_not_known_is_left_out_and_reported_once(speaker: Dialect) -> None:
    notices: list[FeedNotice] = []
    strange: list[Any] = [
        {"headers": {"control": "of-the-future"}},
        {"headers": {"event": "of-the-future", "patterns": []}},
        {"headers": {"event": "move-out", "patterns": []}},
        {"strange": True},
    ]
    schema = {**SCHEMA, "region": {"type": "of-the-future"}}
    snapshot = speaker.snapshot(speaker.insert(region="eu"), *strange)
    answers = [each.replace(*_schemas(SCHEMA, schema)) for each in snapshot]
    live = speaker.live(*strange, speaker.update(status="CANCELED"))
    async with replay(*answers, live) as server:
        connection = Connection(
            server.base_url,
            server.quick.credential,
            retry=server.quick.retry,
            hooks=(notices.append,),
        )
        async with follow(connection) as feed:
            await feed.told(2)
    assert feed.statuses == ["EXECUTING", "CANCELED"]
    assert feed.runs[0].problems == []
    rejected = [str(n.error) for n in notices if n.kind is NoticeKind.REJECTED]
    assert [words in " ".join(rejected) for words in ("control", "event", "column 'region'")] == [
        *(True, True, True)
    ]
    assert len(rejected) == len(set(rejected)) == 4


def _schemas(old: Any, new: Any) -> tuple[bytes, bytes]:
    return json.dumps(old).encode(), json.dumps(new).encode()


# Columns


async def test_item_35_columns_are_read_by_their_type(speaker: Dialect) -> None:
    snapshot = speaker.snapshot(
        speaker.insert(1, isTest=True, usageDurationMs=5, costInCents=0.5),
        speaker.insert(2, isTest=False, error='{"type":"STRING_ERROR","raw":"x"}'),
        speaker.insert(3, isTest=None, usageDurationMs=None, error=None, completedAt=None),
    )
    one, two, three = (await read(*snapshot)).runs
    assert (one.is_test, one.duration_ms, one.cost_in_cents) == (True, 5, 0.5)
    assert two.is_test is False
    assert two.error is not None
    assert two.error.message == "x"
    assert (three.is_test, three.duration_ms) == (False, 0)
    assert (three.error, three.finished_at, three.problems) == (None, None, [])


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["a", "b c", 'q"x', "back\\s", "co,m", ""],
        ["NULL", "null", "{}", "it's", "é", "a:b"],
    ],
)
async def test_item_36_an_array_is_what_it_was(speaker: Dialect, tags: list[str]) -> None:
    [run] = (await read(*speaker.snapshot(speaker.insert(runTags=tags)))).runs
    assert (run.tags, run.problems) == (tags, [])


async def test_item_36_a_null_in_an_array_is_left_out_and_hides_nothing_else(
    speaker: Dialect,
) -> None:
    """The official client's subscription dies of it."""
    row = speaker.insert(runTags=["a", None, "NULL"])
    [run] = (await read(*speaker.snapshot(row))).runs
    assert run.tags == ["a", "NULL"]
    assert [problem.field for problem in run.problems] == ["tags"]


async def test_item_36_no_tags_may_be_null_or_an_empty_array(speaker: Dialect) -> None:
    rows = speaker.insert(1, runTags=None), speaker.insert(2, runTags="{}")
    runs = (await read(*speaker.snapshot(*rows))).runs
    assert [run.tags for run in runs] == [[], []]


@pytest.mark.parametrize("microsecond", [0, 500_000, 40_000, 185_000])
async def test_item_37_a_time_is_the_same_instant_in_either_form(
    speaker: Dialect, microsecond: int
) -> None:
    moment = datetime(2026, 8, 1, 10, 0, 1, microsecond)  # noqa: DTZ001 (so on the wire)
    [run] = (await read(*speaker.snapshot(speaker.insert(completedAt=moment)))).runs
    assert run.finished_at == moment.replace(tzinfo=UTC)
