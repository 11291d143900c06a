"""The routes of streams: who may read and write them; how is up to the version of the run."""

from __future__ import annotations

import codecs
import contextlib
import json
import re
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, run_resources
from reflex_realtime.devserver.http.messages import (
    KIB,
    MIB,
    Problem,
    json_response,
    not_found,
    read_body,
    read_object,
)
from reflex_realtime.devserver.http.streams import stream_versions
from reflex_realtime.devserver.http.streams.version import (
    INACTIVITY_SECONDS,
    StreamVersion,
    TextProblem,
)
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.parts import write_parts
from reflex_realtime.devserver.store.runs import RunRecord, get_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.store.streams import register_stream

MAX_PART_BYTES = 512 * KIB
MAX_INPUT_BYTES = MIB


class StreamFeeds:
    """The routes of streams.

    Args:
        store: Where the streams are.
        access: Checks credentials.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access
        self._versions = stream_versions(store)

    def routes(self) -> list[Route]:
        """The routes."""
        run = "/realtime/v1/streams/{run_id}"
        write = f"{run}/{{target}}/{{stream}}"
        return [
            Route(f"{run}/{{stream}}", self.read),
            Route(f"{run}/input/{{input}}", self.read),
            Route(f"{run}/input/{{input}}", self.send, methods=["POST"]),
            Route(write, self.register, methods=["PUT"]),
            Route(write, self.ingest, methods=["POST"]),
            Route(write, self.progress, methods=["HEAD"]),
            Route(f"{write}/append", self.append, methods=["POST"]),
        ]

    async def read(self, request: Request) -> Response:
        """`GET /realtime/v1/streams/{run_id}/{stream}` and `.../input/{input}`."""
        grant = self._access.grant(request)
        inactivity = _parse_timeout(request.headers.get("timeout-seconds", ""))
        run = await self._run(request)
        grant.require("read", *run_resources(run))
        version = self._version(run)
        headers = {"cache-control": "no-cache", **version.headers}
        if request.method == "HEAD":
            return Response(headers=headers, media_type="text/event-stream")
        after = request.headers.get("last-event-id", "")
        events = version.events(run.id, _key(request), after, inactivity)
        return StreamingResponse(events, headers=headers, media_type="text/event-stream")

    async def send(self, request: Request) -> Response:
        """`POST /realtime/v1/streams/{run_id}/input/{input}`: a value for the run."""
        grant = self._access.grant(request)
        body = await read_object(request, MAX_INPUT_BYTES)
        run_id = request.path_params["run_id"]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        if run is None:
            raise Problem(404, {"ok": False, "error": "Run not found"})
        grant.require("write", ("inputStreams", run.id))
        if run.is_final:
            refusal = "Cannot send to input stream on a completed run"
            raise Problem(400, {"ok": False, "error": refusal})
        text = json.dumps(body.get("data"), ensure_ascii=False, separators=(",", ":"))
        part = json.dumps(text, ensure_ascii=False)
        await self._store.write(lambda tx: write_parts(tx, run, _key(request), [part]))
        return json_response({"ok": True})

    async def register(self, request: Request) -> Response:
        """`PUT .../{target}/{stream}`: the run has this stream.

        The answer of version 2 leaves out how to write to S2 directly, as there is none here; so
        the official client writes to this server.
        """
        self._access.secret_grant(request)
        run = await self._open_run(request, "Cannot initialize a realtime stream on")
        await self._store.write(lambda tx: _register(tx, run.id, _key(request)))
        return json_response({"version": run.streams_version}, 202)

    async def ingest(self, request: Request) -> Response:
        """`POST .../{target}/{stream}`: parts as lines, written as they come in."""
        self._access.secret_grant(request)
        run = await self._open_run(request, "Cannot write to a realtime stream on")
        stream = _key(request)
        start = request.headers.get("x-resume-from-chunk", "0")
        if not start.isdigit():
            raise Problem(400, "X-Resume-From-Chunk must be a number from 0")
        await self._store.write(lambda tx: _register(tx, run.id, stream))
        client_id = request.headers.get("x-client-id")
        # What came is kept; the writer asks for its progress and resumes.
        with contextlib.suppress(ClientDisconnect):
            await self._version(run).ingest(
                run.id, stream, _decoded(request), client_id, int(start)
            )
        return Response()

    async def progress(self, request: Request) -> Response:
        """`HEAD .../{target}/{stream}`: how far a writer got."""
        self._access.secret_grant(request)
        run = await self._run(request)
        client_id = request.headers.get("x-client-id", "default")
        version = self._version(run)
        last = await self._store.read(
            lambda tx: version.progress(tx, run.id, _key(request), client_id)
        )
        return Response(headers={"x-last-chunk-index": str(last)})

    async def append(self, request: Request) -> Response:
        """`POST .../{target}/{stream}/append`: one part, which becomes a JSON string."""
        self._access.secret_grant(request)
        run = await self._open_run(request, "Cannot append to a realtime stream on")
        stream, part_id = _key(request), request.headers.get("x-part-id")
        text = (await read_body(request, MAX_PART_BYTES)).decode(errors="replace")
        part = json.dumps(text, ensure_ascii=False)

        def add(tx: Transaction) -> None:
            _register(tx, run.id, stream)
            write_parts(tx, run, stream, [part], part_id=part_id)

        await self._store.write(add)
        return json_response({"ok": True})

    def _version(self, run: RunRecord) -> StreamVersion:
        return self._versions[run.streams_version]

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


def text_problem_response(_: Request, problem: Exception) -> Response:
    """The answer to a request that is refused in plain text."""
    assert isinstance(problem, TextProblem)
    return PlainTextResponse(problem.body["error"], problem.status)


def _key(request: Request) -> str:
    """The key of the stream; those that run inputs have keys of their own."""
    if name := request.path_params.get("input"):
        return f"$trigger.input:{name}"
    return request.path_params["stream"]


def _register(tx: Transaction, run_id: str, stream: str) -> None:
    run = get_run(tx, run_id)
    if run is not None:
        register_stream(tx, run, stream)


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
    seconds = int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else 0
    if seconds < 0:
        raise TextProblem(400, "Timeout seconds must be greater than 0")
    if seconds > 600:
        raise TextProblem(400, "Timeout seconds must be less than 600")
    return seconds or INACTIVITY_SECONDS
