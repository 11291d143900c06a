"""Runs a task to its end."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from reflex_realtime import RealtimeRun, StreamPart
from reflex_realtime.feeds import RealtimeClient

OutputT = TypeVar("OutputT", bound=BaseModel)


async def run_task(
    client: RealtimeClient, task: str, payload: BaseModel, output: type[OutputT]
) -> list[RealtimeRun[BaseModel, OutputT]]:
    """Trigger a task and return each state its run was seen in, the final one last."""
    handle = await client.trigger(task, payload)
    model = RealtimeRun[BaseModel, output]
    return [run async for run in client.subscribe_to_run(handle.id, run_model=model)]


async def read_streams(
    client: RealtimeClient, task: str, payload: BaseModel
) -> dict[str, list[object]]:
    """Trigger a task and return the parts of its streams."""
    handle = await client.trigger(task, payload)
    streams: dict[str, list[object]] = {}
    async for item in client.subscribe_to_run_with_streams(handle.id):
        if isinstance(item, StreamPart):
            streams.setdefault(item.stream, []).append(item.part)
    return streams
