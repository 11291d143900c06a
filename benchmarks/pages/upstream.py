"""A server of many runs that costs next to nothing, so that it is not what is measured.

It answers with bytes that the embedded server gave for one run, with another id and another mark. A
poll for `run_7` is held until that run has a later mark than the poll knows. `GET /drive` gives the
runs marks in turn and tells when each was made.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

from benchmarks.pages.server import mark

OFFSET = "electric-offset"


@dataclass(frozen=True)
class Answer:
    """What the embedded server answered about one run.

    Attributes:
        headers: The headers.
        body: The body.
        run: The run's id.
        number: The number of its mark.
    """

    headers: dict[str, str]
    body: bytes
    run: str
    number: int

    def about(self, run: str, number: int) -> bytes:
        """The answer, about another run with another mark."""
        body = self.body.replace(self.run.encode(), run.encode())
        body = body.replace(mark(self.number).encode(), mark(number).encode())
        headers = {**self.headers, OFFSET: f"{number}_0", "content-length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body


class Runs:
    """The runs, and the polls that wait for them."""

    def __init__(self, snapshot: Answer, update: Answer) -> None:
        self._snapshot, self._update = snapshot, update
        self._marks: dict[str, int] = {}
        self._waiting: dict[str, asyncio.Transport] = {}

    def ask(self, run: str, offset: str, transport: asyncio.Transport) -> None:
        """Answer a poll, now or later."""
        number = self._marks.get(run, 0)
        if offset == "-1":
            transport.write(self._snapshot.about(run, number))
        elif number > int(offset.partition("_")[0]):
            transport.write(self._update.about(run, number))
        else:
            self._waiting[run] = transport

    async def drive(self, runs: int, steps: int, every: float) -> list[float]:
        """Give the runs marks in turn; returns when, in milliseconds since 1970."""
        made: list[float] = []
        due = time.monotonic()
        for number in range(1, steps + 1):
            run = f"run_{number % runs}"
            self._marks[run] = number
            made.append(time.time() * 1000)
            if transport := self._waiting.pop(run, None):
                transport.write(self._update.about(run, number))
            due += every
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        return made


class Feed(asyncio.Protocol):
    """One connection.

    Args:
        runs: The runs.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"\r\n\r\n"):
            return
        target = urlsplit(self._received.split(b" ", 2)[1].decode())
        self._received = b""
        query = {name: values[-1] for name, values in parse_qs(target.query).items()}
        if target.path == "/drive":
            self._driving = asyncio.create_task(self._drive(query))
        else:
            self._runs.ask(target.path.rpartition("/")[2], query["offset"], self._transport)

    async def _drive(self, query: dict[str, str]) -> None:
        made = await self._runs.drive(
            int(query["runs"]), int(query["steps"]), float(query["every"])
        )
        body = json.dumps(made)
        self._transport.write(
            f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
        )


def serve(snapshot: Answer, update: Answer, address: Connection) -> None:
    """Serve until killed; send the address."""

    async def run() -> None:
        runs = Runs(snapshot, update)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Feed(runs), "127.0.0.1", 0, backlog=2048)
        address.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await server.serve_forever()

    asyncio.run(run())
