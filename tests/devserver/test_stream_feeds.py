"""Streams: written as lines, read as server-sent events, resumed by id."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.http.streams import version
from tests.devserver import captures
from tests.devserver.client import Client

QUICK = {"Timeout-Seconds": "1"}


@pytest.fixture
async def stream(client: Client) -> str:
    """The path of a stream of a run that goes on."""
    run_id = await client.trigger("wait")
    await client.until_metadata(run_id, "waiting")
    return f"/realtime/v1/streams/{run_id}"


async def events(client: Client, path: str, **headers: str) -> list[tuple[str, str]]:
    """All events of a stream until it closes: id and data."""
    answer = await client.get(path, headers={**QUICK, **headers})
    assert answer.status_code == 200, answer.text
    return re.findall(r"(?:id: (\S+)\n)?data: (.*)\n\n", answer.text)


async def test_a_stream_reads_as_the_real_one_does(client: Client, stream: str) -> None:
    write = f"{stream}/self/tok"
    created = await client.put(write)
    assert (created.status_code, created.json()) == (202, {"version": "v1"})
    lines = '"a"\n{"b":1}\n"li\\nne"\n"é€"\npartial'
    ingested = await client.post(write, content=lines, headers={"X-Client-Id": "c1"})
    assert (ingested.status_code, ingested.text) == (200, "")
    for part in ("tail text", "late1", '{"late":2}'):
        assert (await client.post(f"{write}/append", content=part)).json() == {"ok": True}
    answer = await client.get(f"{stream}/tok", headers=QUICK)
    real = captures.load("54")
    assert data(answer.text) == data(real.body.replace("\r", ""))
    ids, real_ids = ids_of(answer.text), ids_of(real.body)
    assert len(set(ids[:4])) == 1
    assert [ids.index(i) for i in ids] == [real_ids.index(i) for i in real_ids]
    assert captures.own_headers(answer.headers) == set(real.headers)
    assert answer.headers["content-type"] == real.headers["content-type"]


async def test_a_registered_or_written_stream_is_one_of_the_runs_streams(
    client: Client, stream: str
) -> None:
    await client.put(f"{stream}/self/one")
    await client.post(f"{stream}/self/two/append", content="x")
    row = (await client.get(stream.replace("streams", "runs"))).json()[0]["value"]
    assert row["realtimeStreams"] == '{"one","two"}'


async def test_reading_resumes_behind_an_id(client: Client, stream: str) -> None:
    for part in "abc":
        await client.post(f"{stream}/self/s/append", content=part)
    everything = await events(client, f"{stream}/s")
    assert [value for _, value in everything] == ['"a"', '"b"', '"c"']
    behind_a = {"Last-Event-ID": everything[0][0]}
    assert await events(client, f"{stream}/s", **behind_a) == everything[1:]
    assert await events(client, f"{stream}/s", **{"Last-Event-ID": "0"}) == everything


async def test_parts_arrive_while_the_reader_waits(client: Client, stream: str) -> None:
    async with client.stream("GET", f"{stream}/s") as answer:
        lines = answer.aiter_lines()
        for part in ("one", "two"):
            await client.post(f"{stream}/self/s/append", content=part)
            assert await next_data(lines) == f'"{part}"'


async def test_a_line_is_held_back_until_it_is_complete(client: Client, stream: str) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield '{"x":"é'.encode()[:-1]
        await asyncio.sleep(0.05)
        yield '{"x":"é'.encode()[-1:] + b'"}\n'

    await client.post(f"{stream}/self/s", content=body())
    assert [value for _, value in await events(client, f"{stream}/s")] == ['{"x":"é"}']


async def test_an_unknown_stream_waits_and_closes_empty(client: Client, stream: str) -> None:
    assert await events(client, f"{stream}/nothing") == []


async def test_an_idle_stream_pings(
    client: Client, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "PING_SECONDS", 0.1)
    answer = await client.get(f"{stream}/s", headers=QUICK)
    assert answer.text.startswith(": ping\n\n")


@pytest.mark.parametrize(
    ("seconds", "capture"), [("601", "61"), ("-1", None), ("abc", "59"), ("0", "60")]
)
async def test_a_timeout_out_of_range_is_refused_and_nonsense_means_the_default(
    client: Client, stream: str, seconds: str, capture: str | None
) -> None:
    headers = {"Timeout-Seconds": seconds}
    async with client.stream("GET", f"{stream}/s", headers=headers) as answer:
        if capture is None:
            assert answer.status_code == 400
            return
        real = captures.load(capture)
        assert answer.status_code == real.status
        if real.status == 400:
            assert (await answer.aread()).decode() == real.body


async def test_an_id_that_is_not_one_is_refused(client: Client, stream: str) -> None:
    answer = await client.get(f"{stream}/s", headers={"Last-Event-ID": "x-y"})
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.text


async def test_a_writer_learns_how_far_it_got_and_resumes(client: Client, stream: str) -> None:
    write = f"{stream}/self/s"
    me = {"X-Client-Id": "me"}
    assert (await client.head(write, headers=me)).headers["x-last-chunk-index"] == "-1"
    await client.post(write, content='"a"\n"b"\n', headers=me)
    assert (await client.head(write, headers=me)).headers["x-last-chunk-index"] == "1"
    await client.post(write, content='"c"\n', headers={**me, "X-Resume-From-Chunk": "2"})
    assert (await client.head(write, headers=me)).headers["x-last-chunk-index"] == "2"
    other = {"X-Client-Id": "other"}
    assert (await client.head(write, headers=other)).headers["x-last-chunk-index"] == "-1"


async def test_a_finished_run_takes_no_more_parts(client: Client, stream: str) -> None:
    await client.post(f"{stream}/self/s/append", content="x")
    run_id = stream.rpartition("/")[2]
    await client.post(f"/api/v2/runs/{run_id}/cancel")
    put, append = (
        await client.put(f"{stream}/self/s"),
        await client.post(f"{stream}/self/s/append", content="y"),
    )
    for answer, capture in ((put, "71"), (append, "72")):
        real = captures.load(capture)
        assert (answer.status_code, answer.text) == (real.status, real.body)
    assert [value for _, value in await events(client, f"{stream}/s")] == ['"x"']


async def test_a_stream_of_a_missing_run_is_not_found(client: Client) -> None:
    answer = await client.get("/realtime/v1/streams/run_nope/x")
    real = captures.load("65")
    assert (answer.status_code, answer.text) == (real.status, real.body)


async def test_a_part_that_is_too_large_is_refused(client: Client, stream: str) -> None:
    answer = await client.post(f"{stream}/self/s/append", content="x" * (512 * 1024 + 1))
    assert answer.status_code == 413


async def test_stopping_the_server_closes_streams(
    client: Client, stream: str, server: DevServer
) -> None:
    async with client.stream("GET", f"{stream}/s") as answer:
        await server.stop()
        assert await answer.aread() == b""


def data(text: str) -> list[str]:
    return re.findall(r"data: (.*)", text)


def ids_of(text: str) -> list[str]:
    return re.findall(r"id: (\S+)", text)


async def next_data(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("data: "):
            return line.removeprefix("data: ")
    raise AssertionError("the stream closed")
