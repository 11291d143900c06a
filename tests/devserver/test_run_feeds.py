"""The run feeds answer as the native backend of Trigger.dev does, byte shapes and headers."""

from __future__ import annotations

import asyncio
import json

import pytest

from reflex_realtime.devserver import DevServer
from tests.devserver import captures
from tests.devserver.client import Client

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


async def test_a_change_between_two_polls_is_delivered_by_the_next(client: Client) -> None:
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    snapshot = await client.get(f"{RUNS}/{run_id}")
    for value in (1, 2):
        await client.put(f"/api/v1/runs/{run_id}/metadata", json={"metadata": {"n": value}})
    answer = await client.live(f"{RUNS}/{run_id}", snapshot)
    [row, _] = answer.json()
    assert json.loads(row["value"]["metadata"])["n"] == 2


async def test_an_idle_poll_ends_with_a_bare_up_to_date(client: Client) -> None:
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    snapshot = await client.get(f"{RUNS}/{run_id}")
    answer = await client.live(f"{RUNS}/{run_id}", snapshot)
    real = captures.load("11")
    assert answer.json() == real.json
    assert captures.own_headers(answer.headers) == set(real.headers)
    assert answer.headers["electric-offset"] == snapshot.headers["electric-offset"]


async def test_old_clients_get_the_old_header_names(client: Client) -> None:
    run_id = await client.trigger("wait")
    del client.headers["x-trigger-electric-version"]
    answer = await client.get(f"{RUNS}/{run_id}?offset=-1")
    assert captures.own_headers(answer.headers) == set(captures.load("03").headers)


async def test_skipped_columns_are_missing_except_those_no_client_can_do_without(
    client: Client,
) -> None:
    run_id = await client.trigger("wait", {"x": 1})
    query = "skipColumns=payload,output,id,status,friendlyId,taskIdentifier,createdAt,nonsense"
    answer = await client.get(f"{RUNS}/{run_id}?{query}")
    schema = json.loads(answer.headers["electric-schema"])
    assert set(answer.json()[0]["value"]) == set(schema)
    assert {"payload", "output"}.isdisjoint(schema)
    assert {"id", "status", "friendlyId", "taskIdentifier", "createdAt", "payloadType"} <= set(
        schema
    )


async def test_the_token_decides_on_the_columns_before_the_request_does(client: Client) -> None:
    run_id = await client.trigger("wait")
    token = await client.public_token("read:runs", realtime={"skipColumns": ["payload"]})
    async with client.as_(token) as reader:
        answer = await reader.get(f"{RUNS}/{run_id}?skipColumns=output")
    schema = json.loads(answer.headers["electric-schema"])
    assert "payload" not in schema
    assert "output" in schema


async def test_clients_of_another_api_version_never_see_dequeued(
    client: Client, server: DevServer
) -> None:
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    await force_status(server, run_id, "DEQUEUED")
    assert (await client.get(f"{RUNS}/{run_id}")).json()[0]["value"]["status"] == "DEQUEUED"
    del client.headers["x-trigger-api-version"]
    assert (await client.get(f"{RUNS}/{run_id}")).json()[0]["value"]["status"] == "EXECUTING"


async def test_a_tag_feed_shows_the_runs_that_have_all_its_tags_as_they_were_created(
    client: Client,
) -> None:
    both = [await client.trigger("wait", tags=["a", "b"]) for _ in range(2)]
    await client.trigger("wait", tags=["a"])
    rows = (await client.get(f"{RUNS}?tags=a,b")).json()[:-1]
    assert [row["value"]["friendlyId"] for row in rows] == both


async def test_a_new_member_of_a_tag_feed_is_an_insert_and_a_changed_one_an_update(
    client: Client,
) -> None:
    await client.trigger("wait", tags=["t"])
    old = await client.trigger("wait", tags=["t"])
    await client.until_metadata(old, "waiting")
    snapshot = await client.get(f"{RUNS}?tags=t")
    await client.put(f"/api/v1/runs/{old}/metadata", json={"metadata": {"n": 1}})
    new = await client.trigger("wait", tags=["t"])
    answer = await client.live(f"{RUNS}?tags=t", snapshot)
    seen = {row["value"]["friendlyId"]: row["headers"]["operation"] for row in answer.json()[:-1]}
    assert seen[old] == "update"
    if new not in seen:
        answer = await client.live(f"{RUNS}?tags=t", answer)
        seen = {r["value"]["friendlyId"]: r["headers"]["operation"] for r in answer.json()[:-1]}
    assert seen[new] == "insert"


async def test_a_tag_feed_does_not_wake_for_other_tags(client: Client) -> None:
    snapshot = await client.get(f"{RUNS}?tags=mine")
    poll = asyncio.create_task(client.live(f"{RUNS}?tags=mine", snapshot))
    await client.trigger("wait", tags=["theirs"])
    assert (await poll).json() == captures.load("11").json


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


@pytest.mark.parametrize("tags", ['"x', "a,,b", "a\\b", "a\x07"])
async def test_a_tag_that_cannot_be_asked_for_is_refused(client: Client, tags: str) -> None:
    answer = await client.get(RUNS, params={"tags": tags})
    real = captures.load("29")
    assert answer.status_code == real.status
    assert answer.json()["error"] == real.json["error"]
    assert answer.json()["details"][0].keys() == real.json["details"][0].keys()


async def test_a_batch_feed_shows_its_runs_only(client: Client) -> None:
    await client.trigger("wait")
    body = {"items": [{"task": "wait"}, {"task": "wait"}]}
    batch = (await client.post("/api/v2/tasks/batch", json=body)).json()
    answer = await client.get(f"/realtime/v1/batches/{batch['id']}")
    assert len(answer.json()) == 3
    assert answer.headers["electric-handle"].startswith(f"{batch['id']}_")
    assert captures.own_headers(answer.headers) == set(captures.load("30").headers)


@pytest.mark.parametrize(
    ("path", "capture"), [(f"{RUNS}/run_nope", "44"), ("/realtime/v1/batches/batch_nope", "32")]
)
async def test_what_does_not_exist_is_not_found(client: Client, path: str, capture: str) -> None:
    answer = await client.get(path)
    real = captures.load(capture)
    assert (answer.status_code, answer.text) == (real.status, real.body)
    assert captures.own_headers(answer.headers) == set(real.headers)
    assert answer.headers["x-should-retry"] == real.headers["x-should-retry"]


async def test_head_and_preflight_are_answered_and_post_is_not(client: Client) -> None:
    run_id = await client.trigger("wait")
    head = await client.head(f"{RUNS}/{run_id}?offset=-1")
    assert head.status_code == 200
    assert captures.own_headers(head.headers) == set(captures.load("49").headers)
    assert (await client.post(f"{RUNS}/{run_id}", json={})).status_code == 405
    origin = {"Origin": "http://x.test", "Access-Control-Request-Headers": "authorization"}
    async with client.as_("") as nobody:
        preflight = await nobody.options(f"{RUNS}/{run_id}", headers=origin)
    assert preflight.text == "{}"
    assert captures.own_headers(preflight.headers) >= set(captures.load("48").headers)


async def test_stopping_the_server_answers_held_polls(client: Client, server: DevServer) -> None:
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    snapshot = await client.get(f"{RUNS}/{run_id}")
    poll = asyncio.create_task(client.live(f"{RUNS}/{run_id}", snapshot))
    await asyncio.sleep(0.05)
    await server.stop()
    assert (await poll).status_code == 200


async def test_a_stopped_server_says_so(client: Client, server: DevServer) -> None:
    await server.stop()
    answer = await client.get(f"{RUNS}/run_1")
    assert answer.status_code == 503
    assert "is not running" in answer.json()["error"]


async def force_status(server: DevServer, run_id: str, status: str) -> None:
    """Put a run into a status that does not last."""
    store = server._store
    await store.write(
        lambda tx: tx.execute("UPDATE runs SET status = ? WHERE id = ?", status, run_id)
    )
