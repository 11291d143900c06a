"""The native style answers as the native backend of Trigger.dev does, byte shapes and headers."""

from __future__ import annotations

import asyncio
import json

from reflex_realtime.devserver import DevServer
from tests.devserver import captures
from tests.devserver.client import Client, changes_in
from tests.devserver.conftest import add_tasks
from tests.devserver.test_run_feeds import make_older, until_held, waiting_run
from tests.serving import serve

RUNS = "/realtime/v1/runs"


async def test_a_snapshot_has_the_headers_columns_and_messages_of_the_real_one(
    client: Client,
) -> None:
    run_id = await client.trigger("wait", tags=["a b", 'q"t'], metadata={"p": 1}, ttl="1h")
    answer = await client.get(f"{RUNS}/{run_id}?offset=-1")
    real = captures.load("00")
    assert answer.status_code == real.status
    assert captures.own_headers(answer.headers) == set(real.headers)
    for name in ("electric-schema", "cache-control", "content-type"):
        assert answer.headers[name] == real.headers[name]
    ours, theirs = answer.json(), real.json
    assert [message["headers"] for message in ours] == [m["headers"] for m in theirs]
    assert list(ours[0]["value"]) == list(theirs[0]["value"])
    assert ours[0]["value"]["runTags"] == r'{"a b","q\"t"}'
    assert ours[0]["value"]["metadata"] in ('{"p":1}', '{"p":1,"waiting":true}')
    assert ours[0]["key"] == f'"public"."TaskRun"/"{run_id.removeprefix("run_")}"'
    assert answer.headers["electric-handle"] == f"run-{run_id.removeprefix('run_')}"


async def test_a_poll_without_a_handle_is_a_snapshot(client: Client) -> None:
    run_id = await client.trigger("wait")
    answer = await client.get(f"{RUNS}/{run_id}?live=true")
    assert answer.json()[0]["headers"] == {"operation": "insert"}
    assert "electric-schema" in answer.headers


async def test_a_held_poll_answers_with_the_whole_changed_row(client: Client) -> None:
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    snapshot = await client.get(f"{RUNS}/{run_id}")
    poll = asyncio.create_task(client.live(f"{RUNS}/{run_id}", snapshot))
    await asyncio.sleep(0)
    await client.put(f"/api/v1/runs/{run_id}/metadata", json={"metadata": {"seen": 1}})
    answer = await poll
    real = captures.load("09")
    assert captures.own_headers(answer.headers) == set(real.headers)
    assert [message["headers"] for message in answer.json()] == [m["headers"] for m in real.json]
    assert list(answer.json()[0]["value"]) == list(real.json[0]["value"])
    assert json.loads(answer.json()[0]["value"]["metadata"]) == {"waiting": True, "seen": 1}


async def test_an_idle_poll_ends_with_a_bare_up_to_date(client: Client) -> None:
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    snapshot = await client.get(f"{RUNS}/{run_id}")
    answer = await client.live(f"{RUNS}/{run_id}", snapshot)
    real = captures.load("11")
    assert answer.json() == real.json
    assert captures.own_headers(answer.headers) == set(real.headers)
    assert answer.headers["electric-offset"] == snapshot.headers["electric-offset"]


async def test_the_window_is_a_day_at_most_and_pinned_in_the_handle(client: Client) -> None:
    short = await client.get(f"{RUNS}?createdAt=1h")
    week = await client.get(f"{RUNS}?createdAt=7d")
    nonsense = await client.get(f"{RUNS}?createdAt=soon")
    since = [
        int(answer.headers["electric-handle"].split("_")[1]) for answer in (short, week, nonsense)
    ]
    day, hour = 24 * 3_600_000, 3_600_000
    assert abs((since[0] - since[1]) - (day - hour)) <= 60_000
    assert abs(since[1] - since[2]) <= 60_000
    assert all(moment % 60_000 == 0 for moment in since)
    again = await client.live(RUNS, short)
    assert again.headers["electric-handle"] == short.headers["electric-handle"]


async def test_a_feed_of_tags_begins_with_the_newest_run(client: Client, server: DevServer) -> None:
    runs = [await client.trigger("wait", tags=["t"]) for _ in range(3)]
    for hours, run_id in zip((3, 2), runs, strict=False):
        await make_older(server, run_id, hours=hours)
    answer = await client.begin(f"{RUNS}?tags=t")
    shown = [message["value"]["friendlyId"] for message in changes_in(answer)]
    assert shown == runs[::-1]
    recorded = [m["value"]["createdAt"] for m in captures.load("20").json[:-1]]
    assert recorded == sorted(recorded, reverse=True)


async def test_a_deleted_run_is_not_told_of_and_not_found_afterwards(
    client: Client, server: DevServer
) -> None:
    path = f"{RUNS}/{await waiting_run(client)}"
    snapshot = await client.begin(path)
    poll = asyncio.create_task(client.live(path, snapshot))
    await until_held(server)
    await server.delete_run(path.rpartition("/")[2])
    assert changes_in(await poll) == []
    gone = await client.live(path, snapshot)
    real = captures.load("19")
    assert (gone.status_code, gone.text) == (real.status, real.body)


async def test_a_list_shows_only_so_many_runs_the_newest() -> None:
    server = DevServer(":memory:", poll_seconds=0.3, max_list=2)
    add_tasks(server)
    async with serve(server) as base_url, Client(base_url, server.secret_key) as client:
        runs = [await client.trigger("wait", tags=["t"]) for _ in range(3)]
        answer = await client.begin(f"{RUNS}?tags=t")
        shown = {message["value"]["friendlyId"] for message in changes_in(answer)}
    assert shown == set(runs[1:])
