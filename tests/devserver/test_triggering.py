"""Triggering: what becomes a run, and what is refused with which message."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import jwt
import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.protocol.tokens import read_claims
from tests.devserver.client import Client

FINISHED = ("COMPLETED_SUCCESSFULLY", "COMPLETED_WITH_ERRORS")


async def test_triggering_gives_an_id_and_a_token_for_an_hour(client: Client) -> None:
    answer = await client.post("/api/v1/tasks/report/trigger", json={"payload": {"topic": "t"}})
    run_id = answer.json()["id"]
    assert answer.json() == {"id": run_id, "isCached": False}
    claims = read_claims(answer.headers["x-trigger-jwt"])
    assert claims is not None
    assert claims.scopes == (f"read:runs:{run_id}", f"write:inputStreams:{run_id}")
    assert claims.exp is not None
    assert claims.iat is not None
    assert claims.exp - claims.iat == 3600
    assert json.loads(answer.headers["x-trigger-jwt-claims"])["sub"] == claims.sub


async def test_a_run_passes_through_its_statuses_and_ends_with_its_output(client: Client) -> None:
    run_id = await client.trigger("report", {"topic": "tides"}, tags=["a"])
    row = await client.until(run_id, *FINISHED)
    assert row["status"] == "COMPLETED_SUCCESSFULLY"
    assert json.loads(row["output"]) == {"url": "/tides"}
    assert row["outputType"] == "application/json"
    assert row["startedAt"] <= row["completedAt"]


async def test_no_payload_and_no_output_are_absent_rather_than_null(client: Client) -> None:
    answer = await client.post("/api/v1/tasks/nothing/trigger", json={})
    row = await client.until(answer.json()["id"], "COMPLETED_SUCCESSFULLY")
    assert (row["payload"], row["output"]) == (None, None)


async def test_an_unknown_task_is_not_found(client: Client) -> None:
    answer = await client.post("/api/v1/tasks/nope/trigger", json={})
    assert (answer.status_code, answer.json()) == (404, {"error": "Task not found"})


async def test_a_payload_that_does_not_fit_names_task_field_and_problem(client: Client) -> None:
    answer = await client.post("/api/v1/tasks/report/trigger", json={"payload": {"parts": "x"}})
    assert answer.status_code == 422
    message = answer.json()["error"]
    assert "'report'" in message
    assert "topic: Field required" in message
    assert "parts: Input should be a valid integer" in message


@pytest.mark.parametrize(
    ("payload", "payload_type"),
    [
        ({"topic": "x"}, "application/json"),
        ('{"json":{"topic":"x"}}', "application/super+json"),
    ],
)
async def test_payloads_of_each_type_are_read(
    client: Client, payload: Any, payload_type: str
) -> None:
    run_id = await client.trigger("report", payload, payloadType=payload_type)
    row = await client.until(run_id, *FINISHED)
    assert json.loads(row["output"]) == {"url": "/x"}
    assert row["payloadType"] == payload_type


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"options": {"tags": ["x"] * 9 + ["a", "b", "c"] * 4}}, "10 tags"),
        ({"options": {"tags": ["x" * 129]}}, "128 characters"),
        ({"options": {"delay": "soon"}}, "is not a duration"),
        ({"options": {"ttl": "-1h"}}, "future"),
        ({"options": {"maxAttempts": 0}}, "maxAttempts"),
        ({"options": {"metadata": "[1]"}}, "metadata must be an object"),
        ({"options": {"metadata": {"x": "y" * 300_000}}}, "262144"),
        ({"payload": "s3/x", "options": {"payloadType": "application/store"}}, "is stored under"),
    ],
)
async def test_options_that_make_no_sense_are_refused(
    client: Client, body: dict[str, Any], message: str
) -> None:
    answer = await client.post("/api/v1/tasks/wait/trigger", json=body)
    assert answer.status_code == 422
    assert message in answer.json()["error"]


async def test_a_body_that_is_not_json_is_refused(client: Client) -> None:
    for body, status in (("{", 400), ("[]", 400)):
        answer = await client.post("/api/v1/tasks/wait/trigger", content=body)
        assert answer.status_code == status


async def test_a_body_without_its_length_or_too_large_is_refused(client: Client) -> None:
    async def chunks():
        yield b"{}"

    answer = await client.post("/api/v1/tasks/wait/trigger", content=chunks())
    assert (answer.status_code, answer.json()) == (413, {"error": "Request body too large"})
    large = json.dumps({"payload": "x" * 3 * 1024 * 1024})
    answer = await client.post("/api/v1/tasks/wait/trigger", content=large)
    assert answer.status_code == 413


async def test_an_idempotency_key_leads_to_the_same_run(client: Client) -> None:
    options = {"idempotencyKey": "k"}
    first = await client.trigger("wait", **options)
    answer = await client.post("/api/v1/tasks/wait/trigger", json={"options": options})
    assert answer.json() == {"id": first, "isCached": True}
    assert await client.trigger("spin", **options) != first
    assert await client.trigger("wait", idempotencyKey="other") != first


async def test_a_delayed_run_waits_for_its_time(client: Client) -> None:
    run_id = await client.trigger("report", {"topic": "t"}, delay="1s")
    row = (await client.get(f"/realtime/v1/runs/{run_id}")).json()[0]["value"]
    assert row["status"] == "DELAYED"
    assert row["queuedAt"] is None
    done = await client.until(run_id, *FINISHED)
    assert done["startedAt"] >= row["delayUntil"]


async def test_a_run_that_does_not_start_in_time_expires(client: Client) -> None:
    await client.trigger("one-at-a-time")
    run_id = await client.trigger("one-at-a-time", ttl=1)
    row = await client.until(run_id, "EXPIRED")
    assert row["expiredAt"] == row["completedAt"]
    assert "TTL (1s)" in row["error"]


async def test_a_batch_makes_its_runs_in_order(client: Client) -> None:
    items = [{"task": "report", "payload": {"topic": str(n)}} for n in range(3)]
    answer = await client.post("/api/v2/tasks/batch", json={"items": items})
    assert answer.status_code == 202
    batch = answer.json()
    assert batch["runCount"] == 3
    claims = read_claims(answer.headers["x-trigger-jwt"])
    assert claims is not None
    assert claims.scopes == (f"read:batch:{batch['id']}",)
    finished: set[str] = set()
    async for _, row in client.follow(f"/realtime/v1/batches/{batch['id']}"):
        if row["completedAt"]:
            finished.add(row["friendlyId"])
        if len(finished) == 3:
            break
    retrieved = (await client.get(f"/api/v2/batches/{batch['id']}")).json()
    assert retrieved["status"] == "COMPLETED"
    outputs = [
        (await client.get(f"/api/v3/runs/{run_id}")).json()["output"]
        for run_id in retrieved["runs"]
    ]
    assert outputs == [{"url": "/0"}, {"url": "/1"}, {"url": "/2"}]


async def test_the_feed_of_a_batch_shows_its_runs_in_their_order(client: Client) -> None:
    items = [{"task": "wait", "payload": n} for n in range(20)]
    batch = (await client.post("/api/v2/tasks/batch", json={"items": items})).json()
    rows = (await client.get(f"/realtime/v1/batches/{batch['id']}")).json()[:-1]
    assert [row["value"]["payload"] for row in rows] == [str(n) for n in range(20)]
    ids = [row["value"]["friendlyId"] for row in rows]
    assert ids == sorted(ids)


async def test_one_bad_item_refuses_the_whole_batch_and_says_which(client: Client) -> None:
    items = [{"task": "wait"}, {"task": "report", "payload": {}}]
    answer = await client.post("/api/v2/tasks/batch", json={"items": items})
    assert answer.status_code == 422
    assert "Item 1" in answer.json()["error"]
    assert (await client.get("/api/v1/runs")).json()["data"] == []


async def test_a_batch_in_two_steps_is_sealed_when_all_items_are_there(client: Client) -> None:
    batch = (await client.post("/api/v3/batches", json={"runCount": 3})).json()
    assert batch["isCached"] is False

    async def add(*indexes: int) -> dict[str, Any]:
        lines = "".join(json.dumps({"index": n, "task": "wait"}) + "\n" for n in indexes)
        answer = await client.post(
            f"/api/v3/batches/{batch['id']}/items",
            content=lines,
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = await add(0, 1)
    assert first["sealed"] is False
    assert (first["enqueuedCount"], first["expectedCount"]) == (2, 3)
    again = await add(0, 1, 2)
    assert again == {
        "id": batch["id"],
        "itemsAccepted": 1,
        "itemsDeduplicated": 2,
        "sealed": True,
    }


async def test_batch_items_must_be_lines_of_json(client: Client) -> None:
    batch = (await client.post("/api/v3/batches", json={"runCount": 1})).json()
    path = f"/api/v3/batches/{batch['id']}/items"
    assert (await client.post(path, json={})).status_code == 415
    headers = {"Content-Type": "application/x-ndjson"}
    assert (await client.post(path, content="{", headers=headers)).status_code == 400
    assert (await client.post(path, content='{"index":7}', headers=headers)).status_code == 422


def one_time_token(server: DevServer) -> str:
    """A token that may trigger once."""
    claims = {
        "sub": server._store.environment_id,
        "pub": True,
        "otu": True,
        "iss": "https://id.trigger.dev",
        "aud": "https://api.trigger.dev",
        "scopes": ["trigger:tasks:wait"],
    }
    return jwt.encode(claims, server.secret_key, algorithm="HS256")


async def test_a_one_time_token_triggers_once(client: Client, server: DevServer) -> None:
    async with client.as_(one_time_token(server)) as caller:
        assert (await caller.post("/api/v1/tasks/wait/trigger", json={})).status_code == 200
        again = await caller.post("/api/v1/tasks/wait/trigger", json={})
    assert again.status_code == 422
    assert "already been used" in again.json()["error"]


async def test_a_replay_runs_the_same_payload_again(client: Client) -> None:
    run_id = await client.trigger("report", {"topic": "t"})
    await client.until(run_id, *FINISHED)
    again = (await client.post(f"/api/v1/runs/{run_id}/replay")).json()["id"]
    assert again != run_id
    row = await client.until(again, *FINISHED)
    assert json.loads(row["output"]) == {"url": "/t"}


async def test_runs_are_listed_by_status_task_and_tag_in_pages(client: Client) -> None:
    waiting = [await client.trigger("wait", tags=["t"]) for _ in range(3)]
    done = await client.trigger("report", {"topic": "t"})
    await client.until(done, *FINISHED)

    async def ids(**query: str) -> list[str]:
        answer = await client.get("/api/v1/runs", params=query)
        return [run["id"] for run in answer.json()["data"]]

    assert await ids() == [done, *waiting[::-1]]
    assert await ids(**{"filter[status]": "COMPLETED"}) == [done]
    assert await ids(**{"filter[taskIdentifier]": "wait", "filter[tag]": "t"}) == waiting[::-1]
    page = (await client.get("/api/v1/runs?page[size]=2")).json()
    assert page["pagination"] == {"next": waiting[2]}
    assert await ids(**{"page[after]": waiting[2]}) == waiting[1::-1]


async def test_many_triggers_at_once_all_become_runs(client: Client) -> None:
    ids = await asyncio.gather(*(client.trigger("wait") for _ in range(50)))
    assert len(set(ids)) == 50


REQUEST_KEY = "x-trigger-request-idempotency-key"


async def test_a_trigger_that_is_sent_again_makes_no_second_run(client: Client) -> None:
    body = {"payload": 1, "options": {}}
    answers = [
        (await client.post("/api/v1/tasks/wait/trigger", json=body, headers={REQUEST_KEY: key}))
        for key in ("first", "first", "second")
    ]
    first, again, second = (answer.json() for answer in answers)
    assert first == again
    assert second["id"] != first["id"]
    assert answers[1].headers["x-trigger-jwt"]


async def test_a_one_time_token_lets_a_trigger_be_sent_again(
    client: Client, server: DevServer
) -> None:
    async with client.as_(one_time_token(server)) as browser:
        browser.headers[REQUEST_KEY] = "first"
        answers = [await browser.post("/api/v1/tasks/wait/trigger", json={}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v2/tasks/batch", {"items": [{"task": "wait"}]}),
        ("/api/v3/batches", {"runCount": 1}),
    ],
)
async def test_a_batch_that_is_sent_again_makes_no_second_one(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    answers = [
        (await client.post(path, json=body, headers={REQUEST_KEY: key})).json()
        for key in ("first", "first", "second")
    ]
    assert answers[0] == answers[1]
    assert answers[2]["id"] != answers[0]["id"]


async def test_a_delayed_run_gets_another_delay(client: Client) -> None:
    run_id = await client.trigger("nothing", delay="1h")
    answer = await client.post(f"/api/v1/runs/{run_id}/reschedule", json={"delay": "1s"})
    assert (answer.status_code, answer.json()["status"]) == (200, "DELAYED")
    row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert row["delayUntil"] < row["startedAt"]


@pytest.mark.parametrize(
    ("options", "body", "status"),
    [
        ({"delay": "1h"}, {"delay": "soon"}, 400),
        ({"delay": "1h"}, {}, 400),
        ({}, {"delay": "1h"}, 422),
    ],
)
async def test_a_delay_that_makes_no_sense_is_refused(
    client: Client, options: dict[str, Any], body: dict[str, Any], status: int
) -> None:
    run_id = await client.trigger("wait", **options)
    answer = await client.post(f"/api/v1/runs/{run_id}/reschedule", json=body)
    assert answer.status_code == status


async def test_a_key_counts_for_its_task_and_while_its_run_is_there(
    client: Client, server: DevServer
) -> None:
    client.headers[REQUEST_KEY] = "first"
    first = await client.trigger("wait")
    other = await client.trigger("nothing")
    assert other != first
    await server.delete_run(first)
    assert await client.trigger("wait") not in (first, other)
