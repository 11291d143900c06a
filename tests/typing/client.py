"""What users of the client know, and what runs are to a type checker."""

from __future__ import annotations

from typing import Any, assert_type

from reflex_realtime import (
    BatchHandle,
    RealtimeClient,
    RealtimeRun,
    RunUpdate,
    StreamPart,
    TaskHandle,
)
from tests.typing.declared import Export, Metadata, Output, Payload, Resize

Typed = RealtimeRun[Payload, Output, Metadata]


async def runs(client: RealtimeClient) -> None:
    async for run in client.subscribe_to_run("run_1"):
        assert_type(run, RealtimeRun[Any, Any, dict[str, Any]])
    async for run in client.subscribe_to_run("run_1", run_model=Typed):
        assert_type(run, RealtimeRun[Payload, Output, Metadata])
    async for run in client.subscribe_to_run("run_1", run_model=Resize):
        assert_type(run, Resize)
    async for run in client.subscribe_to_runs_with_tag("tag", run_model=Export):
        assert_type(run, Export)
    async for run in client.subscribe_to_batch("batch_1", run_model=Typed):
        assert_type(run.metadata, Metadata)
    client.subscribe_to_run("run_1", run_model=Payload)  # pyright: ignore[reportArgumentType]


async def streams(client: RealtimeClient) -> None:
    async for item in client.subscribe_to_run_with_streams("run_1", run_model=Typed):
        assert_type(item, RunUpdate[Payload, Output, Metadata] | StreamPart)
        match item:
            case RunUpdate(run=run):
                assert_type(run, RealtimeRun[Payload, Output, Metadata])
            case StreamPart(stream=stream, part=part):
                assert_type(stream, str)
                assert_type(part, Any)
    async for part in client.read_stream("run_1", "answer", start_index=1, timeout_seconds=5):
        assert_type(part, Any)


async def calls(client: RealtimeClient) -> None:
    assert_type(await client.trigger("report", Payload(topic="tides")), TaskHandle)
    assert_type(await client.batch_trigger("report", [{"topic": "tides"}]), BatchHandle)
    await client.trigger("report", tag="x")  # pyright: ignore[reportCallIssue]
