"""Subscriptions that are told to begin anew in the middle of a story, as Electric does."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.options import FeedStyle
from tests.conformance.conftest import Clients
from tests.conformance.worker import Worker


@pytest.fixture
def style() -> FeedStyle:
    """Only Electric makes subscriptions begin anew."""
    return "electric"


def states(emitted: list[Any]) -> dict[str, list[Any]]:
    """The states of each run, one after another; the official client repeats some."""
    runs = sorted((item["run"] for item in emitted), key=lambda run: run["id"])
    lives = {run_id: list(life) for run_id, life in groupby(runs, key=lambda run: run["id"])}
    return {run_id: [state for state, _ in groupby(life)] for run_id, life in lives.items()}


async def test_a_run_goes_on_where_it_was(
    clients: Clients, server: DevServer, worker: Worker
) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"}, tags="user:1")
    async with clients.watch("run", run.id) as both:
        await both.see()
        await worker.claim(run.id)
        await both.see()
        server.void_shapes()
        await both.javascript.reach(3)
        await worker.begin(run.id)
        await both.javascript.reach(4)
        await both.python.reach(3)
        server.void_shapes()
        await worker.complete(run.id, "done")
        await both.end()
    assert states(both.python.emitted) == states(both.javascript.emitted)
    statuses = [run["status"] for run in both.python.runs]
    assert statuses == ["QUEUED", "DEQUEUED", "EXECUTING", "COMPLETED"]


@pytest.mark.parametrize("feed", ["tag", "batch"])
async def test_a_list_of_runs_goes_on_where_it_was(
    clients: Clients, server: DevServer, worker: Worker, feed: str
) -> None:
    batch = await clients.python.batch_trigger("my-task", ["a", "b", "c"], tags="all")
    async with clients.watch(feed, {"tag": "all", "batch": batch.id}[feed]) as both:
        await both.see(3)
        first, second, third = (run["id"] for run in both.python.runs)
        await worker.claim(second)
        await both.see()
        server.void_shapes()
        await both.javascript.reach(7)
        await worker.claim(third)
        await both.python.reach(5)
        await both.javascript.reach(8)
        server.void_shapes()
        await worker.claim(first)
        await both.python.reach(6)
        await worker.complete(second, 7)
        await both.python.reach(7)
        await both.javascript.see(lambda run: run.get("output") == 7)
    assert states(both.python.emitted) == states(both.javascript.emitted)
    assert len(both.python.emitted) == 7
