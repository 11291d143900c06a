"""The embedded server of the benchmarks of pages, whose runs change when it is told to.

Beside its own routes it has `POST /drive`, which makes one feed go: each step is one commit, and
the answer says when each of them was made; and `/requests`, which counts the requests for feeds.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server as Granian
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.store.batches import insert_batch
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.ids import new_id
from reflex_realtime.devserver.store.parts import write_parts
from reflex_realtime.devserver.store.runs import RunRecord, get_run, insert_run, update_run
from reflex_realtime.devserver.store.streams import register_stream
from tests.reflex_app import free_port

HOST = "127.0.0.1"
TASK = "benchmark"
STREAM = "answer"


class Drive(BaseModel):
    """What a feed is told to do.

    Attributes:
        kind: `mark`: each step changes the metadata of one run, the runs take turns; `mark_all`:
            of all of them, one commit each; `write`: each step writes parts into the stream of one
            run, the runs take turns; `finish`: each step ends some of the runs, in their order.
        runs: The runs' ids.
        steps: How many steps.
        every: Seconds between them.
        jitter: By how much, as a share of that, they are at random nearer or farther.
        first: The number of the first step.
        size: How many parts a step writes, of 6 characters each, or how many runs it ends.
    """

    kind: str
    runs: list[str]
    steps: int
    every: float = 0.0
    jitter: float = 0.0
    first: int = 1
    size: int = 0


def mark(number: int) -> str:
    """What the metadata of a step says; whoever measures looks for it in pages and frames."""
    return f"u{number:06}"


def part(number: int) -> str:
    """A part of a stream: 6 characters."""
    return f"p{number % 100_000:05}"


class Requests:
    """Counts the requests for feeds.

    Args:
        app: What answers them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = self._most = self._total = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("path", "").startswith("/realtime/"):
            return await self._app(scope, receive, send)
        self._open += 1
        self._total += 1
        self._most = max(self._most, self._open)
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1

    async def tell(self, _: Request) -> JSONResponse:
        """How many were open at most, and how many there were, since it was asked last."""
        counts = {"most": self._most, "total": self._total}
        self._most, self._total = self._open, 0
        return JSONResponse(counts)


class Driver:
    """Makes the commits, and notes when the server's waiters are woken by each."""

    def __init__(self, server: DevServer) -> None:
        self._store = server._store
        self._committed = 0.0
        self._store.changes.listen(lambda _: self._note())

    def _note(self) -> None:
        self._committed = time.time()

    async def drive(self, request: Request) -> JSONResponse:
        order = Drive.model_validate(await request.json())
        commits = [committed async for committed in self._steps(order)]
        return JSONResponse({"commits": commits})

    async def create_batch(self, request: Request) -> JSONResponse:
        order = await request.json()
        count, payload = order["count"], json.dumps(order["payload"])
        batch, runs = await self._store.write(lambda tx: _create_batch(tx, count, payload))
        return JSONResponse({"batch": batch, "runs": runs})

    async def _steps(self, order: Drive) -> AsyncIterator[float]:
        due = time.monotonic()
        for number in range(order.first, order.first + order.steps):
            for work in _jobs(order, number):
                await self._store.write(work)
            if order.kind == "write":
                self._note()
            yield self._committed
            due += order.every * random.uniform(1 - order.jitter, 1 + order.jitter)
            await asyncio.sleep(max(0.0, due - time.monotonic()))


def _jobs(order: Drive, number: int) -> list[Callable[[Transaction], None]]:
    step = number - order.first
    if order.kind == "write":
        turn, index = divmod(step, len(order.runs))
        return [lambda tx: _write(tx, order.runs[index], turn * order.size, order.size)]
    if order.kind == "finish":
        done = step * order.size
        return [lambda tx: _finish(tx, order.runs[done : done + order.size])]
    chosen = order.runs if order.kind == "mark_all" else [order.runs[number % len(order.runs)]]
    return [lambda tx, run_id=run_id: _mark(tx, run_id, number) for run_id in chosen]


def _mark(tx: Transaction, run_id: str, number: int) -> None:
    run = get_run(tx, run_id)
    assert run is not None
    metadata: dict[str, Any] = {"mark": mark(number)}
    update_run(tx, run, metadata=json.dumps(metadata))


def _write(tx: Transaction, run_id: str, first: int, count: int) -> None:
    run = get_run(tx, run_id)
    assert run is not None
    if first == 0:
        run = register_stream(tx, run, STREAM)
    write_parts(tx, run, STREAM, [json.dumps(part(n)) for n in range(first, first + count)])


def _finish(tx: Transaction, run_ids: list[str]) -> None:
    for run_id in run_ids:
        run = get_run(tx, run_id)
        assert run is not None
        update_run(tx, run, status="COMPLETED_SUCCESSFULLY", completed_at=tx.now)


def _create_batch(tx: Transaction, count: int, payload: str) -> tuple[str, list[str]]:
    """A batch larger than one request can create."""
    batch = insert_batch(tx, count, sealed=True)
    runs = [
        insert_run(
            tx,
            RunRecord(
                id=new_id("run"),
                task=TASK,
                status="EXECUTING",
                payload=payload,
                batch_id=batch.id,
                batch_index=index,
            ),
        )
        for index in range(count)
    ]
    return batch.id, [run.id for run in runs]


async def _serve(address: Connection) -> None:
    server = DevServer(":memory:", concurrency=0, streams_version="v2", max_list=10_000)

    @server.task(TASK)
    async def benchmark(payload: Any) -> None:
        """Is never called: the driver does as if."""

    driver, requests = Driver(server), Requests(server.asgi)
    routes = [
        Route("/drive", driver.drive, methods=["POST"]),
        Route("/batch", driver.create_batch, methods=["POST"]),
        Route("/requests", requests.tell),
        Mount("", requests),
    ]
    port = free_port()
    async with server:
        listener = Granian(
            Starlette(routes=routes),
            address=HOST,
            port=port,
            interface=Interfaces.ASGINL,
            log_enabled=False,
            # Connections beyond it are not accepted, and each poll that is held has one.
            backlog=4096,
        )
        serving = asyncio.create_task(listener.serve())
        while not serving.done():
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, port)
                writer.close()
                break
            await asyncio.sleep(0.02)
        address.send((f"http://{HOST}:{port}", server.secret_key))
        await serving


def serve(address: Connection) -> None:
    """Serve until killed; send the address and the secret key."""
    asyncio.run(_serve(address))
