"""Follows a tag and prints the processor time that each portion of the runs took.

    python decode_client.py TAG PORTION WARM MEASURED

The same as `js/decode.ts` does with the official client, argument for argument.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from pydantic import BaseModel
from server import ROWS

from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.models import RealtimeRun


class Payload(BaseModel):
    topic: str
    pages: int
    sources: list[str]


class Output(BaseModel):
    url: str
    words: int


def runs(client: RealtimeClient, tag: str) -> AsyncGenerator[RealtimeRun[Payload, Output], None]:
    return client.subscribe_to_runs_with_tag(tag, run_model=RealtimeRun[Payload, Output])


async def whole_subscriptions(
    client: RealtimeClient, tag: str, portion: int
) -> AsyncGenerator[int, None]:
    """Subscribe again and again; yield the nanoseconds that each took to its last run."""
    while True:
        started = time.process_time_ns()
        seen = 0
        async for _ in runs(client, tag):
            seen += 1
            if seen == portion:
                break
        yield time.process_time_ns() - started


async def live_updates(client: RealtimeClient, tag: str, portion: int) -> AsyncGenerator[int, None]:
    """Subscribe once; yield the nanoseconds that each portion after the snapshot took."""
    seen, started = -ROWS, 0
    async for _ in runs(client, tag):
        seen += 1
        if seen >= 0 and seen % portion == 0:
            if seen:
                yield time.process_time_ns() - started
            started = time.process_time_ns()


async def follow(tag: str, portion: int, warm: int, measured: int) -> None:
    way = whole_subscriptions if tag == "held" else live_updates
    portions = 0
    async with RealtimeClient() as client, aclosing(way(client, tag, portion)) as costs:
        async for cost in costs:
            portions += 1
            if portions > warm:
                print(cost / 1000)
            if portions == warm + measured:
                break


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], *map(int, sys.argv[2:])))
