"""Many sessions that watch the same: one request at the server for each feed."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

import reflex as rx

from reflex_realtime import RealtimeRunState, RealtimeRunsWithTagState, configure
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.hooks import FeedNotice, NoticeKind
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, open_gate
from tests.waiting import until

SESSIONS = 200


class Watched(RealtimeRunState[Count, Counted], rx.State):
    completions: int = 0

    async def _authorize(self, target: Any) -> bool:
        return True

    async def _on_complete(self, run: Any, error: Any) -> None:
        self.completions += 1


class Writing(RealtimeRunState[dict[str, Any], Counted], rx.State):
    seen: int = 0

    async def _authorize(self, target: Any) -> bool:
        return True

    @rx.event
    def write(self):
        assert self.run
        assert self.run.payload is not None
        self.run.payload["to"] = 100

    @rx.event
    def look(self):
        assert self.run
        assert self.run.payload is not None
        self.seen = self.run.payload["to"]


class WatchedTag(RealtimeRunsWithTagState[Count, Counted], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class Narrow(RealtimeRunsWithTagState[Count, Counted], rx.State):
    token: str = ""

    @rx.event
    def grant(self, token: str):
        self.token = token

    async def _authorize(self, target: Any) -> str:
        return self.token


def status_of(browser: Browser, state: Any) -> Any:
    return browser.of(state).get("subscription_status")


async def test_two_hundred_sessions_that_come_and_go_ask_once_for_each_feed(
    backend: str, client: RealtimeClient
) -> None:
    notices: list[FeedNotice] = []
    handle = await client.trigger("wait", Count(to=1), tags=["crowd"])
    configure(hooks=[notices.append])
    choice = random.Random(7)

    async def session() -> None:
        for _ in range(choice.randint(1, 2)):
            async with Browser(backend) as browser:
                await browser.call(Watched.subscribe, target=handle.id)
                await browser.call(WatchedTag.subscribe, target="crowd")
                await browser.sees(lambda: status_of(browser, Watched) == "live")
                await browser.sees(lambda: len(browser.of(WatchedTag).get("runs") or []) == 1)
                await asyncio.sleep(choice.random())

    async with asyncio.timeout(50):
        await asyncio.gather(*(session() for _ in range(SESSIONS)))
    connected = [notice.feed for notice in notices if notice.kind is NoticeKind.CONNECTED]
    assert sorted(connected) == [f"the run {handle.id!r}", "the runs with ['crowd']"]
    assert shared_hub().feeds == 2


async def test_every_session_is_told_of_the_end_once(backend: str, client: RealtimeClient) -> None:
    handle = await client.trigger("wait", Count(to=1))
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(Browser(backend)) for _ in range(20)]
        for browser in browsers:
            await browser.call(Watched.subscribe, target=handle.id)
        for browser in browsers:
            await browser.sees(lambda b=browser: status_of(b, Watched) == "live")
        assert shared_hub().feeds == 1
        open_gate(handle.id)
        for browser in browsers:
            await browser.sees(lambda b=browser: b.of(Watched)["completions"] == 1)
        await until(lambda: shared_hub().feeds == 0)


async def test_a_session_with_a_narrower_token_sees_only_what_it_may(
    backend: str, client: RealtimeClient
) -> None:
    await client.trigger("count", Count(to=1), tags=["both", "mine"])
    await client.trigger("count", Count(to=1), tags=["both"])
    token = await client.create_public_token(scopes=["read:tags:mine"])
    async with Browser(backend) as wide, Browser(backend) as narrow:
        await wide.call(WatchedTag.subscribe, target="both")
        await wide.sees(lambda: len(wide.of(WatchedTag).get("runs") or []) == 2)
        await narrow.call(Narrow.grant, token=token)
        await narrow.call(Narrow.subscribe, target="both")
        await narrow.sees(lambda: status_of(narrow, Narrow) == "failed")
        assert narrow.of(Narrow)["runs"] == []
        await narrow.call(Narrow.subscribe, target="mine")
        await narrow.sees(lambda: len(narrow.of(Narrow)["runs"]) == 1)


async def test_what_a_session_does_to_its_run_does_not_show_in_another(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("wait", Count(to=1))
    async with Browser(backend) as one, Browser(backend) as other:
        for browser in (one, other):
            await browser.call(Writing.subscribe, target=handle.id)
            await browser.sees(lambda b=browser: status_of(b, Writing) == "live")
        await one.call(Writing.write)
        await one.sees(lambda: one.of(Writing)["run"]["payload"]["to"] == 100)
        await other.call(Writing.look)
        await other.sees(lambda: other.of(Writing)["seen"] == 1)
        open_gate(handle.id)
        await one.sees(lambda: status_of(one, Writing) == "complete")
        assert one.of(Writing)["run"]["payload"]["to"] == 1
