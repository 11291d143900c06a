"""The electric style answers as Electric does behind Trigger.dev's proxy."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.http.styles import electric_shapes
from reflex_realtime.devserver.options import FeedStyle
from tests.devserver import captures
from tests.devserver.captures import Capture
from tests.devserver.client import Client, changes_in
from tests.devserver.conftest import add_tasks
from tests.devserver.test_run_feeds import change_run, set_metadata, until_held, waiting_run
from tests.serving import serve
from tests.waiting import until

RUNS = "/realtime/v1/runs"


@pytest.fixture
def style() -> FeedStyle:
    """The style under test."""
    return "electric"


@pytest.fixture
async def path(client: Client) -> str:
    """The feed of a run that waits."""
    return f"{RUNS}/{await waiting_run(client)}"


def load(name: str) -> Capture:
    """A recorded answer of Electric."""
    return captures.load(name, "electric")


def assert_like(answer: httpx.Response, real: Capture) -> None:
    """Check status, header names, and the headers that say how to cache it."""
    assert answer.status_code == real.status
    assert captures.own_headers(answer.headers) == set(real.headers)
    for name in ("cache-control", "content-type", "electric-schema", "electric-has-data"):
        assert answer.headers.get(name) == real.headers.get(name)
    etags = [_shape_of_etag(headers.get("etag", "")) for headers in (answer.headers, real.headers)]
    assert etags[0] == etags[1]


def _shape_of_etag(etag: str) -> str:
    return re.sub(r"\d+", "N", re.sub(r"\d+_(\d+|inf)", "OFFSET", etag))


def forms(messages: list[dict[str, Any]]) -> list[Any]:
    """What messages look like: their keys in order, without what differs from run to run."""
    return [
        (
            list(message),
            list(message.get("value", ())),
            [(name, name in VARYING or value) for name, value in message["headers"].items()],
        )
        for message in messages
    ]


VARYING = {"lsn", "txids", "global_last_seen_lsn", "xmin", "xmax"}


async def test_a_snapshot_ends_without_being_up_to_date(client: Client) -> None:
    run_id = await client.trigger("wait", {"hello": "world"}, tags=["el", "it's"])
    answer = await client.begin(f"{RUNS}/{run_id}")
    real = load("00")
    assert_like(answer, real)
    assert forms(answer.json()) == forms(real.json)
    assert answer.headers["electric-offset"] == "0_0"
    row, recorded = answer.json()[0]["value"], real.json[0]["value"]
    same = (
        "costInCents",
        "isTest",
        "payload",
        "payloadType",
        "runTags",
        "usageDurationMs",
    )
    assert {name: row[name] for name in same} == {name: recorded[name] for name in same}


async def test_behind_the_snapshot_the_log_is_empty_and_up_to_date(
    client: Client, path: str
) -> None:
    answer = await client.next(path, await client.begin(path))
    real = load("01")
    assert_like(answer, real)
    assert forms(answer.json()) == forms(real.json)
    assert answer.headers["electric-offset"] == "0_inf"


async def test_a_change_is_told_column_by_column(
    client: Client, server: DevServer, path: str
) -> None:
    last = await client.catch_up(path)
    poll = asyncio.create_task(client.live(path, last))
    await until_held(server)
    await change_run(server, path.rpartition("/")[2], status="DEQUEUED")
    answer = await poll
    real = load("02")
    assert_like(answer, real)
    assert forms(answer.json()) == forms(real.json)
    lsn = answer.json()[0]["headers"]["lsn"]
    assert answer.headers["electric-offset"] == f"{lsn}_0"
    assert abs(int(answer.headers["electric-cursor"]) % 20) == 0


async def test_every_change_is_told_however_late_one_asks(client: Client, path: str) -> None:
    last = await client.catch_up(path)
    for n in (1, 2, 3):
        await set_metadata(client, path, n=n)
    answer = await client.live(path, last)
    told = [json.loads(change["value"]["metadata"])["n"] for change in changes_in(answer)]
    assert told == [1, 2, 3]


async def test_an_older_offset_replays_the_log_and_the_snapshot_stays_as_it_was(
    client: Client, path: str
) -> None:
    begun = await client.begin(path)
    await set_metadata(client, path, n=1)
    again = await client.begin(path)
    assert again.json()[0] == begun.json()[0]
    replayed = [await client.next(path, begun) for _ in range(2)]
    assert_like(replayed[0], load("06"))
    assert replayed[0].json() == replayed[1].json()
    assert len(changes_in(replayed[0])) == 1


async def test_an_idle_poll_is_up_to_date_and_says_it_has_no_data(
    client: Client, path: str
) -> None:
    answer = await client.live(path, await client.catch_up(path))
    real = load("17")
    assert_like(answer, real)
    assert forms(answer.json()) == forms(real.json)
    assert answer.headers["electric-offset"] == "0_inf"


async def test_the_cursor_moves_on_when_the_client_has_it_already(
    client: Client, path: str
) -> None:
    first = await client.live(path, await client.catch_up(path))
    second = await client.live(path, first)
    assert int(second.headers["electric-cursor"]) > int(first.headers["electric-cursor"])


async def test_a_deleted_run_is_told_with_its_id_only_and_not_found_afterwards(
    client: Client, server: DevServer, path: str
) -> None:
    last = await client.catch_up(path)
    poll = asyncio.create_task(client.live(path, last))
    await until_held(server)
    await server.delete_run(path.rpartition("/")[2])
    answer = await poll
    real = load("14")
    assert_like(answer, real)
    assert forms(answer.json()) == forms(real.json)
    assert (await client.live(path, answer)).status_code == 404


async def test_a_run_that_leaves_a_tag_feed_is_deleted_from_it_and_may_come_back(
    client: Client, server: DevServer
) -> None:
    run_id = await waiting_run(client, tags=["t"])
    feed = f"{RUNS}?tags=t"
    last = await client.catch_up(feed)
    await change_run(server, run_id, tags=["other"])
    last = await client.live(feed, last)
    await change_run(server, run_id, tags=["other", "t"])
    back = await client.live(feed, last)
    [left], [returned] = changes_in(last), changes_in(back)
    assert left["headers"]["operation"] == "delete"
    assert left["value"] == {"id": run_id.removeprefix("run_")}
    assert returned["headers"]["operation"] == "insert"
    assert set(returned["value"]) == set(load("00").json[0]["value"])


async def test_changes_of_one_transaction_share_a_number_and_the_last_says_so(
    client: Client,
) -> None:
    feed = f"{RUNS}?tags=t"
    last = await client.catch_up(feed)
    items = [{"task": "one-at-a-time", "options": {"tags": ["t"], "delay": "1h"}}] * 3
    await client.post("/api/v2/tasks/batch", json={"items": items})
    answer = await client.live(feed, last)
    headers = [change["headers"] for change in changes_in(answer)]
    assert len({header["lsn"] for header in headers}) == 1
    assert [header["op_position"] for header in headers] == [0, 2, 4]
    assert [header.get("last") for header in headers] == [None, None, True]
    assert answer.headers["electric-offset"] == f"{headers[0]['lsn']}_4"


async def test_an_unknown_handle_is_answered_with_the_current_one(
    client: Client, path: str
) -> None:
    last = await client.catch_up(path)
    answer = await client.get(path, params={"offset": "39344752_0", "handle": "123-456"})
    real = load("04")
    assert_like(answer, real)
    assert answer.json() == real.json
    assert answer.headers["electric-handle"] == last.headers["electric-handle"]


async def test_another_definition_is_another_shape(client: Client, path: str) -> None:
    last = await client.catch_up(path)
    answer = await client.next(f"{path}?skipColumns=payload", last)
    assert answer.status_code == 409
    assert answer.headers["electric-handle"] != last.headers["electric-handle"]


async def test_voided_shapes_begin_anew_under_another_handle(
    client: Client, server: DevServer
) -> None:
    await waiting_run(client, tags=["mr1"])
    feed = f"{RUNS}?tags=mr1"
    last = await client.catch_up(feed)
    poll = asyncio.create_task(client.live(feed, last))
    await until(lambda: "tag:mr1" in server._store.changes._waiters)
    server.void_shapes()
    held, following = await poll, await client.live(feed, last)
    for answer, capture in ((held, "32"), (following, "33")):
        assert_like(answer, load(capture))
        assert answer.json() == load(capture).json
    handle = following.headers["electric-handle"]
    assert handle != last.headers["electric-handle"]
    assert handle.partition("-")[0] == last.headers["electric-handle"].partition("-")[0]
    anew = await client.get(f"{feed}&offset=-1&handle={handle}")
    assert_like(anew, load("34"))
    assert len(changes_in(anew)) == 1


@pytest.mark.parametrize(
    ("query", "capture"),
    [
        ("offset=99999999999_9&handle={}", "41"),
        ("offset=99999999999_9&handle={}&live=true", "42"),
        ("offset=abc&handle={}", "43"),
        ("offset=0_0&live=true", "44"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client: Client, path: str, query: str, capture: str
) -> None:
    last = await client.catch_up(path)
    answer = await client.get(f"{path}?{query.format(last.headers['electric-handle'])}")
    real = load(capture)
    assert_like(answer, real)
    assert answer.text == real.body


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", {"offset": ["can't be blank"]}),
        ("offset=-1&live=true", {"live": ["can't be true when offset == -1"]}),
    ],
)
async def test_a_request_without_a_start_is_refused(
    client: Client, path: str, query: str, errors: dict[str, list[str]]
) -> None:
    answer = await client.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["errors"]) == (400, errors)


async def test_no_tags_are_null_and_an_empty_list_is_an_empty_array(client: Client) -> None:
    options: list[dict[str, Any]] = [{}, {"tags": []}, {"tags": ["a b", 'q"t', "null", "x"]}]
    rows = [
        changes_in(await client.begin(f"{RUNS}/{await client.trigger('wait', **given)}"))[0]
        for given in options
    ]
    tags = [row["value"]["runTags"] for row in rows]
    assert tags == [None, "{}", r'{"a b","q\"t","null",x}']
    assert tags[0] == load("40").json[0]["value"]["runTags"]
    assert tags[1] == load("47").json[0]["value"]["runTags"]


@pytest.mark.parametrize(
    ("fraction", "text"), [(185, "17:47:51.185"), (40, "17:47:51.04"), (0, "17:47:51")]
)
async def test_times_have_a_space_and_no_zeros_at_the_end(
    client: Client, server: DevServer, fraction: int, text: str
) -> None:
    run_id = await waiting_run(client)
    await change_run(server, run_id, started_at=1_795_369_671_000 + fraction)
    [row] = changes_in(await client.begin(f"{RUNS}/{run_id}"))
    assert row["value"]["startedAt"] == f"2026-11-22 {text}"


async def test_a_shape_that_nobody_asks_for_is_dropped(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = await client.catch_up(path)
    monkeypatch.setattr(electric_shapes, "IDLE_SECONDS", -1.0)
    await client.begin(RUNS)
    assert (await client.live(path, last)).status_code == 409


async def test_a_log_that_grows_too_long_makes_its_shape_void(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = await client.catch_up(path)
    monkeypatch.setattr(electric_shapes, "MAX_LOG", 2)
    for n in range(3):
        await set_metadata(client, path, n=n)
    assert (await client.live(path, last)).status_code == 409


async def test_a_feed_that_begins_amid_changes_ends_with_what_there_is(client: Client) -> None:
    feed = f"{RUNS}?tags=t"
    runs = asyncio.gather(
        *(client.trigger("report", {"topic": "t", "parts": 2}, tags=["t"]) for _ in range(30))
    )
    rows: dict[str, dict[str, Any]] = {}
    finished: set[str] = set()
    async for _, row in client.follow(feed):
        rows[row["id"]] = row
        if row["status"] == "COMPLETED_SUCCESSFULLY":
            finished.add(row["id"])
        if len(finished) == 30:
            break
    assert finished == {run_id.removeprefix("run_") for run_id in await runs}
    anew = changes_in(await client.begin(f"{feed}&createdAt=1h"))
    assert rows == {change["value"]["id"]: change["value"] for change in anew}


async def test_feeds_of_one_definition_share_a_shape(client: Client, path: str) -> None:
    answers = await asyncio.gather(*(client.begin(path) for _ in range(5)))
    assert len({answer.headers["electric-handle"] for answer in answers}) == 1


async def test_changes_by_another_process_are_told(tmp_path: Path) -> None:
    database = str(tmp_path / "runs.db")
    ours, theirs = DevServer(database, style="electric"), DevServer(database)
    add_tasks(ours)
    async with serve(ours) as here, serve(theirs) as there:
        client, other = Client(here, ours.secret_key), Client(there, theirs.secret_key)
        async with client, other:
            path = f"{RUNS}/{await waiting_run(client)}"
            last = await client.catch_up(path)
            await set_metadata(other, path, n=1)
            last = await client.live(path, last)
            [change] = changes_in(last)
            assert json.loads(change["value"]["metadata"])["n"] == 1


async def test_a_run_deleted_by_another_process_leaves_the_feed(tmp_path: Path) -> None:
    database = str(tmp_path / "runs.db")
    ours, theirs = DevServer(database, style="electric"), DevServer(database)
    add_tasks(ours)
    async with serve(ours) as here, serve(theirs), Client(here, ours.secret_key) as client:
        run_id = await waiting_run(client, tags=["t"])
        feed = f"{RUNS}?tags=t"
        last = await client.catch_up(feed)
        await theirs.delete_run(run_id)
        [change] = changes_in(await client.live(feed, last))
    assert change["headers"]["operation"] == "delete"
