"""Run feeds as Electric serves them behind Trigger.dev's proxy.

A snapshot first, then the log of what changed after it, then held polls. Rows that change are
told column by column. A request with a handle that is not the shape's is told to begin anew.
"""

from __future__ import annotations

import random
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from reflex_realtime.devserver.http.holding import hold
from reflex_realtime.devserver.http.messages import JSON_CONTENT_TYPE, Problem, encode_json
from reflex_realtime.devserver.http.styles.electric_rows import COLUMNS
from reflex_realtime.devserver.http.styles.electric_shapes import (
    SHAPES_TOPIC,
    SNAPSHOT_END,
    Definition,
    Offset,
    Shape,
    Shapes,
)
from reflex_realtime.devserver.http.styles.rows import columns_without, encode_schema
from reflex_realtime.devserver.http.styles.style import Target, as_known, header_names, window_ms
from reflex_realtime.devserver.store.store import Store

MUST_REFETCH = [{"headers": {"control": "must-refetch"}}]
BEFORE_ALL = Offset(-1, 0)

CURSOR_EPOCH = 1_728_432_000
"""The second, 9 October 2024, that cursors count from."""
CURSOR_SECONDS = 20

CACHE_SNAPSHOT = "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746"
CACHE_LOG = "public, max-age=60, stale-while-revalidate=300"
CACHE_LIVE = "public, max-age=5, stale-while-revalidate=5"
CACHE_REFETCH = "public, max-age=60, must-revalidate"
CACHE_VOIDED = "public, max-age=1, must-revalidate"

EXPOSED = (
    "electric-cursor,electric-handle,electric-has-data,electric-offset,electric-schema,"
    "electric-up-to-date,electric-internal-known-error,retry-after"
)
PROXY_HEADERS = {
    "access-control-allow-methods": "GET, POST, HEAD, DELETE, OPTIONS",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": EXPOSED,
    "electric-server": "reflex-realtime",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request's parameters.

    Attributes:
        offset: Where to go on.
        handle: The shape's handle, empty when it is not known yet.
        live: Whether to wait for changes.
        cursor: The cursor of the last answer.
    """

    offset: Offset
    handle: str
    live: bool
    cursor: str


class ElectricStyle:
    """Electric's style.

    Args:
        store: Where the runs are.
        poll_seconds: How long an idle poll is held.
    """

    def __init__(self, store: Store, poll_seconds: float) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._shapes = Shapes(store)

    async def answer(self, request: Request, target: Target) -> Response:
        """Answer with the snapshot, with what changed behind an offset, or with a refusal."""
        asked = _parse(request.query_params)
        shape = await self._shapes.current(self._definition(asked.handle, target))
        if asked.handle and asked.handle != shape.handle:
            return _refetch(request, shape.handle)
        if asked.offset == BEFORE_ALL:
            return self._snapshot(request, shape)
        if asked.offset > shape.last_offset:
            raise _invalid("offset", "out of bounds for this shape")
        messages = shape.since(asked.offset)
        if asked.live and not messages:
            return await self._live(request, shape, asked)
        return self._log(request, shape, asked, messages)

    def void_shapes(self) -> None:
        """Forget every shape, as a change of the table does: subscriptions begin anew."""
        self._shapes.void_all()

    def _definition(self, handle: str, target: Target) -> Definition:
        where = target.where
        if target.is_windowed:
            try:
                since = self._shapes.window_of(handle)
            except KeyError:
                age_ms = window_ms(target.created_at)
                since = None if age_ms is None else time.time_ns() // 1_000_000 - age_ms
            where = replace(where, created_after=since)
        return Definition(where, tuple(columns_without(COLUMNS, target.skipped)))

    def _snapshot(self, request: Request, shape: Shape) -> Response:
        place = str(self._shapes.lsn)
        end = {"control": "snapshot-end", "xip_list": [], "xmax": place, "xmin": place}
        messages = [*shape.snapshot, {"headers": end}]
        headers = {
            "cache-control": CACHE_SNAPSHOT,
            "electric-has-data": "true",
            "electric-schema": encode_schema(shape.columns),
            "etag": f'"{shape.handle}:-1:{SNAPSHOT_END}"',
        }
        return _response(request, shape.handle, str(SNAPSHOT_END), messages, headers)

    async def _live(self, request: Request, shape: Shape, asked: _Asked) -> Response:
        async def look() -> list[dict[str, Any]] | None:
            return MUST_REFETCH if shape.is_void else shape.since(asked.offset) or None

        messages = await hold(
            request,
            self._store.changes,
            [shape.definition.where.topic, SHAPES_TOPIC],
            seconds=self._poll_seconds,
            look=look,
        )
        if messages is MUST_REFETCH:
            return _refetch(request, None)
        shape.used_at = time.monotonic()
        return self._log(request, shape, asked, messages or [])

    def _log(
        self, request: Request, shape: Shape, asked: _Asked, messages: list[dict[str, Any]]
    ) -> Response:
        """What happened behind an offset, up to now."""
        offset = str(shape.last_offset)
        idle = asked.live and not messages
        nonce = f":{-time.monotonic_ns()}" if idle else ""
        headers = {
            "cache-control": CACHE_LIVE if asked.live else CACHE_LOG,
            "electric-has-data": "false" if idle else "true",
            "electric-up-to-date": "",
            "etag": f'"{shape.handle}:{asked.offset}:{offset}{nonce}"',
        }
        if asked.live:
            headers["electric-cursor"] = _cursor(asked.cursor)
        else:
            headers["electric-schema"] = encode_schema(shape.columns)
        seen = {"control": "up-to-date", "global_last_seen_lsn": str(self._shapes.lsn)}
        return _response(request, shape.handle, offset, [*messages, {"headers": seen}], headers)


def _parse(query: QueryParams) -> _Asked:
    handle, live = query.get("handle", ""), query.get("live") == "true"
    if "offset" not in query:
        raise _invalid("offset", "can't be blank")
    match = re.fullmatch(r"(\d{1,18})_(\d{1,9}|inf)", query["offset"])
    if query["offset"] == "-1":
        offset = BEFORE_ALL
    elif match is None:
        raise _invalid("offset", "has invalid format")
    else:
        offset = Offset(int(match[1]), inf if match[2] == "inf" else int(match[2]))
    if offset != BEFORE_ALL and not handle:
        raise _invalid("handle", "can't be blank when offset != -1")
    if offset == BEFORE_ALL and live:
        raise _invalid("live", "can't be true when offset == -1")
    return _Asked(offset, handle, live, query.get("cursor", ""))


def _invalid(parameter: str, problem: str) -> Problem:
    return Problem(
        400,
        {"message": "Invalid request", "errors": {parameter: [problem]}},
        {
            **PROXY_HEADERS,
            "cache-control": "no-store",
            "surrogate-control": "no-store",
            "x-request-id": _request_id(),
        },
    )


def _refetch(request: Request, handle: str | None) -> Response:
    """Have the client begin anew, under the new handle if there is one yet."""
    headers = {**PROXY_HEADERS, "cache-control": CACHE_VOIDED, "x-request-id": _request_id()}
    if handle is not None:
        handle_name, _ = header_names(request)
        headers |= {
            "cache-control": CACHE_REFETCH,
            handle_name: handle,
            "etag": f'"{handle}::"',
        }
    return Response(encode_json(MUST_REFETCH), 409, headers, media_type=JSON_CONTENT_TYPE)


def _response(
    request: Request,
    handle: str,
    offset: str,
    messages: list[dict[str, Any]],
    headers: Mapping[str, str],
) -> Response:
    handle_name, offset_name = header_names(request)
    return Response(
        as_known(request, encode_json(messages)),
        media_type=JSON_CONTENT_TYPE,
        headers={
            **PROXY_HEADERS,
            "x-request-id": _request_id(),
            handle_name: handle,
            offset_name: offset,
            **headers,
        },
    )


def _cursor(previous: str) -> str:
    """The end of the current interval, in seconds; moved on when the client has seen it already."""
    intervals = -(-(int(time.time()) - CURSOR_EPOCH) // CURSOR_SECONDS)
    cursor = intervals * CURSOR_SECONDS
    if previous.isdigit() and int(previous) >= cursor:
        cursor = int(previous) + random.randint(1, 3600)
    return str(cursor)


def _request_id() -> str:
    return secrets.token_urlsafe(15)
