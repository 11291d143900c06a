"""Viewers without a page: the sockets that pages open, in a process that only notes what arrives.

A bare protocol on asyncio, so that who measures costs little beside what is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.pages.server import mark

NAMESPACE = "/_event"
MARK = re.compile(rb"u\d{6}")
START_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """What one viewer has received since all were there.

    Attributes:
        size: Bytes of all messages.
        marks: When each mark came first, in milliseconds since 1970.
    """

    size: int
    marks: dict[str, float]


class Viewer(asyncio.Protocol):
    """One tab.

    Args:
        url: The backend.
        path: The page's path with its query.
        last: The number of the last mark that there will be.
    """

    def __init__(self, url: str, path: str, last: int) -> None:
        self._host = urlsplit(url).netloc
        self._path = path
        self._first, self._last = mark(0).encode(), mark(last).encode()
        self._buffer = bytearray()
        self._upgraded = False
        self._fragments = b""
        self.ready = asyncio.Event()
        self.done = asyncio.Event()
        self.size = 0
        self.marks: dict[str, float] = {}

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        query = f"token={uuid4()}&EIO=4&transport=websocket"
        transport.write(
            f"GET {NAMESPACE}/?{query} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(head.decode())
            self._buffer, self._upgraded = rest, True
        while (message := self._next_message()) is not None:
            self._receive(message)

    def start_counting(self) -> None:
        """Forget what came so far."""
        self.size = 0
        self.marks.clear()

    def seen(self) -> Seen:
        return Seen(self.size, self.marks)

    def _next_message(self) -> bytes | None:
        """The next message of the socket, None if it has not arrived as a whole."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 127, 2
        if length > 125:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        is_last, body = buffer[0] & 128, bytes(buffer[start : start + length])
        del buffer[: start + length]
        self._fragments += body
        if not is_last:
            return self._next_message()
        message, self._fragments = self._fragments, b""
        return message

    def _receive(self, message: bytes) -> None:
        self.size += len(message)
        match message[:1]:
            case b"0":
                self._send(f"40{NAMESPACE},{json.dumps({'event': self._hydrate()})}")
            case b"2":
                self._send("3")
            case _:
                now = time.time() * 1000
                for found in MARK.findall(message):
                    self.marks.setdefault(found.decode(), now)
                if self._first in message:
                    self.ready.set()
                if self._last in message:
                    self.done.set()

    def _hydrate(self) -> dict[str, Any]:
        pathname, _, query = self._path.partition("?")
        router = {
            "pathname": pathname,
            "asPath": self._path,
            "query": dict(pair.split("=") for pair in query.split("&")),
            "origin": f"http://{self._host}",
        }
        name = "reflex___state____state.hydrate_and_load"
        return {"name": name, "payload": {}, "router_data": router}

    def _send(self, text: str) -> None:
        body = text.encode()
        length = len(body)
        head = bytes([129, 128 | min(length, 126)])
        if length > 125:
            head += length.to_bytes(2)
        # Masked with zeros, that is as it is.
        self._transport.write(head + bytes(4) + body)


async def _view(
    url: str, tabs: Sequence[tuple[str, int]], patience: float, result: Connection
) -> None:
    host, _, port = urlsplit(url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    viewers = [Viewer(url, path, last) for path, last in tabs]
    for viewer in viewers:
        await loop.create_connection(lambda viewer=viewer: viewer, host, int(port))
        # All at once they would wait for each other.
        await asyncio.sleep(0.01)
    async with asyncio.timeout(START_SECONDS):
        for viewer in viewers:
            await viewer.ready.wait()
    await asyncio.sleep(1)
    for viewer in viewers:
        viewer.start_counting()
    result.send(None)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            for viewer in viewers:
                await viewer.done.wait()
    result.send([viewer.seen() for viewer in viewers])
    # The process is ended here, since closing many connections takes long.
    await asyncio.Event().wait()


def view(url: str, tabs: Sequence[tuple[str, int]], patience: float, result: Connection) -> None:
    """Send None when all viewers are there, and then what they have seen.

    Args:
        url: The backend.
        tabs: For each viewer the path of its page, and the number of the last mark it will see.
        patience: How many seconds to wait for the last marks.
        result: Where to send it: None, and a list of `Seen`.
    """
    asyncio.run(_view(url, tabs, patience, result))
