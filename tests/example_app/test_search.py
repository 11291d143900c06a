"""`search-digest`: a search that ends when it has found, or when it is cancelled."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import traceback
from collections.abc import Callable

from example_app.tasks.search import SearchPayload, SearchResult, search_digest
from reflex_realtime.feeds import RealtimeClient
from tests.example_app.runs import run_task

TASK = "search-digest"


async def test_the_number_found_gives_the_wanted_digest(client: RealtimeClient):
    *_, run = await run_task(client, TASK, SearchPayload(text="tides", zeros=3), SearchResult)

    assert run.output is not None
    digest = hashlib.sha256(f"tides:{run.output.number}".encode()).hexdigest()
    assert digest == run.output.digest
    assert digest.startswith("000")


async def test_a_cancelled_search_stops(client: RealtimeClient):
    handle = await client.trigger(TASK, SearchPayload(text="tides", zeros=8))
    states = []

    async for run in client.subscribe_to_run(handle.id):
        states.append(run)
        if run.metadata.get("tries") and not run.is_finished:
            assert is_anybody_in(search_digest)
            await client.cancel_run(handle.id)

    assert states[-1].is_cancelled
    async with asyncio.timeout(5):
        while is_anybody_in(search_digest):  # noqa: ASYNC110 - a thread that ends sets no event
            await asyncio.sleep(0.01)


def is_anybody_in(function: Callable[..., object]) -> bool:
    """Whether a thread of this process is executing the function."""
    return any(
        frame.f_code is function.__code__
        for top in sys._current_frames().values()
        for frame, _ in traceback.walk_stack(top)
    )
