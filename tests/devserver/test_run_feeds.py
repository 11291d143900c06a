"""The run feeds, in what both styles have in common."""

from __future__ import annotations

import asyncio
import json

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.options import FeedStyle
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import get_run, update_run
from tests.devserver import captures
from tests.devserver.client import Client, changes_in
from tests.devserver.conftest import add_tasks
from tests.serving import serve
from tests.waiting import until

RUNS = "/realtime/v1/runs"


@pytest.fixture(params=["native", "electric"])
def style(request: pytest.FixtureRequest) -> FeedStyle:
    """Every test here runs on both."""
    return request.param


async def test_a_feed_begins_with_the_whole_run(client: Client) -> None:
    run_id = await client.trigger("wait", {"x": 1}, tags=["t"])
    [change] = changes_in(await client.begin(f"{RUNS}/{run_id}"))
    assert change["headers"]["operation"] == "insert"
    assert change["key"] == f'"public"."TaskRun"/"{run_id.removeprefix("run_")}"'
    assert change["value"]["friendlyId"] == run_id
    assert json.loads(change["value"]["payload"]) == {"x": 1}
    assert set(change["value"]) == set(captures.load("00").json[0]["value"])


async def test_a_held_poll_answers_when_the_run_changes(client: Client) -> None:
    path = f"{RUNS}/{await waiting_run(client)}"
    last = await client.catch_up(path)
    poll = asyncio.create_task(client.live(path, last))
    await asyncio.sleep(0)
    await set_metadata(client, path, seen=1)
    [change] = changes_in(await poll)
    assert change["headers"]["operation"] == "update"
    assert json.loads(change["value"]["metadata"]) == {"waiting": True, "seen": 1}


async def test_a_change_between_two_polls_is_delivered_by_the_next(client: Client) -> None:
    path = f"{RUNS}/{await waiting_run(client)}"
    last = await client.catch_up(path)
    for value in (1, 2):
        await set_metadata(client, path, n=value)
    *_, change = changes_in(await client.live(path, last))
    assert json.loads(change["value"]["metadata"])["n"] == 2


async def test_an_idle_poll_ends_where_it_began_with_no_change(client: Client) -> None:
    path = f"{RUNS}/{await waiting_run(client)}"
    last = await client.catch_up(path)
    answer = await client.live(path, last)
    assert changes_in(answer) == []
    for name in ("electric-handle", "electric-offset"):
        assert answer.headers[name] == last.headers[name]


async def test_a_feed_shows_each_status_of_a_run_to_its_end(client: Client) -> None:
    run_id = await client.trigger("report", {"topic": "t", "parts": 3})
    row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert "/t" in row["output"]
    assert row["completedAt"]
    assert row["realtimeStreams"] in ("{text}", '{"text"}')


async def test_old_clients_get_the_old_header_names(client: Client, style: FeedStyle) -> None:
    run_id = await client.trigger("wait")
    del client.headers["x-trigger-electric-version"]
    answer = await client.begin(f"{RUNS}/{run_id}")
    assert captures.own_headers(answer.headers) == set(captures.load("03", style).headers)


async def test_skipped_columns_are_missing_except_those_no_client_can_do_without(
    client: Client,
) -> None:
    run_id = await client.trigger("wait", {"x": 1})
    query = "skipColumns=payload,output,id,status,friendlyId,taskIdentifier,createdAt,nonsense"
    answer = await client.begin(f"{RUNS}/{run_id}?{query}")
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
        answer = await reader.begin(f"{RUNS}/{run_id}?skipColumns=output")
    schema = json.loads(answer.headers["electric-schema"])
    assert "payload" not in schema
    assert "output" in schema


async def test_clients_of_another_api_version_never_see_dequeued(
    client: Client, server: DevServer
) -> None:
    run_id = await waiting_run(client)
    await change_run(server, run_id, status="DEQUEUED")
    path = f"{RUNS}/{run_id}"
    assert changes_in(await client.begin(path))[0]["value"]["status"] == "DEQUEUED"
    del client.headers["x-trigger-api-version"]
    assert changes_in(await client.begin(path))[0]["value"]["status"] == "EXECUTING"


async def test_a_tag_feed_shows_the_runs_that_have_all_its_tags(client: Client) -> None:
    both = [await client.trigger("wait", tags=["a", "b"]) for _ in range(2)]
    await client.trigger("wait", tags=["a"])
    rows = changes_in(await client.begin(f"{RUNS}?tags=a,b"))
    assert {row["value"]["friendlyId"] for row in rows} == set(both)


async def test_a_new_member_of_a_tag_feed_is_an_insert_and_a_changed_one_an_update(
    client: Client,
) -> None:
    old = await waiting_run(client, tags=["t"])
    last = await client.catch_up(f"{RUNS}?tags=t")
    await set_metadata(client, old, n=1)
    new = await client.trigger("wait", tags=["t"])
    first: dict[str, str] = {}
    while len(first) < 2:
        last = await client.live(f"{RUNS}?tags=t", last)
        for change in changes_in(last):
            first.setdefault(change["value"]["id"], change["headers"]["operation"])
    assert first == {
        old.removeprefix("run_"): "update",
        new.removeprefix("run_"): "insert",
    }


async def test_a_tag_feed_does_not_wake_for_other_tags(client: Client) -> None:
    last = await client.catch_up(f"{RUNS}?tags=mine")
    poll = asyncio.create_task(client.live(f"{RUNS}?tags=mine", last))
    await client.trigger("wait", tags=["theirs"])
    assert changes_in(await poll) == []


async def test_a_window_shows_only_runs_created_within_it(
    client: Client, server: DevServer
) -> None:
    old, new = [await waiting_run(client) for _ in range(2)]
    await make_older(server, old, hours=2)
    rows = changes_in(await client.begin(f"{RUNS}?createdAt=1h"))
    assert [row["value"]["friendlyId"] for row in rows] == [new]


@pytest.mark.parametrize("tags", ['"x', "a,,b", "a\\b", "a\x07"])
async def test_a_tag_that_cannot_be_asked_for_is_refused(client: Client, tags: str) -> None:
    answer = await client.get(RUNS, params={"tags": tags, "offset": "-1"})
    real = captures.load("29")
    assert answer.status_code == real.status
    assert answer.json()["error"] == real.json["error"]
    assert answer.json()["details"][0].keys() == real.json["details"][0].keys()


async def test_a_batch_feed_shows_its_runs_only(client: Client) -> None:
    await client.trigger("wait")
    body = {"items": [{"task": "wait"}, {"task": "wait"}]}
    batch = (await client.post("/api/v2/tasks/batch", json=body)).json()
    answer = await client.begin(f"/realtime/v1/batches/{batch['id']}")
    assert len(changes_in(answer)) == 2


@pytest.mark.parametrize(
    ("path", "capture"), [(f"{RUNS}/run_nope", "44"), ("/realtime/v1/batches/batch_nope", "32")]
)
async def test_what_does_not_exist_is_not_found(client: Client, path: str, capture: str) -> None:
    answer = await client.begin(path)
    real = captures.load(capture)
    assert (answer.status_code, answer.text) == (real.status, real.body)
    assert captures.own_headers(answer.headers) == set(real.headers)
    assert answer.headers["x-should-retry"] == real.headers["x-should-retry"]


async def test_head_and_preflight_are_answered_and_post_is_not(
    client: Client, style: FeedStyle
) -> None:
    path = f"{RUNS}/{await client.trigger('wait')}"
    head = await client.head(f"{path}?offset=-1")
    assert head.status_code == 200
    assert captures.own_headers(head.headers) == set(captures.load("00", style).headers)
    assert (await client.post(path, json={})).status_code == 405
    origin = {"Origin": "http://x.test", "Access-Control-Request-Headers": "authorization"}
    async with client.as_("") as nobody:
        preflight = await nobody.options(path, headers=origin)
    assert preflight.text == "{}"
    assert captures.own_headers(preflight.headers) >= set(captures.load("48").headers)


async def test_only_so_many_polls_are_held_at_once(style: FeedStyle) -> None:
    server = DevServer(":memory:", poll_seconds=5, style=style, max_live_polls=1)
    add_tasks(server)
    async with serve(server) as base_url, Client(base_url, server.secret_key) as client:
        path = f"{RUNS}/{await waiting_run(client)}"
        last = await client.catch_up(path)
        held = asyncio.create_task(client.live(path, last))
        await until_held(server)
        refused = await client.live(path, last)
        snapshot = await client.begin(path)
        await set_metadata(client, path, n=1)
        assert (await held).status_code == 200
        assert (await client.live(path, last)).status_code == 200
    real = captures.load("74")
    assert (refused.status_code, refused.text) == (real.status, real.body)
    assert captures.own_headers(refused.headers) == set(real.headers)
    assert snapshot.status_code == 200


async def test_stopping_the_server_answers_held_polls(client: Client, server: DevServer) -> None:
    path = f"{RUNS}/{await waiting_run(client)}"
    poll = asyncio.create_task(client.live(path, await client.catch_up(path)))
    await until_held(server)
    await server.stop()
    assert (await poll).status_code == 200


async def test_a_stopped_server_says_so(client: Client, server: DevServer) -> None:
    await server.stop()
    answer = await client.begin(f"{RUNS}/run_1")
    assert answer.status_code == 503
    assert "is not running" in answer.json()["error"]


async def waiting_run(client: Client, **options: object) -> str:
    """A run whose task has begun and now waits; nothing changes it any more."""
    run_id = await client.trigger("wait", **options)
    # A shape of its own, so that the test's begins with the test.
    async for _, row in client.follow(f"{RUNS}/{run_id}?skipColumns=number"):
        if "waiting" in (row["metadata"] or ""):
            break
    return run_id


async def set_metadata(client: Client, path: str, **values: object) -> None:
    """Change the metadata of the run whose id a path ends with."""
    run_id = path.rpartition("/")[2]
    answer = await client.put(f"/api/v1/runs/{run_id}/metadata", json={"metadata": values})
    assert answer.status_code == 200, answer.text


async def change_run(server: DevServer, run_id: str, **changes: object) -> None:
    """Change a run in a way that no request can."""

    def change(tx: Transaction) -> None:
        run = get_run(tx, run_id)
        assert run is not None
        update_run(tx, run, **changes)

    await server._store.write(change)


async def make_older(server: DevServer, run_id: str, hours: int) -> None:
    """Move the creation of a run into the past."""
    await server._store.write(
        lambda tx: tx.execute(
            "UPDATE runs SET created_at = created_at - ? WHERE id = ?", hours * 3_600_000, run_id
        )
    )


async def until_held(server: DevServer) -> None:
    """Return when a poll is being held."""
    await until(lambda: any("run:" in topic for topic in server._store.changes._waiters))
