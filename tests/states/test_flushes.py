"""Flushes: one for all that changed in a session, and none that a page cannot take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeOptions,
    RealtimeRun,
    RealtimeRunState,
    RealtimeRunsWithTagState,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.events import FeedEvent, RunsChanged
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.states import viewers
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, open_gate
from tests.waiting import until

TIME = datetime(2026, 1, 1, tzinfo=UTC)
UPDATES = 400


class ThisRun(RealtimeRunState[Count, Counted], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class ThisBatch(RealtimeBatchState[Count, Counted], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class ThisTag(RealtimeRunsWithTagState[Count, Counted], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class Faulty(RealtimeRunState[Count, Counted], rx.State):
    """A state that cannot take up the end of a run."""

    async def _authorize(self, target: Any) -> bool:
        return True

    def _apply(self, events: list[FeedEvent]) -> None:
        super()._apply(events)
        if self.run and self.run.is_finished:
            raise ValueError("what an app has broken")


FOLLOWED = [ThisRun, ThisBatch, ThisTag]

notices: list[FeedNotice] = []


class Flooded(RealtimeRunState[Any, Any], rx.State):
    """Shows a run that changes much, and quickly."""

    realtime_options = RealtimeOptions(throttle_ms=0, hooks=(notices.append,))

    async def _authorize(self, target: Any) -> bool:
        return True

    def _open_feed(self, connection: Any, options: Any) -> AsyncGenerator[FeedEvent, None]:
        return flood()


async def flood() -> AsyncGenerator[FeedEvent, None]:
    for number in range(UPDATES):
        text = str(number) * 20_000
        run = RealtimeRun[Any, Any](id="run_1", created_at=TIME, updated_at=TIME, output=text)
        yield RunsChanged((run,), snapshot=not number)
        await asyncio.sleep(0.001)


def waiting_frames(browser: Browser) -> Callable[[], int]:
    """How many frames wait for a browser to take them."""
    app: Any = RegistrationContext.get().app
    transport = app.sio.manager.eio_sid_from_sid(viewers.socket_of(browser.token), "/_event")
    queue = app.sio.eio.sockets[transport].queue
    return queue.qsize


async def test_what_changes_at_the_same_time_in_several_states_is_one_update(
    backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("wait", [Count(to=1)], tags=["together"])
    async with Browser(backend) as browser:
        await browser.call(ThisBatch.subscribe, target=batch.id)
        [run] = await browser.sees(lambda: browser.of(ThisBatch)["runs"])
        await browser.call(ThisRun.subscribe, target=run["id"])
        await browser.call(ThisTag.subscribe, target="together")
        for state in FOLLOWED:
            await browser.sees(lambda state=state: status(browser, state) == "live")
        # Each of them has just been flushed, so that the next flush is held back for all.
        open_gate(run["id"])
        for state in FOLLOWED[1:]:
            await browser.sees(lambda state=state: browser.of(state)["completed"] == 1)
        together = [frame for frame in browser.frames if len(names(frame)) > 1]
        assert together


async def test_a_state_that_fails_takes_no_other_of_its_session_along(
    backend: str, client: RealtimeClient, caplog: pytest.LogCaptureFixture
) -> None:
    handle = await client.trigger("wait", Count(to=1))
    async with Browser(backend) as browser:
        for state in (Faulty, ThisRun):
            await browser.call(state.subscribe, target=handle.id)
            await browser.sees(lambda state=state: status(browser, state) == "live")
        open_gate(handle.id)
        await browser.sees(lambda: status(browser, ThisRun) == "complete")
        await browser.sees(lambda: status(browser, Faulty) == "failed")
    assert "what an app has broken" in caplog.text


def status(browser: Browser, state: Any) -> str:
    return browser.of(state)["subscription_status"]


def names(frame: dict[str, Any]) -> set[str]:
    return {state.get_full_name() for state in FOLLOWED} & frame.keys()


async def test_a_page_whose_socket_takes_no_more_is_sent_the_last_state_when_it_does(
    backend: str,
) -> None:
    notices.clear()
    async with Browser(backend) as browser:
        waiting = waiting_frames(browser)
        most = 0
        with browser.not_reading():
            await browser.call(Flooded.subscribe, target="run_1")
            await until(lambda: waiting() > 0)
            for _ in range(50):
                most = max(most, waiting())
                await asyncio.sleep(0.01)
        await browser.sees(lambda: status(browser, Flooded) == "complete")
        assert browser.of(Flooded)["run"]["output"] == str(UPDATES - 1) * 20_000
        assert most <= 2
        frames = browser.frames_of(Flooded)
        assert len(frames) < UPDATES / 2
    assert NoticeKind.LAGGED in [notice.kind for notice in notices]
