"""Streams of version 2, input streams, and what decides on the version."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.http.streams import version
from reflex_realtime.devserver.options import StreamsVersion
from tests.devserver import captures
from tests.devserver.client import Client
from tests.devserver.conftest import add_tasks
from tests.serving import serve

QUICK = {"Timeout-Seconds": "1"}
V2 = {"x-trigger-realtime-streams-version": "v2"}


@pytest.fixture
async def stream(client: Client) -> str:
    """The path of the streams of a waiting run of version 2."""
    client.headers.update(V2)
    return f"/realtime/v1/streams/{await client.trigger('wait')}"


def run_of(stream: str) -> str:
    return stream.rpartition("/")[2]


async def batches(client: Client, path: str, **headers: str) -> list[dict[str, Any]]:
    """The batches of a stream until it closes."""
    answer = await client.get(path, headers={**QUICK, **headers})
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-stream-version"] == "v2"
    return [json.loads(data) for data in re.findall(r"event: batch\ndata: (.*)\n", answer.text)]


async def records(client: Client, path: str, **headers: str) -> list[dict[str, Any]]:
    """The records of a stream until it closes."""
    return [
        record for batch in await batches(client, path, **headers) for record in batch["records"]
    ]


async def parts(client: Client, path: str, **headers: str) -> list[Any]:
    """What the records of a stream carry."""
    return [json.loads(record["body"])["data"] for record in await records(client, path, **headers)]


async def test_records_come_in_batches_with_numbers_times_and_ids(
    client: Client, stream: str
) -> None:
    for part in ("a", '{"b":1}'):
        await client.post(f"{stream}/self/s/append", content=part)
    answer = await client.get(f"{stream}/s", headers=QUICK)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["access-control-expose-headers"] == "*"
    [batch] = await batches(client, f"{stream}/s")
    first, second = batch["records"]
    assert (first["seq_num"], second["seq_num"]) == (0, 1)
    assert batch["tail"] == {"seq_num": 2, "timestamp": second["timestamp"]}
    assert [json.loads(record["body"])["data"] for record in (first, second)] == ["a", '{"b":1}']
    assert len({json.loads(record["body"])["id"] for record in (first, second)}) == 2
    assert "headers" not in first


async def test_a_part_keeps_the_id_that_its_writer_gives_it(client: Client, stream: str) -> None:
    await client.post(f"{stream}/self/s/append", content="x", headers={"X-Part-Id": "mine"})
    [record] = await records(client, f"{stream}/s")
    assert json.loads(record["body"]) == {"data": "x", "id": "mine"}


@pytest.mark.parametrize(
    ("after", "first"),
    [("", 0), ("0", 1), ("1-7", 2), ("nonsense", 0), ("-", 0), ("99", 3)],
)
async def test_reading_resumes_behind_a_number_and_nonsense_means_the_start(
    client: Client, stream: str, after: str, first: int
) -> None:
    for part in "abc":
        await client.post(f"{stream}/self/s/append", content=part)
    found = await records(client, f"{stream}/s", **{"Last-Event-ID": after})
    assert [record["seq_num"] for record in found] == list(range(first, 3))


async def test_a_number_behind_the_end_means_the_end(client: Client, stream: str) -> None:
    headers = {"Last-Event-ID": "99"}
    async with client.stream("GET", f"{stream}/s", headers=headers) as answer:
        lines = answer.aiter_lines()
        await client.post(f"{stream}/self/s/append", content="new")
        assert (await next_batch(lines))["records"][0]["seq_num"] == 0


async def test_records_arrive_while_the_reader_waits(client: Client, stream: str) -> None:
    async with client.stream("GET", f"{stream}/s") as answer:
        lines = answer.aiter_lines()
        for number, part in enumerate(("one", "two")):
            await client.post(f"{stream}/self/s/append", content=part)
            [record] = (await next_batch(lines))["records"]
            assert record["seq_num"] == number


async def test_an_idle_stream_pings_with_an_event(
    client: Client, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "PING_SECONDS", 0.1)
    answer = await client.get(f"{stream}/s", headers=QUICK)
    assert re.match(r'event: ping\ndata: \{"timestamp":\d+\}\n\n', answer.text)


async def test_commands_and_control_records_are_sent_as_they_are(
    client: Client, stream: str, server: DevServer
) -> None:
    run_id = run_of(stream)
    await server.append_record(run_id, "s", "AAAA", [("", "trim")])
    await server.append_record(run_id, "s", headers=[("trigger-control", "turn-complete")])
    await client.post(f"{stream}/self/s/append", content="x")
    found = await records(client, f"{stream}/s")
    assert [record.get("headers") for record in found] == [
        [["", "trim"]],
        [["trigger-control", "turn-complete"]],
        None,
    ]
    assert [record["body"] for record in found[:2]] == ["AAAA", ""]


async def test_lines_become_records_and_a_writer_resumes(client: Client, stream: str) -> None:
    write, me = f"{stream}/self/s", {"X-Client-Id": "me"}
    created = await client.put(write)
    assert (created.status_code, created.json()) == (202, {"version": "v2"})
    assert (await client.head(write, headers=me)).headers["x-last-chunk-index"] == "-1"

    async def body() -> AsyncIterator[bytes]:
        yield b'"a"\n{"b"'
        yield b':1}\nnot JSON\n"cut'

    await client.post(write, content=body(), headers=me)
    assert (await client.head(write, headers=me)).headers["x-last-chunk-index"] == "3"
    await client.post(write, content='"e"\n', headers={**me, "X-Resume-From-Chunk": "4"})
    assert (await client.head(write, headers=me)).headers["x-last-chunk-index"] == "4"
    assert await parts(client, f"{stream}/s") == ["a", {"b": 1}, "not JSON", '"cut', "e"]


async def test_a_task_writes_the_version_of_its_run(client: Client) -> None:
    client.headers.update(V2)
    run_id = await client.trigger("report", {"topic": "t", "parts": 3})
    row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert row["realtimeStreams"] == '{"text"}'
    assert await parts(client, f"/realtime/v1/streams/{run_id}/text") == ["t 0", "t 1", "t 2"]


@pytest.mark.parametrize(
    ("default", "asked", "found"),
    [
        ("v1", None, "v1"),
        ("v1", "v2", "v2"),
        ("v2", None, "v2"),
        ("v2", "v1", "v1"),
        ("v1", "v9", "v1"),
    ],
)
async def test_the_trigger_decides_on_the_version_before_the_server_does(
    default: StreamsVersion, asked: str | None, found: str
) -> None:
    server = DevServer(":memory:", streams_version=default)
    add_tasks(server)
    async with serve(server) as base_url, Client(base_url, server.secret_key) as client:
        if asked:
            client.headers["x-trigger-realtime-streams-version"] = asked
        runs = [await client.trigger("wait")]
        body = {"items": [{"task": "wait"}]}
        batch = (await client.post("/api/v2/tasks/batch", json=body)).json()
        runs += (await client.get(f"/api/v2/batches/{batch['id']}")).json()["runs"]
        runs += [(await client.post(f"/api/v1/runs/{runs[0]}/replay")).json()["id"]]
        for run_id in runs:
            answer = await client.put(f"/realtime/v1/streams/{run_id}/self/s")
            assert answer.json() == {"version": found}


@pytest.mark.parametrize("asked", ["v1", "v2"])
async def test_what_is_sent_to_a_run_is_read_as_a_text_of_json(client: Client, asked: str) -> None:
    client.headers["x-trigger-realtime-streams-version"] = asked
    run_id = await client.trigger("wait")
    path = f"/realtime/v1/streams/{run_id}/input/approval"
    token = await client.public_token(f"write:inputStreams:{run_id}")
    async with client.as_(token) as sender:
        for data in ({"ok": True}, "é", None):
            assert (await sender.post(path, json={"data": data})).json() == {"ok": True}
    answer = await client.get(path, headers=QUICK)
    texts = re.findall(r"data: (.*)", answer.text)
    if asked == "v2":
        texts = [r["body"] for text in texts for r in json.loads(text)["records"]]
        sent = [json.loads(text)["data"] for text in texts]
    else:
        sent = [json.loads(text) for text in texts]
    assert sent == ['{"ok":true}', '"é"', "null"]
    [row] = [m["value"] for m in (await client.begin(f"/realtime/v1/runs/{run_id}")).json()[:-1]]
    assert row["realtimeStreams"] == "{}"


async def test_sending_to_a_run_is_refused_as_upstream(client: Client, stream: str) -> None:
    path = f"{stream}/input/approval"
    await client.post(f"/api/v2/runs/{run_of(stream)}/cancel")
    over = await client.post(path, json={"data": 1})
    refusal = {"ok": False, "error": "Cannot send to input stream on a completed run"}
    assert (over.status_code, over.json()) == (400, refusal)
    nowhere = await client.post("/realtime/v1/streams/run_nope/input/x", json={"data": 1})
    assert (nowhere.status_code, nowhere.json()) == (404, {"ok": False, "error": "Run not found"})
    large = await client.post(path, json={"data": "x" * 1024 * 1024})
    assert large.status_code == 413
    async with client.as_(await client.public_token("read:runs")) as reader:
        assert (await reader.post(path, json={"data": 1})).status_code == 403


async def test_a_finished_run_takes_no_more_records(client: Client, stream: str) -> None:
    await client.post(f"/api/v2/runs/{run_of(stream)}/cancel")
    answer = await client.post(f"{stream}/self/s/append", content="y")
    real = captures.load("72")
    assert (answer.status_code, answer.text) == (real.status, real.body)


async def next_batch(lines: AsyncIterator[str]) -> dict[str, Any]:
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: ") and name == "batch":
            return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream closed")
