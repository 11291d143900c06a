"""Triggering: one run, or a batch in one request or in two steps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, Grant
from reflex_realtime.devserver.http.messages import (
    KIB,
    MIB,
    Problem,
    json_response,
    not_found,
    parse_object,
    read_object,
)
from reflex_realtime.devserver.http.triggering import handle_token, parse_trigger, use_token
from reflex_realtime.devserver.options import ServerOptions, StreamsVersion
from reflex_realtime.devserver.store.batches import (
    BatchRecord,
    batch_indexes,
    get_batch,
    idempotent_batch,
    insert_batch,
    seal_batch,
)
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.packets import Packet, get_packet, offload_payload
from reflex_realtime.devserver.store.request_keys import made_by, note_made
from reflex_realtime.devserver.store.runs import RunRecord, get_run, idempotent_run, insert_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.tasks.definition import Task
from reflex_realtime.protocol.packets import STORED

MAX_PAYLOAD_BYTES = 3 * MIB
MAX_BATCH_BYTES = 1 * MIB
MAX_BATCH_RUNS = 1000
MAX_OLD_BATCH_RUNS = 500

REQUEST_KEY = "x-trigger-request-idempotency-key"


class Triggers:
    """The routes that make runs.

    Args:
        store: Where the runs are.
        access: Checks credentials.
        tasks: The tasks by id.
        options: The server's options.
    """

    def __init__(
        self, store: Store, access: Access, tasks: Mapping[str, Task], options: ServerOptions
    ) -> None:
        self._store = store
        self._access = access
        self._tasks = tasks
        self._options = options

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/api/v1/tasks/{task_id:path}/trigger", self.trigger, methods=["POST"]),
            Route("/api/v2/tasks/batch", self.batch, methods=["POST"]),
            Route("/api/v3/batches", self.create_batch, methods=["POST"]),
            Route("/api/v3/batches/{batch_id}/items", self.add_items, methods=["POST"]),
        ]

    async def trigger(self, request: Request) -> Response:
        """`POST /api/v1/tasks/{task_id}/trigger`."""
        grant = self._access.grant(request)
        body = await read_object(request, MAX_PAYLOAD_BYTES)
        task_id = request.path_params["task_id"]
        task = self._task(task_id)
        grant.require("trigger", ("tasks", task_id))
        new = parse_trigger(
            task,
            body,
            streams_version=self._streams_version(request),
            packets=await self._packets([body]),
            headers=request.headers,
        )
        kind, request_key = f"run:{task_id}", request.headers.get(REQUEST_KEY, "")

        def insert(tx: Transaction) -> tuple[RunRecord, bool]:
            if (made := made_by(tx, kind, request_key)) and (run := get_run(tx, made)):
                return run, False
            if new.idempotency_key and (cached := idempotent_run(tx, task_id, new.idempotency_key)):
                return cached, True
            refusal = (
                f"Cannot trigger {task_id} with a one-time use token as it has already been used."
            )
            use_token(tx, grant, refusal)
            note_made(tx, kind, request_key, new.id)
            return insert_run(tx, offload_payload(tx, new, self._options.offload_bytes)), False

        run, cached = await self._store.write(insert)
        scopes = [f"read:runs:{run.id}", f"write:inputStreams:{run.id}"]
        return self._handle(grant, scopes, {"id": run.id, "isCached": cached}, 200)

    async def batch(self, request: Request) -> Response:
        """`POST /api/v2/tasks/batch`: a batch and all its runs."""
        grant = self._access.grant(request)
        body = await read_object(request, MAX_BATCH_BYTES)
        items = body.get("items")
        if not isinstance(items, list) or not 0 < len(items) <= MAX_OLD_BATCH_RUNS:
            raise Problem(422, f"A batch needs 1 to {MAX_OLD_BATCH_RUNS} items")
        for task_id in {item.get("task") for item in items if isinstance(item, dict)}:
            grant.require("batchTrigger", ("tasks", task_id))
        read = self._reader(request, await self._packets(items))
        runs = {index: read(item, index) for index, item in enumerate(items)}
        request_key = request.headers.get(REQUEST_KEY, "")

        def insert(tx: Transaction) -> BatchRecord:
            if (made := made_by(tx, "batch", request_key)) and (known := get_batch(tx, made)):
                return known
            use_token(tx, grant, _BATCH_TOKEN_USED)
            batch = insert_batch(tx, len(runs), sealed=True)
            note_made(tx, "batch", request_key, batch.id)
            self._insert_items(tx, batch, runs)
            return batch

        batch = await self._store.write(insert)
        body = {"id": batch.id, "runCount": batch.run_count}
        return self._handle(grant, [f"read:batch:{batch.id}"], body, 202)

    async def create_batch(self, request: Request) -> Response:
        """`POST /api/v3/batches`: a batch whose runs are to follow."""
        grant = self._access.grant(request)
        body = await read_object(request, 128 * KIB)
        run_count, key = body.get("runCount"), body.get("idempotencyKey")
        if not isinstance(run_count, int) or not 0 < run_count <= MAX_BATCH_RUNS:
            raise Problem(422, f"runCount must be 1 to {MAX_BATCH_RUNS}")
        for task_id in body.get("taskIdentifiers") or [None]:
            grant.require("batchTrigger", ("tasks", task_id), ("tasks", None), ("batch", None))

        request_key = request.headers.get(REQUEST_KEY, "")

        def insert(tx: Transaction) -> tuple[BatchRecord, bool]:
            if (made := made_by(tx, "batch", request_key)) and (known := get_batch(tx, made)):
                return known, False
            if key and (cached := idempotent_batch(tx, key)):
                return cached, True
            use_token(tx, grant, _BATCH_TOKEN_USED)
            batch = insert_batch(tx, run_count, sealed=False, idempotency_key=key)
            note_made(tx, "batch", request_key, batch.id)
            return batch, False

        batch, cached = await self._store.write(insert)
        answer = {"id": batch.id, "runCount": batch.run_count, "isCached": cached}
        scopes = [f"read:batch:{batch.id}"]
        if request.headers.get("x-trigger-client") == "browser":
            scopes.append(f"write:batch:{batch.id}")
        return self._handle(grant, scopes, answer | ({"idempotencyKey": key} if key else {}), 202)

    async def add_items(self, request: Request) -> Response:
        """`POST /api/v3/batches/{batch_id}/items`: runs of a batch, one JSON line each."""
        grant = self._access.grant(request)
        if not request.headers.get("content-type", "").startswith("application/x-ndjson"):
            raise Problem(415, "Content-Type must be application/x-ndjson")
        batch_id = request.path_params["batch_id"]
        batch = await self._store.read(lambda tx: get_batch(tx, batch_id))
        if batch is None:
            raise not_found(should_retry=True)
        lines = [line for line in (await request.body()).splitlines() if line.strip()]
        items = [_line(grant, batch, line) for line in lines]
        read = self._reader(request, await self._packets(items))
        runs: dict[int, RunRecord] = {}
        for item in items:
            runs.setdefault(item["index"], read(item, item["index"]))

        def insert(tx: Transaction) -> tuple[int, int]:
            accepted = self._insert_items(tx, batch, runs)
            enqueued = len(batch_indexes(tx, batch.id))
            if enqueued == batch.run_count:
                seal_batch(tx, batch.id)
            return accepted, enqueued

        accepted, enqueued = await self._store.write(insert)
        sealed = enqueued == batch.run_count
        progress = {"enqueuedCount": enqueued, "expectedCount": batch.run_count}
        return json_response(
            {
                "id": batch.id,
                "itemsAccepted": accepted,
                "itemsDeduplicated": len(runs) - accepted,
                "sealed": sealed,
                **({} if sealed else progress),
            }
        )

    def _reader(
        self, request: Request, packets: Mapping[str, Packet]
    ) -> Callable[[Any, int], RunRecord]:
        """What reads the items of a batch."""
        version = self._streams_version(request)

        def read(item: Any, index: int) -> RunRecord:
            if not isinstance(item, dict) or not isinstance(item.get("task"), str):
                raise Problem(422, f"Item {index} of the batch names no task")
            try:
                task = self._task(item["task"])
                return parse_trigger(task, item, streams_version=version, packets=packets)
            except Problem as problem:
                raise Problem(
                    problem.status, f"Item {index} of the batch: {problem.body['error']}"
                ) from None

        return read

    async def _packets(self, bodies: Sequence[Any]) -> dict[str, Packet]:
        """The stored packets that are payloads of requests, by their paths."""
        payloads = [body.get("payload") for body in bodies if _is_stored(body)]
        paths = {path for path in payloads if isinstance(path, str)}
        if not paths:
            return {}

        def read(tx: Transaction) -> dict[str, Packet]:
            found = {path: get_packet(tx, path) for path in paths}
            return {path: packet for path, packet in found.items() if packet is not None}

        return await self._store.read(read)

    def _insert_items(
        self, tx: Transaction, batch: BatchRecord, runs: Mapping[int, RunRecord]
    ) -> int:
        """Store the runs that the batch does not have yet; return how many there were."""
        known = batch_indexes(tx, batch.id)
        new = {index: run for index, run in runs.items() if index not in known}
        for index, run in sorted(new.items()):
            item = dataclasses.replace(run, batch_id=batch.id, batch_index=index)
            insert_run(tx, offload_payload(tx, item, self._options.offload_bytes))
        return len(new)

    def _streams_version(self, request: Request) -> str:
        """The version that a run's streams have for good: what is asked for, or the server's."""
        asked = request.headers.get("x-trigger-realtime-streams-version", "")
        return asked if asked in get_args(StreamsVersion) else self._options.streams_version

    def _task(self, task_id: str) -> Task:
        task = self._tasks.get(task_id)
        if task is None:
            raise Problem(404, "Task not found")
        return task

    def _handle(
        self, grant: Grant, scopes: list[str], body: dict[str, Any], status: int
    ) -> Response:
        token, claims = handle_token(
            self._store.secret_key, self._store.environment_id, grant, scopes
        )
        headers = {"x-trigger-jwt": token, "x-trigger-jwt-claims": json.dumps(claims)}
        return json_response(body, status, headers)


_BATCH_TOKEN_USED = "Cannot create batch with a one-time use token as it has already been used."


def _is_stored(body: Any) -> bool:
    """Whether a request's payload is the path of a stored packet."""
    options = body.get("options") if isinstance(body, dict) else None
    return isinstance(options, dict) and options.get("payloadType") == STORED


def _line(grant: Grant, batch: BatchRecord, line: bytes) -> dict[str, Any]:
    """One item of a batch, with an index that fits."""
    if len(line) > MAX_PAYLOAD_BYTES:
        raise Problem(413, "Request body too large")
    item = parse_object(line)
    index = item.get("index")
    if not isinstance(index, int) or not 0 <= index < batch.run_count:
        raise Problem(422, f"index must be 0 to {batch.run_count - 1}, not {index!r}")
    if not _may_write(grant, batch):
        grant.require("batchTrigger", ("tasks", item.get("task")))
    return item


def _may_write(grant: Grant, batch: BatchRecord) -> bool:
    try:
        grant.require("write", ("batch", batch.id))
    except Problem:
        return False
    return True
