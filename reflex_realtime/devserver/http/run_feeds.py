"""The run feeds: one run, the runs with some tags, the runs of a batch.

They follow Trigger.dev's native backend: whole rows, a snapshot that is complete in one answer,
then held polls. An offset is `<updatedAt ms>_<number of the change>`; a poll answers with what
changed after it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, Grant, run_resources
from reflex_realtime.devserver.http.messages import JSON_CONTENT_TYPE, Problem, not_found
from reflex_realtime.devserver.http.shapes import (
    Column,
    columns_without,
    encode_messages,
    encode_schema,
    internal_id,
    row_message,
)
from reflex_realtime.devserver.store.batches import get_batch
from reflex_realtime.devserver.store.changes import Changes
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import (
    RunFilter,
    RunRecord,
    changed_runs,
    find_runs,
    get_run,
)
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.durations import parse_duration

POLL_SECONDS = 20.0
POLL_JITTER = 0.15
MAX_WINDOW_MS = 24 * 3600 * 1000
API_VERSION = "2025-07-16"

_BAD_TAG = re.compile(r'[\x00-\x1f\x7f\\"]')


@dataclass(frozen=True, slots=True)
class Shape:
    """What a request asks to see.

    Attributes:
        where: Which runs.
        columns: Which columns.
        handle: The shape's handle.
    """

    where: RunFilter
    columns: dict[str, Column]
    handle: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to see.

    Attributes:
        runs: The runs.
        seq: The number of the last change it holds.
    """

    runs: list[RunRecord]
    seq: int


class RunFeeds:
    """The routes of the run feeds.

    Args:
        store: Where the runs are.
        access: Checks credentials.
        poll_seconds: How long an idle poll is held, give or take 15 %.
    """

    def __init__(self, store: Store, access: Access, poll_seconds: float) -> None:
        self._store = store
        self._access = access
        self._poll_seconds = poll_seconds
        self._cursors = itertools.count(1)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/realtime/v1/runs", self.tagged_runs),
            Route("/realtime/v1/runs/{run_id}", self.run),
            Route("/realtime/v1/batches/{batch_id}", self.batch),
        ]

    async def run(self, request: Request) -> Response:
        """`GET /realtime/v1/runs/{run_id}`."""
        grant = self._access.grant(request)
        run_id = request.path_params["run_id"]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        if run is None:
            raise not_found(should_retry=False)
        grant.require("read", *run_resources(run))
        handle = request.query_params.get("handle") or f"run-{internal_id(run_id)}"
        return await self._answer(request, grant, RunFilter(run_id=run_id), handle)

    async def tagged_runs(self, request: Request) -> Response:
        """`GET /realtime/v1/runs?tags=&createdAt=`."""
        grant = self._access.grant(request)
        tags = _parse_tags(request.query_params.get("tags", ""))
        grant.require("read", ("runs", None), ("tags", None), *(("tags", tag) for tag in tags))
        handle = request.query_params.get("handle", "")
        created_after = _pinned_window(handle)
        if created_after is None:
            created_after = _window(request.query_params.get("createdAt"))
        if not handle:
            handle = f"runs_{created_after}_{next(self._cursors)}_{secrets.token_hex(4)}"
        where = RunFilter(tags=tags, created_after=created_after)
        return await self._answer(request, grant, where, handle)

    async def batch(self, request: Request) -> Response:
        """`GET /realtime/v1/batches/{batch_id}`."""
        grant = self._access.grant(request)
        batch_id = request.path_params["batch_id"]
        if await self._store.read(lambda tx: get_batch(tx, batch_id)) is None:
            raise not_found(should_retry=True)
        grant.require("read", ("batch", batch_id), ("runs", None))
        handle = request.query_params.get("handle") or (
            f"{batch_id}_{next(self._cursors)}_{secrets.token_hex(4)}"
        )
        return await self._answer(request, grant, RunFilter(batch_id=batch_id), handle)

    async def _answer(
        self, request: Request, grant: Grant, where: RunFilter, handle: str
    ) -> Response:
        query = request.query_params
        skipped = grant.skip_columns
        if skipped is None:
            skipped = tuple(query.get("skipColumns", "").split(","))
        shape = Shape(where, columns_without(skipped), handle)
        if query.get("live") == "true" and query.get("handle"):
            return await self._live(request, shape)
        answer = await self._store.read(lambda tx: _snapshot(tx, where))
        messages = [row_message(run, shape.columns, "insert") for run in answer.runs]
        headers = {"electric-schema": encode_schema(shape.columns)}
        return _response(request, shape, messages, _offset(answer), headers)

    async def _live(self, request: Request, shape: Shape) -> Response:
        asked = request.query_params.get("offset", "")
        after = _parse_offset(asked)
        answer = await hold(
            request,
            self._store.changes,
            shape.where.topic,
            seconds=self._poll_seconds * random.uniform(1 - POLL_JITTER, 1 + POLL_JITTER),
            look=lambda: self._store.read(lambda tx: _changes_since(tx, shape.where, after)),
        )
        headers = {"electric-cursor": str(next(self._cursors))}
        if answer is None:
            return _response(request, shape, [], asked or "0_0", headers)
        messages = [
            row_message(run, shape.columns, "insert" if run.created_seq > after else "update")
            for run in answer.runs
        ]
        return _response(request, shape, messages, _offset(answer), headers)


async def hold(
    request: Request,
    changes: Changes,
    topic: str,
    *,
    seconds: float,
    look: Callable[[], Awaitable[Answer]],
) -> Answer | None:
    """Look whenever a topic changes, until there is something to see.

    Args:
        request: The request; when its client goes away the wait ends.
        changes: Where changes are told.
        topic: What to wait for.
        seconds: How long to wait.
        look: Looks into the store.

    Returns:
        What there is to see; None when nothing came.
    """
    gone = asyncio.create_task(_gone(request))
    deadline = time.monotonic() + seconds
    try:
        with changes.watching(topic) as changed:
            while True:
                changed.clear()
                answer = await look()
                left = deadline - time.monotonic()
                if answer.runs or left <= 0 or gone.done() or changes.closed:
                    return answer if answer.runs else None
                change = asyncio.create_task(changed.wait())
                await asyncio.wait(
                    (change, gone), timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                change.cancel()
    finally:
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _snapshot(tx: Transaction, where: RunFilter) -> Answer:
    return Answer(find_runs(tx, where), tx.one("SELECT value FROM meta WHERE key = 'seq'"))


def _changes_since(tx: Transaction, where: RunFilter, seq: int) -> Answer:
    runs = changed_runs(tx, where, seq)
    return Answer(runs, runs[-1].seq if runs else seq)


def _response(
    request: Request,
    shape: Shape,
    messages: list[dict[str, Any]],
    offset: str,
    headers: dict[str, str],
) -> Response:
    modern = "x-trigger-electric-version" in request.headers
    handle_name = "electric-handle" if modern else "electric-shape-id"
    offset_name = "electric-offset" if modern else "electric-chunk-last-offset"
    with_dequeued = request.headers.get("x-trigger-api-version") == API_VERSION
    return Response(
        encode_messages(messages, with_dequeued=with_dequeued),
        media_type=JSON_CONTENT_TYPE,
        headers={
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "*",
            "cache-control": "no-store",
            handle_name: shape.handle,
            offset_name: offset,
            **headers,
        },
    )


def _offset(answer: Answer) -> str:
    return f"{max((run.updated_at for run in answer.runs), default=0)}_{answer.seq}"


def _parse_offset(offset: str) -> int:
    """The number of the last change a client has seen; 0, for all, if the offset is not ours."""
    _, _, seq = offset.partition("_")
    return int(seq) if seq.isdigit() else 0


def _parse_tags(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    tags = text.split(",")
    for tag in tags:
        if not tag or _BAD_TAG.search(tag):
            detail = {"code": "custom", "message": f"Invalid tag: {_quoted(tag)}", "path": ["tags"]}
            raise Problem(400, {"error": "Query Error", "details": [detail]})
    return tuple(tags)


def _quoted(tag: str) -> str:
    escaped = tag.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _window(created_at: str | None) -> int:
    """From when on runs count, floored to the minute; a day at most, also when it is unreadable."""
    try:
        age_ms = parse_duration(created_at or "24h").total_seconds() * 1000
    except ConfigurationError:
        age_ms = MAX_WINDOW_MS
    now = time.time_ns() // 1_000_000
    since = now - round(min(abs(age_ms), MAX_WINDOW_MS))
    return since - since % 60_000


def _pinned_window(handle: str) -> int | None:
    """The window that a handle was made with, None for any other handle."""
    match = re.fullmatch(r"runs_(\d{1,15})_\d+_[0-9a-f]{8}", handle)
    if match is None:
        return None
    earliest = time.time_ns() // 1_000_000 - MAX_WINDOW_MS - 60_000
    return max(int(match.group(1)), earliest)
