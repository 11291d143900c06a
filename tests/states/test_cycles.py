"""Sessions that open and close again and again leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
from typing import Any, NamedTuple
from uuid import uuid4

import psutil
import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

from reflex_realtime import RealtimeRunState
from reflex_realtime.feeds import RealtimeClient, hub
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.states import viewers, writers
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted
from tests.waiting import until

CYCLES = int(os.environ.get("CYCLES", "200"))
AT_ONCE = 20
# By then the allocator has what it needs for so many sessions at a time.
WARM_UP = 300


class Opened(RealtimeRunState[Count, Counted], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class Level(NamedTuple):
    """What a process holds.

    Attributes:
        tasks: Tasks of the event loop.
        sockets: Open sockets and files.
        feeds: Entries of the hub.
        writers: Tasks that write a state, and what they remember.
        bytes: Memory.
    """

    tasks: int
    sockets: int
    feeds: int
    writers: int
    bytes: int


async def level() -> Level:
    """What the process holds once all that was on its way out is gone."""
    await until(lambda: "_send_ping" not in str(asyncio.all_tasks()))
    gc.collect()
    process = psutil.Process()
    return Level(
        len(asyncio.all_tasks()),
        process.num_fds(),
        shared_hub().feeds,
        len(writers.present()) + len(writers.memories),
        process.memory_info().rss,
    )


async def cycle(backend: str, run_id: str, choice: random.Random) -> None:
    """Open a page that shows a run, and leave it in one of the ways that there are."""
    token = str(uuid4())
    viewer = str(uuid4())
    async with Browser(backend, token) as browser:
        await browser.call(Opened.view_opened, viewer=viewer, target=run_id)
        await browser.sees(lambda: browser.of(Opened).get("subscription_status") == "live")
        match choice.choice(["tab closed", "page left", "reloaded"]):
            case "page left":
                await browser.call(Opened.view_closed, viewer=viewer)
                await browser.sees(lambda: browser.of(Opened)["subscription_status"] == "idle")
            case "reloaded":
                await browser.__aexit__()
                await until(lambda: not viewers.is_connected(token))
                async with Browser(backend, token) as again:
                    await again.call(Opened.view_opened, viewer=str(uuid4()))
                    await again.sees(lambda: again.of(Opened).get("run"))
    await until(lambda: not viewers.is_connected(token))


async def cycles(number: int, backend: str, run_id: str, choice: random.Random) -> None:
    """Live through many cycles, some at the same time, until all that they leave has ended."""
    for _ in range(number // AT_ONCE):
        await asyncio.gather(*(cycle(backend, run_id, choice) for _ in range(AT_ONCE)))
        await until(lambda: not writers.present())
        expire_all_sessions()
    await until(lambda: shared_hub().feeds == 0)


def expire_all_sessions() -> None:
    """Let Reflex forget the sessions now, which it keeps for an hour."""
    app: Any = RegistrationContext.get().app
    for _, expiring in [*app.state_manager._token_expires_at.values()]:
        app.state_manager._purge_token(expiring)


@pytest.fixture
async def quickly(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Make the waits short that are long for the sake of people."""
    # Reflex warns of each closed tab that its state was still written; pytest would keep it all.
    caplog.set_level(logging.ERROR, "reflex.app")
    monkeypatch.setenv("REFLEX_STATE_MANAGER_MODE", "memory")
    # The socket library keeps the task that pings a closed socket until the next ping.
    monkeypatch.setenv("REFLEX_SOCKET_INTERVAL", "1")
    monkeypatch.setattr(viewers, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(viewers, "POLL_SECONDS", 0.05)
    hub._hubs[asyncio.get_running_loop()] = hub.Hub(grace_seconds=0.1)


@pytest.mark.timeout(60 + CYCLES)
async def test_cycles_of_opening_and_closing_leave_a_process_as_it_was(
    quickly: None, backend: str
) -> None:
    async with RealtimeClient() as client:
        run_id = (await client.trigger("wait", Count(to=1))).id
    choice = random.Random(5)
    await cycles(WARM_UP, backend, run_id, choice)
    before = await level()
    await cycles(CYCLES, backend, run_id, choice)
    after = await level()
    assert after[:-1] == before[:-1]
    assert after.bytes / before.bytes < 1.02
