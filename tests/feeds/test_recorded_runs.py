"""The runs feed and what real servers answered: what the captures do not say one by one."""

from __future__ import annotations

import gzip
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from reflex_realtime.feeds.events import RunFeedEvent, RunsChanged
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import ReplayServer, answer, recorded, replay

RUN = run_request("run_1")

Feed = AsyncGenerator[RunFeedEvent, None]


@asynccontextmanager
async def following(*names: str) -> AsyncIterator[tuple[Feed, ReplayServer]]:
    """A feed of the recorded answers; after them the poll is held."""
    async with (
        replay(*map(recorded, names)) as server,
        aclosing(run_feed(server.quick, RUN)) as feed,
    ):
        yield feed, server


async def runs(feed: Feed) -> list[RealtimeRun[Any, Any]]:
    """The runs of the next change."""
    async for event in feed:
        if isinstance(event, RunsChanged):
            assert not event.removed
            return list(event.runs)
    raise AssertionError("a feed of runs does not end by itself")


async def test_every_request_says_which_protocol_it_speaks() -> None:
    async with following("native/00") as (feed, server):
        await runs(feed)
        headers = (await server.asked(1)).headers
    assert headers["authorization"].startswith("Bearer tr_dev_")
    assert headers["x-trigger-api-version"] == "2025-07-16"
    assert headers["x-trigger-electric-version"] == "1.0.0-beta.1"
    assert headers["trigger-version"].startswith("reflex-realtime/")
    assert "x-trigger-branch" not in headers


async def test_native_and_electric_rows_of_a_new_run_read_alike() -> None:
    async with (
        following("native/00") as (native, _),
        following("electric/00", "electric/01") as (electric, _),
    ):
        [one], [other] = await runs(native), await runs(electric)
    varying = {"id", "created_at", "updated_at", "queued_at", "tags"}
    assert one.model_dump(exclude=varying) == other.model_dump(exclude=varying)
    assert other.tags == ["el", "it's"]
    assert other.created_at.isoformat() == "2026-11-22T17:47:51.185000+00:00"


async def test_an_answer_packed_with_gzip_is_read() -> None:
    """The recorded one is packed with brotli, which real servers prefer."""
    head, _, body = recorded("native/00").partition(b"\r\n\r\n")
    size, _, rest = body.partition(b"\r\n")
    plain = rest[: int(size, 16)]
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    del headers["Transfer-Encoding"]
    packed = answer(200, gzip.compress(plain), {**headers, "Content-Encoding": "gzip"})
    async with replay(packed) as server, aclosing(run_feed(server.quick, RUN)) as feed:
        [run] = await runs(feed)
        asked = await server.asked(1)
    assert run.payload == {"hello": "world"}
    assert {"br", "gzip"} <= set(asked.headers["accept-encoding"].split(", "))
