"""Runs and batches: retrieve, list, cancel, replay, tags, metadata, result."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, run_resources
from reflex_realtime.devserver.http.messages import (
    KIB,
    MIB,
    Problem,
    json_response,
    not_found,
    read_object,
)
from reflex_realtime.devserver.http.presigned import presigned_url
from reflex_realtime.devserver.http.retrieved import retrieved_batch, retrieved_run, summary
from reflex_realtime.devserver.http.run_list import asked_tasks, read_page
from reflex_realtime.devserver.http.triggering import parse_delay
from reflex_realtime.devserver.metadata import (
    Operation,
    apply_operations,
    encode_metadata,
    parse_operations,
)
from reflex_realtime.devserver.store.batches import get_batch
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.ids import new_id
from reflex_realtime.devserver.store.runs import (
    RunFilter,
    RunRecord,
    cancel_run,
    find_runs,
    get_run,
    insert_run,
    update_run,
)
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.tasks.context import check_tags
from reflex_realtime.errors import ConfigurationError, PayloadError
from reflex_realtime.protocol.packets import parse_packet


class Runs:
    """The routes that read and steer runs.

    Args:
        store: Where the runs are.
        access: Checks credentials.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """The routes."""
        run = "/api/v1/runs/{run_id}"
        return [
            Route("/api/v1/runs", self.list),
            Route("/api/v3/runs/{run_id}", self.retrieve),
            Route("/api/v2/batches/{batch_id}", self.retrieve_batch),
            Route("/api/v1/batches/{batch_id}", self.retrieve_batch),
            Route("/api/v2/runs/{run_id}/cancel", self.cancel, methods=["POST"]),
            Route(f"{run}/replay", self.replay, methods=["POST"]),
            Route(f"{run}/reschedule", self.reschedule, methods=["POST"]),
            Route(f"{run}/tags", self.add_tags, methods=["POST"]),
            Route(f"{run}/metadata", self.metadata),
            Route(f"{run}/metadata", self.change_metadata, methods=["PUT"]),
            Route(f"{run}/result", self.result),
        ]

    async def retrieve(self, request: Request) -> Response:
        """`GET /api/v3/runs/{run_id}`."""
        grant = self._access.grant(request)
        run = await self._run(request, should_retry=True)
        grant.require("read", *run_resources(run))
        return self._retrieved(request, run)

    async def list(self, request: Request) -> Response:
        """`GET /api/v1/runs`."""
        grant = self._access.grant(request)
        grant.require("read", ("runs", None), *(("tasks", task) for task in asked_tasks(request)))
        page = await self._store.read(lambda tx: read_page(tx, request.query_params))
        shown = [summary(run, self._store.environment_id) for run in page.runs]
        following = {"next": page.runs[-1].id} if page.has_more else {}
        return json_response({"data": shown, "pagination": following})

    async def retrieve_batch(self, request: Request) -> Response:
        """`GET /api/v2/batches/{batch_id}`."""
        grant = self._access.grant(request)
        batch_id = request.path_params["batch_id"]
        batch = await self._store.read(lambda tx: get_batch(tx, batch_id))
        if batch is None:
            raise not_found(should_retry=True)
        grant.require("read", ("batch", batch_id), ("runs", None))
        runs = await self._store.read(lambda tx: find_runs(tx, RunFilter(batch_id=batch_id)))
        return json_response(retrieved_batch(batch, runs))

    async def cancel(self, request: Request) -> Response:
        """`POST /api/v2/runs/{run_id}/cancel`."""
        grant = self._access.grant(request)
        run = await self._run(request, should_retry=False)
        grant.require("write", ("runs", run.id), ("tasks", run.task))
        await self._store.write(lambda tx: cancel_run(tx, _again(tx, run)))
        return json_response({"id": run.id})

    async def replay(self, request: Request) -> Response:
        """`POST /api/v1/runs/{run_id}/replay`: the same task and payload again."""
        self._access.secret_grant(request)
        run = await self._run(request, should_retry=False)
        again = RunRecord(
            id=new_id("run"),
            task=run.task,
            status="PENDING",
            is_test=run.is_test,
            payload=run.payload,
            payload_type=run.payload_type,
            tags=run.tags,
            streams_version=run.streams_version,
            max_attempts=run.max_attempts,
            max_duration=run.max_duration,
        )
        replayed = await self._store.write(lambda tx: insert_run(tx, again))
        return json_response({"id": replayed.id})

    async def reschedule(self, request: Request) -> Response:
        """`POST /api/v1/runs/{run_id}/reschedule`: another delay for a run that is delayed."""
        self._access.secret_grant(request)
        body = await read_object(request, 64 * KIB)
        run = await self._run(request, should_retry=False)
        now = time.time_ns() // 1_000_000
        try:
            delay_until = parse_delay(str(body.get("delay") or ""), now)
        except ConfigurationError as error:
            raise Problem(400, str(error)) from None
        if delay_until is None:
            raise Problem(400, "delay must be a duration, such as 30m, or a time")

        def reschedule(tx: Transaction) -> RunRecord:
            current = _again(tx, run)
            if current.status != "DELAYED":
                raise Problem(422, "Cannot reschedule a run that is not delayed")
            expires_at = current.expires_at
            if expires_at is not None and current.delay_until is not None:
                expires_at += delay_until - current.delay_until
            return update_run(tx, current, delay_until=delay_until, expires_at=expires_at)

        return self._retrieved(request, await self._store.write(reschedule))

    async def add_tags(self, request: Request) -> Response:
        """`POST /api/v1/runs/{run_id}/tags`."""
        self._access.secret_grant(request)
        body = await read_object(request, 64 * KIB)
        run = await self._run(request, should_retry=False)
        given = body.get("tags")
        new = [given] if isinstance(given, str) else given
        if not isinstance(new, list) or not all(isinstance(tag, str) for tag in new):
            raise Problem(422, "tags must be text or a list of texts")

        def add(tx: Transaction) -> int:
            now = _again(tx, run)
            tags = list(dict.fromkeys([*(now.tags or ()), *new]))
            check_tags(tags)
            update_run(tx, now, tags=tags)
            return len(tags) - len(now.tags or ())

        try:
            count = await self._store.write(add)
        except ConfigurationError as error:
            raise Problem(422, str(error)) from None
        return json_response({"message": f"Successfully set {count} new tags."})

    async def metadata(self, request: Request) -> Response:
        """`GET /api/v1/runs/{run_id}/metadata`."""
        self._access.secret_grant(request)
        run = await self._run(request, should_retry=False)
        return json_response({"metadata": run.metadata, "metadataType": "application/json"})

    async def change_metadata(self, request: Request) -> Response:
        """`PUT /api/v1/runs/{run_id}/metadata`."""
        self._access.secret_grant(request)
        body = await read_object(request, 2 * MIB)
        run = await self._run(request, should_retry=False)
        try:
            operations = _operations(body)
            changed = await self._store.write(
                lambda tx: _change_metadata(tx, _again(tx, run), operations)
            )
        except PayloadError as error:
            too_large = "would measure" in error.message
            raise Problem(413 if too_large else 400, str(error)) from None
        return json_response({"metadata": changed})

    async def result(self, request: Request) -> Response:
        """`GET /api/v1/runs/{run_id}/result`."""
        self._access.secret_grant(request)
        run = await self._run(request, should_retry=False)
        if not run.is_final:
            raise Problem(404, "Run either doesn't exist or is not finished")
        if run.status == "COMPLETED_SUCCESSFULLY":
            outcome = {"ok": True, "output": run.output, "outputType": run.output_type}
        else:
            outcome = {"ok": False, "error": run.error}
        return json_response({"id": run.id, "taskIdentifier": run.task, **outcome})

    def _retrieved(self, request: Request, run: RunRecord) -> Response:
        key = self._store.secret_key
        return json_response(
            retrieved_run(run, lambda path: presigned_url(request, key, "GET", path))
        )

    async def _run(self, request: Request, *, should_retry: bool) -> RunRecord:
        run_id = request.path_params["run_id"]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        if run is None:
            raise not_found(should_retry=should_retry)
        return run


def _again(tx: Transaction, run: RunRecord) -> RunRecord:
    """The run as it is in this transaction."""
    return get_run(tx, run.id) or run


def _operations(body: dict[str, Any]) -> list[Operation]:
    replaced = body.get("metadata")
    operations = [
        *parse_operations(body.get("operations") or []),
        # A run of this server has no parent: it is its own.
        *parse_operations(body.get("parentOperations") or []),
        *parse_operations(body.get("rootOperations") or []),
    ]
    if replaced is None:
        return operations
    if not isinstance(replaced, dict):
        raise PayloadError("metadata must be an object.")
    return [Operation("update", value=replaced), *operations]


def _change_metadata(
    tx: Transaction, run: RunRecord, operations: Iterable[Operation]
) -> dict[str, Any]:
    current = parse_packet(run.metadata, "application/json") or {}
    changed = apply_operations(current, list(operations))
    update_run(tx, run, metadata=encode_metadata(changed))
    return changed
