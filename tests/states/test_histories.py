"""The life cycle against a model: whatever happens to a session, what has to be so is so.

`HISTORY_BATCHES` sets how many hundreds of histories there are, other ones each time then, and
`HISTORY_LENGTH` how many steps they have at most.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reflex_realtime import configure, feeds
from reflex_realtime.devserver import DevServer
from reflex_realtime.feeds import RealtimeClient, hub
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.states import lifecycle, viewers
from tests.serving import serve
from tests.states.directing import Directed, Faults, count_writers
from tests.states.histories import BY_RUN, BY_TAB, MISSING, Step, World, reported

BATCHES = int(os.environ.get("HISTORY_BATCHES", "20"))
BATCH = 100
LENGTH = int(os.environ.get("HISTORY_LENGTH", "8"))

# The world outlives an example, and an example is large and takes its time.
SUITABLE = (
    *(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
    *(HealthCheck.large_base_example, HealthCheck.data_too_large),
)

# One draw for a step, since an example holds many. The first tab and run come up more often.
STEPS = st.sampled_from(
    [
        *(Step(a, t, n) for a in BY_TAB for t in (0, 0, 0, 1) for n in (0, 0, 0, 1, 1, MISSING)),
        *(Step(a, number=n) for a in (*BY_RUN, "progress") for n in (0, 0, 0, 1) for _ in range(6)),
        *[Step("settle")] * 24,
    ]
)
HISTORIES = st.lists(STEPS, min_size=2, max_size=LENGTH).map(
    lambda steps: [Step("subscribe"), *steps]
)


class Batch(NamedTuple):
    """Histories that take place at the same time."""

    histories: list[list[Step]]

    def __repr__(self) -> str:
        """No more than a name: a failure tells which history it was."""
        return "Batch(...)"


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the waits short that are long for the sake of people and servers."""
    retry = RetryPolicy(initial=0.02, cap=0.05, floor=0.01, window=0.1)
    connection_from = feeds.connection_from
    monkeypatch.setenv("REFLEX_STATE_MANAGER_MODE", "memory")
    monkeypatch.setattr(viewers, "GRACE_SECONDS", 0.5)
    monkeypatch.setattr(viewers, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(
        feeds,
        "connection_from",
        lambda options: dataclasses.replace(connection_from(options), retry=retry),
    )
    monkeypatch.setattr(lifecycle, "_write", count_writers(lifecycle._write))


@pytest.fixture
async def server() -> tuple[DevServer, Directed, Faults]:
    # After a fault a feed counts as live when it has an answer, thus after a poll at the latest.
    server, task = DevServer(":memory:", concurrency=10_000, poll_seconds=1), Directed()
    task.add_to(server)
    server.asgi = faults = Faults(server.asgi)
    return server, task, faults


@pytest.fixture
async def realtime(server: tuple[DevServer, Directed, Faults]) -> AsyncIterator[DevServer]:
    hub._hubs[asyncio.get_running_loop()] = hub.Hub(grace_seconds=0.1)
    async with serve(server[0]) as url:
        configure(base_url=url, access_token=server[0].secret_key)
        yield server[0]


@pytest.fixture
async def world(
    server: tuple[DevServer, Directed, Faults], quickly: None, backend: str
) -> AsyncIterator[World]:
    async with RealtimeClient() as client:
        yield World(backend, client, server[1], server[2])


TOLD = {
    "restarted without a view": [
        *(Step("open"), Step("subscribe"), Step("close"), Step("restart"), Step("settle")),
        *(Step("open"), Step("progress")),
    ],
    "enabled without a view": [
        *(Step("open"), Step("subscribe"), Step("close"), Step("enable"), Step("settle")),
    ],
    "stopped when expired": [Step("subscribe"), Step("expire"), Step("stop")],
    "disabled when expired": [Step("subscribe"), Step("expire"), Step("disable")],
    "view closed when expired": [Step("open"), Step("subscribe"), Step("expire"), Step("close")],
    "elsewhere when expired": [Step("subscribe"), Step("expire"), Step("subscribe", number=1)],
    "loaded when expired": [
        *(Step("subscribe"), Step("progress"), Step("expire"), Step("leave"), Step("come_back")),
    ],
    "expired unnoticed": [Step("subscribe"), Step("progress"), Step("expire"), Step("settle")],
    "left while the feed was down": [
        *(Step("subscribe"), Step("break_off"), Step("settle"), Step("leave"), Step("settle")),
        *(Step("come_back"), Step("settle"), Step("open")),
    ],
    "expired while away": [Step("subscribe"), Step("leave"), Step("expire"), Step("come_back")],
}
"""Histories that once came out wrong."""


@pytest.mark.parametrize("history", TOLD.values(), ids=TOLD.keys())
async def test_what_once_came_out_wrong_comes_out_right(world: World, history: list[Step]) -> None:
    await world.live_through(history)


@pytest.mark.timeout(120 + 20 * BATCHES)
@settings(
    derandomize="HISTORY_BATCHES" not in os.environ,
    max_examples=BATCHES,
    phases=[Phase.generate],
    suppress_health_check=SUITABLE,
)
@given(st.lists(HISTORIES, min_size=BATCH, max_size=BATCH).map(Batch))
async def test_whatever_happens_leaves_one_writer_the_truth_and_one_report(
    world: World, batch: Batch
) -> None:
    results: list[Any] = await asyncio.gather(
        *(world.live_through(history) for history in batch.histories), return_exceptions=True
    )
    for history, result in zip(batch.histories, results, strict=True):
        if result is not None:
            raise AssertionError(f"In {history}") from result
    reported.clear()
