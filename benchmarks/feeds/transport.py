"""Compares the ways to hold many long polls at once: `make bench-transport`.

Every way holds 1, 100 and 500 polls of a small HTTP server that runs in a process of its own. The
server answers each poll with one row of a run, either all at the same moment (a burst: one change
that everybody waits for) or each after its own 0.3 to 0.7 s (the usual case). Each measurement has
a client process of its own too, so that processor time and memory belong to it alone. The whole
comparison ends within 90 seconds; plain HTTP on loopback, so no TLS in the figures.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import platform
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from typing import TypeAlias

import httpx
import psutil
from httpx_aiohttp import AiohttpTransport
from processes import process_of

FEEDS = (1, 100, 500)
RELEASES = ("burst", "staggered")
CELL_SECONDS = 1.5
HOLD_SECONDS = (0.3, 0.7)

ROW = {
    "id": "run_0",
    "status": "EXECUTING",
    "taskIdentifier": "create-report",
    "metadata": json.dumps({"progress": 0.5, "label": "x" * 600}),
    "runTags": '{"user:1","kind:report"}',
}
BODY = json.dumps([{"key": "run_0", "value": ROW}, {"headers": {"control": "up-to-date"}}]).encode()
RESPONSE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
    b"electric-handle: run-0\r\nelectric-offset: 1_1\r\nelectric-cursor: 1\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(BODY), BODY)
)

Poll: TypeAlias = Callable[[str], Awaitable[bytes]]


# The server -----------------------------------------------------------------------------------


class HeldPolls(asyncio.Protocol):
    """One connection to the server: `/burst/N` waits for N polls, `/staggered/N` for a while."""

    waiting: list[asyncio.Transport] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.received.endswith(b"\r\n\r\n"):
            return
        release, feeds = self.received.split(b" ")[1].decode().strip("/").split("/")
        self.received = b""
        if release == "staggered":
            delay = random.uniform(*HOLD_SECONDS)
            asyncio.get_running_loop().call_later(delay, self.transport.write, RESPONSE)
            return
        self.waiting.append(self.transport)
        if len(self.waiting) == int(feeds):
            for transport in self.waiting:
                transport.write(RESPONSE)
            self.waiting.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport in self.waiting:
            self.waiting.remove(self.transport)


def serve(address: Connection) -> None:
    """Run the server until its process is ended; the port goes to `address`."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(HeldPolls, "127.0.0.1", 0, backlog=1024)
        address.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


# The ways to poll -----------------------------------------------------------------------------

TIMEOUT = httpx.Timeout(60)
# A number, since httpx-aiohttp takes None for aiohttp's own limit of 100.
LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
TLS = httpx.create_ssl_context()


@asynccontextmanager
async def one_client(feeds: int) -> AsyncIterator[list[Poll]]:
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, verify=TLS) as client:
        yield [_poll_with(client)] * feeds


@asynccontextmanager
async def client_per_feed(feeds: int) -> AsyncIterator[list[Poll]]:
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=1)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(timeout=TIMEOUT, limits=limits, verify=TLS)
            )
            for _ in range(feeds)
        ]
        yield [_poll_with(client) for client in clients]


@asynccontextmanager
async def one_client_on_aiohttp(feeds: int) -> AsyncIterator[list[Poll]]:
    transport = AiohttpTransport(limits=LIMITS, verify=TLS)
    async with httpx.AsyncClient(timeout=TIMEOUT, transport=transport, verify=TLS) as client:
        yield [_poll_with(client)] * feeds


def _poll_with(client: httpx.AsyncClient) -> Poll:
    async def poll(url: str) -> bytes:
        return (await client.get(url)).raise_for_status().content

    return poll


WAYS = {
    "one httpx client": one_client,
    "one httpx client per feed": client_per_feed,
    "one httpx client on aiohttp": one_client_on_aiohttp,
}


# The measurement ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measurement:
    """What one way costs with so many feeds.

    Attributes:
        cpu_ms: Processor time of the client for each request, in milliseconds.
        round_ms: Time until every feed has had one more answer, in milliseconds.
        feed_kib: Memory that each feed adds, in KiB.
    """

    cpu_ms: float
    round_ms: float
    feed_kib: float


async def measure(way: str, feeds: int, release: str, port: int, result: Connection) -> None:
    """Send what rounds of `feeds` polls cost, after a first round that opens the connections."""
    url = f"http://127.0.0.1:{port}/{release}/{feeds}"
    process = psutil.Process()
    async with WAYS[way](1) as polls:
        await polls[0](f"http://127.0.0.1:{port}/burst/1")
    rss = process.memory_info().rss
    async with WAYS[way](feeds) as polls:
        await asyncio.gather(*(poll(url) for poll in polls))
        rss = process.memory_info().rss - rss
        cpu, started, rounds = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() - started < CELL_SECONDS:
            await asyncio.gather(*(poll(url) for poll in polls))
            rounds += 1
        cpu, elapsed = time.process_time() - cpu, time.perf_counter() - started
        # Sent from here, since a client that holds 500 connections takes seconds to close.
        result.send(
            Measurement(
                cpu_ms=cpu / rounds / feeds * 1000,
                round_ms=elapsed / rounds * 1000,
                feed_kib=rss / feeds / 1024,
            )
        )


def run_measurement(way: str, feeds: int, release: str, port: int, result: Connection) -> None:
    asyncio.run(measure(way, feeds, release, port, result))


# The comparison -------------------------------------------------------------------------------


def main() -> None:
    names = ("httpx", "httpcore", "h11", "anyio", "httpx-aiohttp", "aiohttp")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"Python {platform.python_version()} on {sys.platform}, {versions}\n")
    print("| way | feeds | release | CPU ms per request | ms per round | KiB per feed |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    with process_of(serve) as address:
        port = address.recv()
        for cell in itertools.product(WAYS, FEEDS, RELEASES):
            with process_of(run_measurement, *cell, port) as result:
                found: Measurement = result.recv()
            way, feeds, release = cell
            print(
                f"| {way} | {feeds} | {release} | {found.cpu_ms:.2f} | {found.round_ms:,.0f} "
                f"| {found.feed_kib:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
