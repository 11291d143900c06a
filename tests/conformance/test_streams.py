"""A run with its streams, as both clients see them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from reflex_realtime.devserver.options import StreamsVersion
from tests.conformance.conftest import Clients
from tests.conformance.worker import Worker

TEXTS = ["Grüße, ", "世界 ", "👩‍🚀\u2028", "line\nbreak\r\n", "", " ", '"quoted"', "123", "{"]
VALUES: list[Any] = [{"k": [1, {"größe": None}]}, [], 7, 0.5, True, False, None]
LARGE = {"text": "æøå€" * 50_000, "rows": [{"n": n, "square": n * n} for n in range(5_000)]}


@pytest.fixture(params=get_args(StreamsVersion))
def streams_version(request: pytest.FixtureRequest) -> StreamsVersion:
    """Every story here is told with each version."""
    return request.param


async def test_a_run_writes_two_streams(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"})
    async with clients.watch("streams", run.id) as both:
        await both.see()
        await worker.claim(run.id)
        await both.see()
        for stream, parts in {"text": TEXTS, "values": [*VALUES, LARGE]}.items():
            await worker.open_stream(run.id, stream)
            await both.see()
            for part in parts:
                await worker.write(run.id, stream, part)
                await both.see()
        await worker.complete(run.id, "done")
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    assert parts_of("text", both.python.emitted) == TEXTS
    assert parts_of("values", both.python.emitted) == [*VALUES, LARGE]
    assert both.python.runs[-1]["realtimeStreams"] == ["text", "values"]


async def test_large_parts_come_in_a_burst(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task")
    await worker.open_stream(run.id, "text")
    parts = [f"{number} " + "größer € 👩‍🚀 " * 8_000 for number in range(6)]
    async with clients.watch("streams", run.id) as both:
        await both.see()
        for part in parts:
            await worker.write(run.id, "text", part)
        await both.see(len(parts))
    assert all(len(part.encode()) > 200_000 for part in parts)
    assert both.python.emitted == both.javascript.emitted
    assert parts_of("text", both.python.emitted) == parts


async def test_a_stream_is_read_from_its_beginning_after_the_run(
    clients: Clients, worker: Worker
) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"})
    await worker.claim(run.id)
    await worker.open_stream(run.id, "text")
    for part in TEXTS:
        await worker.write(run.id, "text", part)
    await worker.complete(run.id, "done")
    async with clients.watch("streams", run.id) as both:
        await both.see(1 + len(TEXTS))
    assert both.python.emitted == both.javascript.emitted
    assert parts_of("text", both.python.emitted) == TEXTS


def parts_of(stream: str, emitted: list[Any]) -> list[Any]:
    return [item["part"] for item in emitted if item.get("stream") == stream]


async def test_one_stream_is_read_until_nothing_comes(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"})
    await worker.open_stream(run.id, "text")
    for part in TEXTS:
        await worker.write(run.id, "text", part)
    async with clients.watch("stream", (run.id, "text")) as both:
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert parts_of("text", both.python.emitted) == TEXTS
