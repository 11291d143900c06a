"""The pages, made the plain Reflex way: a background event that changes ordinary vars.

What comes is shown at once or, where much comes, every 50 milliseconds, as this library does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import httpx
import reflex as rx
from pydantic import BaseModel

from benchmarks.pages.app.views import (
    WINDOW_PARTS,
    WINDOW_RUNS,
    batch_view,
    list_view,
    run_view,
    streams_view,
    text_view,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.models import RealtimeRun
from reflex_realtime.options import resolve_options

T = TypeVar("T")
Json = dict[str, Any]
Run = RealtimeRun[Json, Json]

FLUSH_SECONDS = 0.05


async def batches(items: AsyncIterator[T]) -> AsyncIterator[list[T]]:
    """What came, at most every 50 milliseconds."""
    waiting: asyncio.Queue[T] = asyncio.Queue()

    async def collect() -> None:
        async for item in items:
            waiting.put_nowait(item)

    collecting = asyncio.create_task(collect())
    try:
        while True:
            batch = [await waiting.get()]
            while not waiting.empty():
                batch.append(waiting.get_nowait())
            yield batch
            await asyncio.sleep(FLUSH_SECONDS)
    finally:
        collecting.cancel()


def target_of(state: rx.State) -> str:
    return str(state.router.url.query_parameters.get("target", ""))


class Shown(BaseModel):
    """A run, as far as the page shows it."""

    id: str
    status: str
    metadata: Json
    payload: Json


def shown(row: dict[str, Any]) -> Shown:
    return Shown(
        id=row["friendlyId"],
        status=row["status"],
        metadata=json.loads(row["metadata"] or "{}"),
        payload=json.loads(row["payload"]),
    )


class PlainRun(rx.State):
    run: Shown | None = None

    @rx.event(background=True)
    async def follow(self):
        """Poll by hand."""
        options = resolve_options()
        headers = {
            "authorization": f"Bearer {options.access_token}",
            "x-trigger-electric-version": "1.0.0-beta.1",
        }
        query = {"offset": "-1"}
        url = f"{options.base_url}/realtime/v1/runs/{target_of(self)}"
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            while True:
                answer = await client.get(url, params=query)
                query = {
                    "live": "true",
                    "handle": answer.headers["electric-handle"],
                    "offset": answer.headers["electric-offset"],
                }
                rows = [message["value"] for message in answer.json() if "value" in message]
                if rows:
                    async with self:
                        self.run = shown(rows[-1])


class PlainRuns(rx.State):
    runs: list[Run] = []

    @rx.event(background=True)
    async def follow(self):
        runs: dict[str, Run] = {}
        feed = RealtimeClient().subscribe_to_runs_with_tag(target_of(self), run_model=Run)
        async for batch in batches(feed):
            runs.update((run.id, run) for run in batch)
            async with self:
                self.runs = sorted(runs.values(), key=lambda run: (run.created_at, run.id))


class PlainBatch(rx.State):
    completed: int = 0
    total: int = 0

    @rx.event(background=True)
    async def follow(self):
        succeeded: dict[str, bool] = {}
        feed = RealtimeClient().subscribe_to_batch(target_of(self))
        async for batch in batches(feed):
            succeeded.update((run.id, run.is_success) for run in batch)
            async with self:
                self.completed = sum(succeeded.values())
                self.total = len(succeeded)


class PlainStream(rx.State):
    parts: list[str] = []

    @rx.event(background=True)
    async def follow(self):
        async for batch in batches(RealtimeClient().read_stream(target_of(self), "answer")):
            async with self:
                self.parts.extend(batch)


async def parts_of_runs(tag: str) -> AsyncIterator[tuple[str, str]]:
    """The parts of the streams of all runs that have a tag, each with its run's id."""
    client, known = RealtimeClient(), set[str]()
    parts: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def read(run_id: str) -> None:
        async for part in client.read_stream(run_id, "answer"):
            parts.put_nowait((run_id, part))

    async def open_streams() -> None:
        async for run in client.subscribe_to_runs_with_tag(tag):
            if run.id not in known:
                known.add(run.id)
                reading.create_task(read(run.id))

    async with asyncio.TaskGroup() as reading:
        reading.create_task(open_streams())
        while True:
            yield await parts.get()


class PlainPanel(rx.State):
    streams: dict[str, list[str]] = {}

    @rx.event(background=True)
    async def follow(self):
        async for batch in batches(parts_of_runs(target_of(self))):
            async with self:
                for run_id, part in batch:
                    self.streams.setdefault(run_id, []).append(part)


class PlainNewest(rx.State):
    runs: list[Run] = []

    @rx.event(background=True)
    async def follow(self):
        runs: dict[str, Run] = {}
        shown: list[Run] = []
        feed = RealtimeClient().subscribe_to_runs_with_tag(target_of(self), run_model=Run)
        async for batch in batches(feed):
            runs.update((run.id, run) for run in batch)
            newest = sorted(runs.values(), key=lambda run: (run.created_at, run.id))[-WINDOW_RUNS:]
            if newest != shown:
                async with self:
                    self.runs = shown = newest


class PlainTail(rx.State):
    parts: list[str] = []

    @rx.event(background=True)
    async def follow(self):
        async for batch in batches(RealtimeClient().read_stream(target_of(self), "answer")):
            async with self:
                self.parts = [*self.parts, *batch][-WINDOW_PARTS:]


def add_pages(app: rx.App) -> None:
    for name, state, view in (
        ("run", PlainRun, lambda: run_view(PlainRun.run)),
        ("runs", PlainRuns, lambda: list_view(PlainRuns.runs)),
        ("batch", PlainBatch, lambda: batch_view(PlainBatch.completed, PlainBatch.total)),
        ("stream", PlainStream, lambda: text_view(PlainStream.parts)),
        (
            "panel",
            PlainPanel,
            lambda: streams_view(PlainPanel.streams, lambda entry: entry[1].join("")),
        ),
        ("newest", PlainNewest, lambda: list_view(PlainNewest.runs)),
        ("tail", PlainTail, lambda: text_view(PlainTail.parts)),
    ):
        app.add_page(view(), route=f"/plain/{name}", on_load=state.follow)
