"""A server that answers with prepared bytes: recorded exchanges, and faults no real server has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.retry import RetryPolicy

CAPTURES = Path(__file__).parents[1] / "captures"
SECRET = "tr_dev_never0show0this"
QUICK = RetryPolicy(initial=0.02, cap=0.04, floor=0.01, window=0)
UP_TO_DATE: dict[str, Any] = {"headers": {"control": "up-to-date"}}
PAUSE = b"<a pause>"
PAUSE_SECONDS = 0.15
"""How long the server waits where this stands in an answer."""
CUT = b"<a cut>"
"""Where this stands in an answer, what is behind it arrives apart from what is before it."""
MUST_REFETCH: dict[str, Any] = {"headers": {"control": "must-refetch"}}


@dataclass(frozen=True)
class Request:
    """A request as it came.

    Attributes:
        method: The HTTP method.
        path: The path, decoded.
        query: The query, encoded.
        params: The query's parameters.
        headers: The headers; the names in lower case.
        body: The body.
    """

    method: str
    path: str
    query: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class ReplayServer:
    """What a test sees of the server.

    Attributes:
        base_url: Where it is.
        requests: The requests so far.
        open: How many connections are open.
    """

    base_url: str = ""
    requests: list[Request] = field(default_factory=list[Request])
    open: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def connection(self) -> Connection:
        """A connection of a feed to this server, with the default patience."""
        return Connection(self.base_url, credential(SECRET))

    @property
    def quick(self) -> Connection:
        """The same, with hardly a pause between failures."""
        return self.retrying(QUICK)

    def retrying(self, retry: RetryPolicy) -> Connection:
        """The same, with another policy."""
        return replace(self.connection, retry=retry)

    async def asked(self, times: int) -> Request:
        """Wait for so many requests; return the last of them."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= times)
        return self.requests[times - 1]

    async def left(self) -> None:
        """Wait until no connection is open."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.open == 0)

    async def count(self, request: Request | None = None, *, open: int = 0) -> None:
        """Note a request, or that a connection opened or closed."""
        async with self._changed:
            self.open += open
            if request:
                self.requests.append(request)
            self._changed.notify_all()


@asynccontextmanager
async def replay(
    *answers: bytes,
    streams: Sequence[bytes] = (),
    then: bytes | None = None,
    close: bool = True,
    port: int = 0,
) -> AsyncIterator[ReplayServer]:
    """Answer each request with the next of some answers, byte for byte.

    Args:
        *answers: The answers, whole: status line, headers and body.
        streams: The same for the requests for streams, where they are answered apart.
        then: What every later request is answered; None leaves it unanswered, as in a long poll.
        close: Whether to close the connection behind each answer; else the client has to.
        port: The port, 0 for a free one.

    Yields:
        The server, listening.
    """
    remaining, for_streams = list(answers), list(streams)
    server = ReplayServer()
    handlers: set[asyncio.Task[Any]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        handlers.add(task)
        await server.count(open=1)
        try:
            request = await read_request(reader)
            await server.count(request)
            queue = for_streams if streams and "/streams/" in request.path else remaining
            answer = queue.pop(0) if queue else then
            for index, piece in enumerate((answer or b"").split(PAUSE)):
                await asyncio.sleep(PAUSE_SECONDS if index else 0)
                await _write(writer, piece)
            if answer is None or not close:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            handlers.discard(task)
            await server.count(open=-1)

    listener = await asyncio.start_server(handle, "127.0.0.1", port)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in [*handlers]:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


def catch_up(params: Mapping[str, str]) -> dict[str, str]:
    """What asks for the same as a poll does, but for what there is: it is not held."""
    return {name: value for name, value in params.items() if name not in ("live", "cursor")}


async def _write(writer: asyncio.StreamWriter, piece: bytes) -> None:
    for segment in piece.split(CUT):
        writer.write(segment)
        await writer.drain()
        # The reader, which lives in this event loop too, has its turn before the next segment.
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def read_request(reader: asyncio.StreamReader, begun: bytes = b"") -> Request:
    """Read a request, of which some bytes may have been read before."""
    head = (begun + await reader.readuntil(b"\r\n\r\n")).decode()
    start, *lines = head.rstrip().split("\r\n")
    method, target, _ = start.split()
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    params = dict(parse_qsl(url.query, keep_blank_values=True))
    return Request(method, unquote(url.path), url.query, params, headers, body)


def recorded(name: str) -> bytes:
    """A recorded answer of a real server, for example `electric/00`."""
    [path] = CAPTURES.glob(f"{name}-*.raw")
    return path.read_bytes().split(b"=====RESPONSE=====", 1)[1].lstrip(b"\r\n")


def answer(status: int, body: bytes | str = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """An answer of a status and a body."""
    content = body.encode() if isinstance(body, str) else body
    lines = {"Content-Length": str(len(content)), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Replayed\r\n{head}\r\n".encode() + content


def shape(messages: Sequence[Any], *, offset: str = "0_0", handle: str = "h1") -> bytes:
    """A success of the runs feed."""
    headers = {
        "Content-Type": "application/json",
        "electric-offset": offset,
        "electric-handle": handle,
        "electric-cursor": "c1",
        "electric-schema": '{"friendlyId": {"type": "text"}}',
    }
    return answer(200, json.dumps(messages), headers)


def run_row(number: int = 1, *, operation: str = "insert", **columns: Any) -> dict[str, Any]:
    """A message about a run."""
    value = {
        "friendlyId": f"run_{number}",
        "status": "EXECUTING",
        "createdAt": "2026-08-01T10:00:00.000",
        **columns,
    }
    return {"key": f"key{number}", "value": value, "headers": {"operation": operation}}


def event_stream(text: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A success of a stream that ends cleanly."""
    return answer(200, text, {"Content-Type": "text/event-stream", **(headers or {})})


def cut(whole: bytes, after: bytes) -> bytes:
    """An answer that breaks off behind some bytes of it."""
    end = whole.index(after) + len(after)
    return whole[:end]
