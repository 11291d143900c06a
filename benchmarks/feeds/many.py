"""Measures what 1, 100 and 1,000 feeds of runs cost; `make bench-feeds` runs it second.

    python benchmarks/feeds/many.py [httpx | aiohttp]

Idle feeds are answered every 20 seconds that nothing has changed, as a real server does; they start
evenly spread over those 20 seconds and are then measured for a minute. Busy feeds get 100 updates a
second among them, one in an answer, with a payload and an output that pydantic models validate.
The argument chooses the HTTP stack beneath the feeds: httpx's own, or `httpx-aiohttp`, which all
feeds share.

Server and client have a process each, so that processor time and memory are the client's alone.
Plain HTTP on loopback, so no TLS in the figures. It ends within six minutes.
"""

from __future__ import annotations

import asyncio
import itertools
import platform
import sys
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection

import httpx
import psutil
from decode_client import Output, Payload
from httpx_aiohttp import AiohttpTransport
from processes import process_of
from server import UPDATES_PER_SECOND, serve

from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.transport import OpenClient, open_client, tls_context
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.models import RealtimeRun

FEEDS = (1, 100, 1000)
HOLD_SECONDS = 20.0
MEASURED_SECONDS = {"idle": 60.0, "busy": 15.0}
START_SECONDS = {"idle": HOLD_SECONDS, "busy": 10.0}


@dataclass(frozen=True)
class Measurement:
    """What so many feeds cost.

    Attributes:
        answers: How many answers the feeds read while they were measured.
        cpu_share: Processor time of the client, as a share of the time measured.
        cpu_seconds: The same, in seconds.
        feed_kib: Memory that each feed adds, its connection included, in KiB.
    """

    answers: int
    cpu_share: float
    cpu_seconds: float
    feed_kib: float


class SharedTransport(AiohttpTransport):
    """A transport that outlives the clients that use it."""

    async def aclose(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass


def on_aiohttp() -> OpenClient:
    """Open clients that share one transport: aiohttp's pool stands it."""
    limits = httpx.Limits(max_connections=2000, max_keepalive_connections=2000)
    transport = SharedTransport(limits=limits, verify=tls_context())
    return lambda: httpx.AsyncClient(transport=transport, verify=tls_context())


STACKS = {"httpx": lambda: open_client, "aiohttp": on_aiohttp}


async def measure(stack: str, kind: str, feeds: int, port: int, result: Connection) -> None:
    """Send what `feeds` feeds cost, after one that has brought everything into memory."""
    answers: Counter[NoticeKind] = Counter()

    def count(notice: FeedNotice) -> None:
        answers[notice.kind] += 1

    client = RealtimeClient(
        access_token="tr_dev_benchmark",
        base_url=f"http://127.0.0.1:{port}",
        open_client=STACKS[stack](),
        hooks=(count,),
    )
    hold = HOLD_SECONDS if kind == "idle" else feeds / UPDATES_PER_SECOND

    async def follow(run_id: str) -> None:
        runs = client.subscribe_to_run(run_id, run_model=RealtimeRun[Payload, Output])
        async for _ in runs:
            pass

    warm = asyncio.create_task(follow("busy_0.1_warm"))
    await asyncio.sleep(2)
    warm.cancel()
    await asyncio.gather(warm, return_exceptions=True)
    rss = psutil.Process().memory_info().rss
    following: list[asyncio.Task[None]] = []
    for number in range(feeds):
        following.append(asyncio.create_task(follow(f"{kind}_{hold}_{number}")))
        await asyncio.sleep(START_SECONDS[kind] / feeds)
    rss = psutil.Process().memory_info().rss - rss
    answers.clear()
    cpu, started = time.process_time(), time.perf_counter()
    await asyncio.sleep(MEASURED_SECONDS[kind])
    cpu, elapsed = time.process_time() - cpu, time.perf_counter() - started
    if any(task.done() for task in following):
        raise SystemExit("A feed has ended.")
    result.send(Measurement(answers[NoticeKind.POLLED], cpu / elapsed, cpu, rss / feeds / 1024))
    # The process is killed here, since closing 1,000 connections takes seconds.
    await asyncio.Event().wait()


def run_measurement(stack: str, kind: str, feeds: int, port: int, result: Connection) -> None:
    asyncio.run(measure(stack, kind, feeds, port, result))


def main(stack: str) -> None:
    names = ("httpx", "httpcore", "h11", "anyio", "sniffio", "httpx-aiohttp", "aiohttp")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"Feeds on {stack}, Python {platform.python_version()} on {sys.platform}, {versions}\n")
    print("| feeds | | answers a second | % of a core | µs for each answer | KiB for each feed |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    with process_of(serve) as address:
        port = address.recv()
        for kind, feeds in itertools.product(MEASURED_SECONDS, FEEDS):
            with process_of(run_measurement, stack, kind, feeds, port) as result:
                found: Measurement = result.recv()
            print(
                f"| {feeds:,} | {kind} | {found.answers / MEASURED_SECONDS[kind]:.1f} "
                f"| {found.cpu_share * 100:.2f} "
                f"| {found.cpu_seconds / max(found.answers, 1) * 1e6:,.0f} "
                f"| {found.feed_kib:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "httpx")
