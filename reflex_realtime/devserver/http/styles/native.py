"""Run feeds as Trigger.dev's native backend serves them.

Whole rows: a snapshot that is complete in one answer, then held polls. An offset is
`<updatedAt ms>_<number of the change>`; a poll answers with what changed after it. Nothing is kept
between two requests: what a feed shows is pinned in its handle.
"""

from __future__ import annotations

import itertools
import random
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from reflex_realtime.devserver.http.holding import hold
from reflex_realtime.devserver.http.messages import JSON_CONTENT_TYPE, encode_json
from reflex_realtime.devserver.http.styles.native_rows import COLUMNS, UP_TO_DATE, row_message
from reflex_realtime.devserver.http.styles.rows import (
    Column,
    columns_without,
    encode_schema,
    internal_id,
)
from reflex_realtime.devserver.http.styles.style import (
    MAX_WINDOW_MS,
    Target,
    as_known,
    header_names,
    window_ms,
)
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunFilter, RunRecord, changed_runs, find_runs
from reflex_realtime.devserver.store.store import Store

POLL_JITTER = 0.15


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an answer shows: which runs, which columns, under which handle."""

    where: RunFilter
    columns: Mapping[str, Column]
    handle: str


@dataclass(frozen=True, slots=True)
class _Found:
    """Runs, and the number of the last change they hold."""

    runs: list[RunRecord]
    seq: int


class NativeStyle:
    """The native style.

    Args:
        store: Where the runs are.
        poll_seconds: How long an idle poll is held, give or take 15 %.
        max_list: How many runs an answer shows; the newest are shown, the others are not mentioned.
    """

    def __init__(self, store: Store, poll_seconds: float, max_list: int) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._max_list = max_list
        self._cursors = itertools.count(1)

    async def answer(self, request: Request, target: Target) -> Response:
        """Answer with all there is, or, to a live request with a handle, with what changed."""
        query = request.query_params
        shape = self._shape(query.get("handle", ""), target)
        if query.get("live") == "true" and query.get("handle"):
            return await self._live(request, shape)
        found = await self._store.read(lambda tx: _snapshot(tx, shape.where, self._max_list))
        messages = [row_message(run, shape.columns, "insert") for run in found.runs]
        headers = {"electric-schema": encode_schema(shape.columns)}
        return _response(request, shape, messages, _offset(found), headers)

    def void_shapes(self) -> None:
        """Do nothing: in this style no subscription ever has to begin anew."""

    def _shape(self, handle: str, target: Target) -> _Shape:
        where = target.where
        if target.is_windowed:
            since = _pinned_window(handle)
            since = _window_start(target.created_at) if since is None else since
            where = replace(where, created_after=since)
        return _Shape(where, columns_without(COLUMNS, target.skipped), handle or self._new(where))

    def _new(self, where: RunFilter) -> str:
        """A new handle. Any handle is accepted; that of a feed of tags carries its window."""
        if where.run_id:
            return f"run-{internal_id(where.run_id)}"
        prefix = where.batch_id or f"runs_{where.created_after}"
        return f"{prefix}_{next(self._cursors)}_{secrets.token_hex(4)}"

    async def _live(self, request: Request, shape: _Shape) -> Response:
        asked = request.query_params.get("offset", "")
        after = _parse_offset(asked)

        async def look() -> _Found | None:
            runs = await self._store.read(
                lambda tx: changed_runs(tx, shape.where, after, self._max_list)
            )
            return _Found(runs, runs[-1].seq) if runs else None

        found = await hold(
            request,
            self._store.changes,
            [shape.where.topic],
            seconds=self._poll_seconds * random.uniform(1 - POLL_JITTER, 1 + POLL_JITTER),
            look=look,
        )
        headers = {"electric-cursor": str(next(self._cursors))}
        if found is None:
            return _response(request, shape, [], asked or "0_0", headers)
        messages = [
            row_message(run, shape.columns, "insert" if run.created_seq > after else "update")
            for run in found.runs
        ]
        return _response(request, shape, messages, _offset(found), headers)


def _snapshot(tx: Transaction, where: RunFilter, limit: int) -> _Found:
    newest_first = sorted(find_runs(tx, where, limit), key=lambda run: -run.created_at)
    return _Found(newest_first, tx.one("SELECT value FROM meta WHERE key = 'seq'"))


def _response(
    request: Request,
    shape: _Shape,
    messages: list[dict[str, Any]],
    offset: str,
    headers: dict[str, str],
) -> Response:
    handle_name, offset_name = header_names(request)
    return Response(
        as_known(request, encode_json([*messages, UP_TO_DATE])),
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


def _offset(found: _Found) -> str:
    return f"{max((run.updated_at for run in found.runs), default=0)}_{found.seq}"


def _parse_offset(offset: str) -> int:
    """The number of the last change a client has seen; 0, for all, if the offset is not ours."""
    _, _, seq = offset.partition("_")
    return int(seq) if seq.isdigit() else 0


def _window_start(created_at: str | None) -> int:
    """From when on runs count, floored to the minute; an unreadable window is the longest."""
    age_ms = window_ms(created_at)
    since = _now() - (MAX_WINDOW_MS if age_ms is None else age_ms)
    return since - since % 60_000


def _pinned_window(handle: str) -> int | None:
    """The window that a handle was made with, None for any other handle."""
    match = re.fullmatch(r"runs_(\d{1,15})_\d+_[0-9a-f]{8}", handle)
    if match is None:
        return None
    return max(int(match.group(1)), _now() - MAX_WINDOW_MS - 60_000)


def _now() -> int:
    return time.time_ns() // 1_000_000
