"""A server with runs and parts of its own, and the faults that stand in front of it.

Other than `replay`, it knows what it has told whom: it answers a position with what came after it.
So whatever a fault swallowed, a test can tell whether the client has everything, and once.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeAlias

from tests.feeds.replay import UP_TO_DATE, Request, answer, read_request, run_row

RUNS = 2
"""How many runs there are."""

PARTS_AT_ONCE = 2
"""How many parts of a stream are written at once."""


@dataclass
class Wire:
    """One request on its connection, as a fault finds it.

    Attributes:
        server: The server.
        request: The request.
        reader: What the client sends.
        writer: What the client gets.
        healthy: The answer that a server without faults would give.
        number: The how many-th fault this is, from 1.
    """

    server: FaultyServer
    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    healthy: bytes
    number: int

    @property
    def head(self) -> bytes:
        """The head of the healthy answer."""
        return self.healthy[: self.healthy.index(b"\r\n\r\n") + 4]

    @property
    def body(self) -> bytes:
        """The body of the healthy answer."""
        return self.healthy[len(self.head) :]

    async def send(self, data: bytes) -> None:
        """Send some bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        """Close the connection as usual."""
        self.writer.close()
        raise ConnectionResetError

    async def reset(self) -> None:
        """Reset the connection: no more bytes, and an error on the other side."""
        await asyncio.sleep(0.02)  # what was sent is to be read first
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise ConnectionResetError

    async def hold(self) -> None:
        """Say nothing more until the client has gone."""
        await _left(self.reader)


Fault: TypeAlias = Callable[[Wire], Awaitable[None]]


@dataclass
class FaultyServer:
    """A server of some runs and of one stream, whose first answers are faults.

    Attributes:
        fault: What it does instead of answering.
        failures: How many faults are left.
        healthy: How many requests are answered before the first fault.
        version: The version of its streams.
        quiet: Whether the world stands still. Then it sends all rows again to whoever asks for
            what there is, as the native back end does, and answers no poll.
        port: Where it listens; 0 until it does.
        arrived: When requests arrived, in seconds.
        requests: The requests.
        ahead: How far the client's clock is ahead of the true time, in seconds.
        handle: The handle of its runs.
        parts: What was written to the stream.
        log: The messages about its runs.
        listening: Whether it accepts connections.
    """

    fault: Fault
    failures: int
    healthy: int = 0
    version: str = "v1"
    quiet: bool = False
    port: int = 0
    arrived: list[float] = field(default_factory=list[float])
    requests: list[Request] = field(default_factory=list[Request])
    ahead: float = 0.0
    handle: str = "h1"
    parts: list[str] = field(default_factory=list[str])
    log: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    listening: bool = False
    _number: int = 0
    _listener: asyncio.Server | None = None
    _connections: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    def __post_init__(self) -> None:
        self.log = [run_row(n, usageDurationMs=str(n)) for n in range(1, RUNS + 1)]
        self.write()

    @property
    def rows(self) -> dict[str, int]:
        """What a client has to show in the end: a number for each run."""
        values = [message["value"] for message in self.log]
        return {value["friendlyId"]: int(value["usageDurationMs"]) for value in values}

    def write(self) -> None:
        """Let the world go on: change a run, and write to the stream."""
        number = len(self.log) + 1
        run = number % RUNS + 1
        self.log.append(run_row(run, operation="update", usageDurationMs=str(number)))
        for _ in range(PARTS_AT_ONCE):
            self.parts.append(f"part {len(self.parts) + 1}, which is é {'long' * 8}")

    async def listen(self) -> None:
        """Begin to accept connections."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        self.listening = True

    async def refuse(self) -> None:
        """Accept no more connections."""
        if self._listener:
            self._listener.close()
        self.listening = False

    async def stop(self) -> None:
        """End everything."""
        await self.refuse()
        for connection in [*self._connections]:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def left(self) -> None:
        """Wait until the client has closed all its connections."""
        while self._connections:
            await asyncio.wait([*self._connections])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while not writer.is_closing():
                await self._answer(reader, writer)
        except (ConnectionError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._connections.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (first := await reader.readexactly(1)) == b"\x16":  # the hello of TLS
            self.arrived.append(monotonic())
            writer.write(answer(400, "this is not HTTP"))
            await writer.drain()
            raise EOFError
        request = await read_request(reader, first)
        self.arrived.append(monotonic())
        self.requests.append(request)
        whole = self._whole(request)
        if self.healthy:
            self.healthy -= 1
            # A stream that is followed by faults breaks off; a whole one would have ended.
            writer.write(whole[:-5] if _is_stream(request) else whole)
            if _is_stream(request):
                await writer.drain()
                raise EOFError
        elif self.failures and not request.headers["host"].startswith("localhost"):
            self.failures -= 1
            self._number += 1
            if not self.quiet:
                self.write()
            whole = self._stream(request) if _is_stream(request) else self._rows(request)
            await self.fault(Wire(self, request, reader, writer, whole, self._number))
        elif whole:
            writer.write(whole)
        else:
            await _left(reader)
        await writer.drain()

    def _whole(self, request: Request) -> bytes:
        """What a healthy server answers; nothing where it holds a poll."""
        if _is_stream(request):
            return self._stream(request)
        is_held = "live" in request.params and not self._unread(request)
        return b"" if is_held else self._rows(request)

    def _unread(self, request: Request) -> list[dict[str, Any]]:
        return self.log[max(int(request.params["offset"].partition("_")[0]), 0) :]

    def _rows(self, request: Request) -> bytes:
        messages = self._unread(request)
        if self.quiet or request.params["offset"] == "-1":
            rows = self.rows.items()
            messages = [run_row(int(name[4:]), usageDurationMs=str(n)) for name, n in rows]
        body = json.dumps([*messages, UP_TO_DATE])
        return answer(200, body, self.headers(f"{len(self.log)}_{len(self.requests)}"))

    def headers(self, offset: str) -> dict[str, str]:
        """The headers of a poll's answer, on a connection that stays open."""
        return {
            "Connection": "keep-alive",
            "Content-Type": "application/json",
            "electric-offset": offset,
            "electric-handle": self.handle,
            "electric-cursor": "c1",
            "electric-schema": '{"friendlyId": {"type": "text"}}',
        }

    def _stream(self, request: Request) -> bytes:
        last = request.headers.get("last-event-id", "").partition("-")[0]
        if self.version == "v2":
            begin = int(last) + 1 if last else 0
            events = map(_record, range(begin, len(self.parts)), self.parts[begin:])
        else:
            begin = int(last) if last else 0
            events = map(_event, range(begin + 1, len(self.parts) + 1), self.parts[begin:])
        head = answer(200, "", {"Content-Type": "text/event-stream", "Connection": "close"})
        head = head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        version = f"\r\nX-Stream-Version: {self.version}\r\n\r\n".encode()
        return head[:-4] + version + b"".join(map(chunk, events)) + b"0\r\n\r\n"


async def _left(reader: asyncio.StreamReader) -> None:
    """Wait until the client has gone."""
    await reader.read()
    raise EOFError


def _is_stream(request: Request) -> bool:
    return "/streams/" in request.path


def _event(number: int, part: str) -> bytes:
    return f"id: {number}-0\ndata: {part}\n\n".encode()


def _record(number: int, part: str) -> bytes:
    body = json.dumps({"data": part, "id": str(number)})
    records = {"records": [{"seq_num": number, "timestamp": 5, "body": body}]}
    return f"event: batch\nid: {number}\ndata: {json.dumps(records)}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """A chunk of a body without a length."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


# Faults


def answers(
    status: int, body: str = "", headers: Mapping[str, str | Callable[[], str]] | None = None
) -> Fault:
    """An answer, whatever was asked; a header may be a function of the moment."""

    async def fault(wire: Wire) -> None:
        made = {
            name: value() if callable(value) else value for name, value in (headers or {}).items()
        }
        await wire.send(answer(status, body, {"Connection": "keep-alive", **made}))

    return fault


def alters(change: Callable[[bytes], bytes]) -> Fault:
    """The healthy answer, with something changed."""

    async def fault(wire: Wire) -> None:
        await wire.send(change(wire.healthy))
        if _is_stream(wire.request):
            await wire.close()

    return fault


def lacks(header: bytes) -> Fault:
    """The healthy answer without a header."""
    return alters(lambda healthy: healthy.replace(header + b": ", b"x-lost: "))


def breaks_off(*, after: int | None, reset: bool = False) -> Fault:
    """So many bytes of the body, and no more; None for not even the head."""

    async def fault(wire: Wire) -> None:
        if after is not None:
            await wire.send(wire.healthy[: len(wire.head) + after])
        await (wire.reset() if reset else wire.close())

    return fault


def drips(*, head_first: bool) -> Fault:
    """The healthy answer, byte by byte."""

    async def fault(wire: Wire) -> None:
        at_once = wire.head if head_first else b""
        await wire.send(at_once)
        for byte in wire.healthy[len(at_once) :]:
            await asyncio.sleep(0.03)
            await wire.send(bytes([byte]))

    return fault


def never_ends(piece: bytes, seconds: float, status: bytes = b"200") -> Fault:
    """A body without an end, made of one piece again and again."""

    async def fault(wire: Wire) -> None:
        head = wire.head.replace(b" 200 ", b" " + status + b" ")
        length = b"Content-Length: %d" % len(wire.body)
        await wire.send(head.replace(length, b"Transfer-Encoding: chunked"))
        while True:
            await wire.send(chunk(piece))
            await asyncio.sleep(seconds)

    return fault
