"""Streams of version 1: read as server-sent events, written as lines of JSON.

The text of all entries is one text. Each of its lines is an event, whose id is that of the entry
that completed the line; a line that is not complete yet is held back.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import time
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, run_resources
from reflex_realtime.devserver.http.messages import (
    KIB,
    Problem,
    json_response,
    not_found,
    read_body,
)
from reflex_realtime.devserver.store import streams
from reflex_realtime.devserver.store.changes import stream_topic
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunRecord, get_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.store.streams import START, EntryId

INACTIVITY_SECONDS = 60
PING_SECONDS = 10.0
MAX_PART_BYTES = 512 * KIB


class StreamFeeds:
    """The routes of streams.

    Args:
        store: Where the streams are.
        access: Checks credentials.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """The routes."""
        read = "/realtime/v1/streams/{run_id}/{stream}"
        write = "/realtime/v1/streams/{run_id}/{target}/{stream}"
        return [
            Route(read, self.read),
            Route(write, self.register, methods=["PUT"]),
            Route(write, self.ingest, methods=["POST"]),
            Route(write, self.progress, methods=["HEAD"]),
            Route(f"{write}/append", self.append, methods=["POST"]),
        ]

    async def read(self, request: Request) -> Response:
        """`GET /realtime/v1/streams/{run_id}/{stream}`."""
        grant = self._access.grant(request)
        inactivity = _parse_timeout(request.headers.get("timeout-seconds", ""))
        after = _parse_entry_id(request.headers.get("last-event-id", ""))
        run = await self._run(request)
        grant.require("read", *run_resources(run))
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return StreamingResponse(
            self._events(run.id, request.path_params["stream"], after, inactivity),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache"},
        )

    async def register(self, request: Request) -> Response:
        """`PUT .../{target}/{stream}`: the run has this stream."""
        self._access.secret_grant(request)
        run = await self._open_run(request, "Cannot initialize a realtime stream on")
        stream = request.path_params["stream"]
        await self._store.write(lambda tx: _register(tx, run.id, stream))
        return json_response({"version": "v1"}, 202)

    async def ingest(self, request: Request) -> Response:
        """`POST .../{target}/{stream}`: parts as lines, written as they come in."""
        self._access.secret_grant(request)
        run = await self._open_run(request, "Cannot write to a realtime stream on")
        stream = request.path_params["stream"]
        client_id = request.headers.get("x-client-id")
        start = request.headers.get("x-resume-from-chunk", "0")
        if not start.isdigit():
            raise Problem(400, "X-Resume-From-Chunk must be a number from 0")
        index = int(start) - 1
        await self._store.write(lambda tx: _register(tx, run.id, stream))
        try:
            async for text in _decoded(request):
                index += text.count("\n")
                last = index if index >= int(start) else None
                await self._store.write(
                    lambda tx, text=text, last=last: streams.append_entry(
                        tx, run.id, stream, text, client_id=client_id, last_index=last
                    )
                )
        except ClientDisconnect:
            pass  # what came is kept; the writer asks for its progress and resumes
        return Response()

    async def progress(self, request: Request) -> Response:
        """`HEAD .../{target}/{stream}`: how far a writer got."""
        self._access.secret_grant(request)
        run = await self._run(request)
        stream = request.path_params["stream"]
        client_id = request.headers.get("x-client-id", "default")
        last = await self._store.read(lambda tx: streams.last_index(tx, run.id, stream, client_id))
        return Response(headers={"x-last-chunk-index": str(last)})

    async def append(self, request: Request) -> Response:
        """`POST .../{target}/{stream}/append`: one part, which becomes a JSON string."""
        self._access.secret_grant(request)
        run = await self._open_run(request, "Cannot append to a realtime stream on")
        stream = request.path_params["stream"]
        part = (await read_body(request, MAX_PART_BYTES)).decode(errors="replace")
        line = json.dumps(part, ensure_ascii=False) + "\n"

        def add(tx: Transaction) -> None:
            _register(tx, run.id, stream)
            streams.append_entry(tx, run.id, stream, line)

        await self._store.write(add)
        return json_response({"ok": True})

    async def _run(self, request: Request) -> RunRecord:
        run_id = request.path_params["run_id"]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        if run is None:
            raise not_found(should_retry=False)
        return run

    async def _open_run(self, request: Request, refusal: str) -> RunRecord:
        if request.path_params["target"] not in ("self", "parent", "root"):
            raise Problem(400, "The target must be self, parent or root")
        run = await self._run(request)
        if run.is_final:
            raise TextProblem(400, f"{refusal} a completed run")
        return run

    async def _events(
        self, run_id: str, stream: str, after: EntryId, inactivity: int
    ) -> AsyncIterator[str]:
        """The events, until nothing has come for a while."""
        held_back = ""
        active = spoke = time.monotonic()
        with self._store.changes.watching(stream_topic(run_id, stream)) as grown:
            while True:
                grown.clear()
                position = after
                entries = await self._store.read(
                    lambda tx, position=position: streams.read_entries(tx, run_id, stream, position)
                )
                for entry in entries:
                    after = entry.id
                    *lines, held_back = (held_back + entry.text).split("\n")
                    if events := _encode(lines, entry.id):
                        yield events
                now = time.monotonic()
                if entries:
                    active = spoke = now
                    continue
                if now >= active + inactivity or self._store.changes.closed:
                    break
                if now >= spoke + PING_SECONDS:
                    spoke = now
                    yield ": ping\n\n"
                until = min(active + inactivity, spoke + PING_SECONDS)
                await _wait(grown, until - now)
        if held_back.strip():
            yield f"data: {held_back}\n\n"


class TextProblem(Problem):
    """A refusal whose body is plain text, as streams give it."""


def text_problem_response(_: Request, problem: Exception) -> Response:
    """The answer to a request that is refused in plain text."""
    assert isinstance(problem, TextProblem)
    return PlainTextResponse(problem.body["error"], problem.status)


def _encode(lines: list[str], entry_id: EntryId) -> str:
    return "".join(f"id: {entry_id}\ndata: {line}\n\n" for line in lines if line.strip())


def _register(tx: Transaction, run_id: str, stream: str) -> None:
    run = get_run(tx, run_id)
    if run is not None:
        streams.register_stream(tx, run, stream)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        return


async def _decoded(request: Request) -> AsyncIterator[str]:
    """The body's text as it comes; a character is never cut."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    async for chunk in request.stream():
        if text := decoder.decode(chunk):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


def _parse_timeout(text: str) -> int:
    """The inactivity window. As upstream, what is not a number, or is 0, means the default."""
    seconds = int(text) if text.lstrip("-").isdigit() else 0
    if seconds < 0:
        raise TextProblem(400, "Timeout seconds must be greater than 0")
    if seconds > 600:
        raise TextProblem(400, "Timeout seconds must be less than 600")
    return seconds or INACTIVITY_SECONDS


def _parse_entry_id(text: str) -> EntryId:
    if not text:
        return START
    ms, _, n = text.partition("-")
    if not ms.isdigit() or not (n or "0").isdigit() or len(text) > 40:
        raise TextProblem(
            400, "Last-Event-ID must be an id of this stream, such as 1795368698748-0"
        )
    return EntryId(int(ms), int(n or 0))
