"""Packets: payloads and outputs that are stored apart, and the types that they have."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.http import presigned
from reflex_realtime.devserver.options import FeedStyle
from reflex_realtime.protocol.packets import encode_packet
from tests.devserver.client import Client, changes_in
from tests.serving import serve

RUNS = "/realtime/v1/runs"
LARGE = "x" * 200
ENDED = ("COMPLETED_SUCCESSFULLY", "COMPLETED_WITH_ERRORS")


@pytest.fixture(params=["native", "electric"])
def style(request: pytest.FixtureRequest) -> FeedStyle:
    """Every test here runs on both."""
    return request.param


@pytest.fixture
def server(style: FeedStyle) -> DevServer:
    """A server that stores everything above 150 bytes apart."""
    server = DevServer(":memory:", poll_seconds=0.3, style=style, offload_bytes=150)

    @server.task("echo")
    async def echo(payload: Any) -> Any:
        return payload

    @server.task("kind")
    async def kind(payload: Any) -> str:
        return type(payload).__name__

    @server.task("when")
    async def when() -> dict[str, Any]:
        return {"at": datetime(2026, 8, 1, tzinfo=UTC), "tags": {"a"}}

    return server


@pytest.fixture
async def anybody(client: Client) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with httpx.AsyncClient() as anybody:
        yield anybody


async def finished(
    client: Client, task: str, payload: Any = None, **options: Any
) -> dict[str, Any]:
    """The row of a run that has ended."""
    row = await client.until(await client.trigger(task, payload, **options), *ENDED)
    assert row["status"] == "COMPLETED_SUCCESSFULLY", row["error"]
    return row


async def url_of(client: Client, path: str) -> str:
    """The presigned URL that a route answers with."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["presignedUrl"]


async def upload(client: Client, anybody: httpx.AsyncClient, name: str, value: Any) -> str:
    """Store a packet and return its path."""
    text, data_type = encode_packet(value)
    placed = (await client.put(f"/api/v2/packets/{name}")).json()
    headers = {"Content-Type": data_type}
    stored = await anybody.put(placed["presignedUrl"], content=text, headers=headers)
    assert stored.status_code == 200, stored.text
    return placed["storagePath"]


async def test_small_payloads_and_outputs_are_in_the_row(client: Client) -> None:
    row = await finished(client, "echo", {"a": 1})
    assert (row["payload"], row["payloadType"]) == ('{"a":1}', "application/json")
    assert (row["output"], row["outputType"]) == ('{"a":1}', "application/json")


async def test_a_row_carries_the_paths_of_large_ones(client: Client) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    run_id = row["friendlyId"]
    assert (row["payload"], row["payloadType"]) == (f"{run_id}/payload.json", "application/store")
    assert (row["output"], row["outputType"]) == (f"{run_id}/output.json", "application/store")


async def test_a_public_token_of_the_run_fetches_them_by_either_route(
    client: Client, anybody: httpx.AsyncClient
) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    run_id = row["friendlyId"]
    async with client.as_(await client.public_token(f"read:runs:{run_id}")) as reader:
        urls = [
            await url_of(reader, f"/api/v1/runs/{run_id}/packets/output"),
            await url_of(reader, f"/api/v1/packets/{row['payload'].replace('/', '%2F')}"),
        ]
    for url in urls:
        answer = await anybody.get(url)
        assert answer.json() == {"text": LARGE}
        assert answer.headers["content-type"] == "application/json"


async def test_a_token_of_another_run_fetches_nothing(client: Client) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    async with client.as_(await client.public_token("read:runs:run_other")) as reader:
        for path in (f"runs/{row['friendlyId']}/packets/output", f"packets/{row['output']}"):
            assert (await reader.get(f"/api/v1/{path}")).status_code == 403


async def test_what_is_not_stored_apart_is_not_found(client: Client) -> None:
    row = await finished(client, "echo", 1)
    for path in (f"{row['friendlyId']}/packets/output", "run_nope/packets/output"):
        assert (await client.get(f"/api/v1/runs/{path}")).status_code == 404


async def test_the_storage_refuses_a_second_credential_as_s3_does(
    client: Client, anybody: httpx.AsyncClient
) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    url = await url_of(client, f"/api/v1/packets/{row['output']}")
    refused = await anybody.get(url, headers={"Authorization": "Bearer tr_dev_x"})
    assert refused.status_code == 400
    assert "<Code>InvalidArgument</Code>" in refused.text


async def test_a_url_is_for_one_method_one_packet_and_a_while(
    client: Client, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    url = await url_of(client, f"/api/v1/packets/{row['output']}")
    assert (await anybody.put(url, content="x")).status_code == 403
    assert (await anybody.get(url.replace("output", "payload"))).status_code == 403
    assert (await anybody.get(url.partition("?")[0])).status_code == 403
    monkeypatch.setattr(presigned, "PRESIGNED_SECONDS", -1)
    late = await anybody.get(await url_of(client, f"/api/v1/packets/{row['output']}"))
    assert (late.status_code, "Request has expired" in late.text) == (403, True)


async def test_retrieving_a_run_gives_presigned_urls(
    client: Client, anybody: httpx.AsyncClient
) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    run = (await client.get(f"/api/v3/runs/{row['friendlyId']}")).json()
    assert {"payload", "output"}.isdisjoint(run)
    for name in ("payloadPresignedUrl", "outputPresignedUrl"):
        assert (await anybody.get(run[name])).json() == {"text": LARGE}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"a": 1}, "dict"),
        ("text", "str"),
        ({1, 2}, "set"),
        (datetime.now(UTC), "datetime"),
    ],
)
async def test_a_payload_may_be_stored_by_its_sender(
    client: Client, anybody: httpx.AsyncClient, value: Any, kind: str
) -> None:
    path = await upload(client, anybody, "mine/payload.json", value)
    row = await finished(client, "kind", path, payloadType="application/store")
    assert (row["payload"], row["payloadType"]) == (path, "application/store")
    assert (row["output"], row["outputType"]) == (kind, "text/plain")


async def test_a_stored_payload_is_checked_and_must_be_there(
    client: Client, anybody: httpx.AsyncClient, server: DevServer
) -> None:
    @server.task("count")
    async def count(payload: int) -> int:
        return payload

    path = await upload(client, anybody, "p.json", {"not": "a number"})
    for payload, problem in ((path, "does not fit"), ("nowhere", "No packet is stored")):
        body = {"payload": payload, "options": {"payloadType": "application/store"}}
        answer = await client.post("/api/v1/tasks/count/trigger", json=body)
        assert (answer.status_code, problem in answer.json()["error"]) == (422, True)


async def test_items_of_a_batch_may_be_large_or_stored(
    client: Client, anybody: httpx.AsyncClient
) -> None:
    path = await upload(client, anybody, "mine/item", "stored")
    items = [
        {"task": "echo", "payload": {"text": LARGE}},
        {"task": "echo", "payload": path, "options": {"payloadType": "application/store"}},
    ]
    batch = (await client.post("/api/v2/tasks/batch", json={"items": items})).json()
    answer = await client.begin(f"/realtime/v1/batches/{batch['id']}")
    rows = [change["value"] for change in changes_in(answer)]
    assert {row["payloadType"] for row in rows} == {"application/store"}
    assert path in {row["payload"] for row in rows}


async def test_a_task_takes_and_returns_what_json_lacks(client: Client) -> None:
    text, data_type = encode_packet({"at": datetime(2026, 8, 1, tzinfo=UTC)})
    row = await finished(client, "echo", text, payloadType=data_type)
    assert row["outputType"] == "application/super+json"
    assert json.loads(row["output"])["meta"] == {"values": {"at": ["Date"]}}


async def test_an_output_with_a_date_and_a_set_is_superjson(client: Client) -> None:
    row = await finished(client, "when")
    assert row["outputType"] == "application/super+json"
    assert json.loads(row["output"])["meta"]["values"] == {"at": ["Date"], "tags": ["set"]}


async def test_deleting_a_run_deletes_its_packets(
    client: Client, server: DevServer, anybody: httpx.AsyncClient
) -> None:
    row = await finished(client, "echo", {"text": LARGE})
    url = await url_of(client, f"/api/v1/packets/{row['output']}")
    await server.delete_run(row["friendlyId"])
    assert (await anybody.get(url)).status_code == 404


async def test_an_upload_without_a_length_is_refused(
    client: Client, anybody: httpx.AsyncClient
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    placed = (await client.put("/api/v2/packets/p")).json()
    assert (await anybody.put(placed["presignedUrl"], content=body())).status_code == 411


async def test_presigned_urls_work_where_the_server_is_mounted() -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    server = DevServer(":memory:", offload_bytes=1)

    @server.task("echo")
    async def echo(payload: Any) -> Any:
        return payload

    server.asgi = Starlette(routes=[Mount("/_realtime", server.asgi)])
    async with serve(server) as base_url:
        async with Client(f"{base_url}/_realtime", server.secret_key) as client:
            row = await finished(client, "echo", {"text": LARGE})
            url = await url_of(client, f"/api/v1/packets/{row['output']}")
        assert url.startswith(f"{base_url}/_realtime/storage/")
        async with httpx.AsyncClient() as anybody:
            assert (await anybody.get(url)).json() == {"text": LARGE}
