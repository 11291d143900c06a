"""The way between browser and backend, which can fail."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Listening(Protocol):
    """What connections are forwarded to."""

    @property
    def port(self) -> int:
        """Where a new connection goes."""
        ...


class Network:
    """Forwards the connections of one port to the backend.

    Args:
        port: Where the browser connects to.
        backend: The backend.
    """

    def __init__(self, port: int, backend: Listening) -> None:
        self._port = port
        self._backend = backend
        self._is_up = True
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Drop all connections, and every new one meanwhile."""
        self._loop.call_soon_threadsafe(self._fail)
        try:
            yield
        finally:
            self._is_up = True

    def _fail(self) -> None:
        self._is_up = False
        for writer in self._open:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self._is_up:
                raise ConnectionError
            there = await asyncio.open_connection("127.0.0.1", self._backend.port)
        except ConnectionError:
            writer.transport.abort()
            return
        self._open |= {writer, there[1]}
        await asyncio.gather(_forward(reader, there[1]), _forward(there[0], writer))
        self._open -= {writer, there[1]}

    def __enter__(self) -> Network:
        """Start."""
        self._thread.start()
        serving = asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        self._fail()
        while self._open:  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0.01)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
