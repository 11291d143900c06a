"""What a hook may be: anything that a Reflex event handler may be."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
import reflex as rx

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeRunState,
    RealtimeRunsWithTagState,
    RealtimeRunWithStreamsState,
)
from reflex_realtime.feeds import RealtimeClient
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, open_gate


class Hook(rx.State, mixin=True):
    """A state whose hooks are of the kind that a test asks for."""

    told: list[str] = []
    kind: str = ""

    @rx.event
    def watch(self, target: str, kind: str):
        self.kind = kind
        return self._subscribe(target)  # pyright: ignore[reportAttributeAccessIssue]

    def _hook(self, name: str) -> Any:
        return getattr(self, f"_{self.kind}")(name)

    def _nothing(self, name: str) -> None:
        self.told.append(name)

    def _event(self, name: str) -> Any:
        self.told.append(name)
        return rx.console_log(f"first {name}")

    def _events(self, name: str) -> Any:
        self.told.append(name)
        return [rx.console_log(f"first {name}"), rx.console_log(f"second {name}")]

    async def _awaitable(self, name: str) -> None:
        self.told.append(name)

    async def _awaitable_event(self, name: str) -> Any:
        self.told.append(name)
        return rx.console_log(f"first {name}")

    async def _awaitable_events(self, name: str) -> Any:
        return self._events(name)

    def _generator(self, name: str) -> Generator[Any, None, None]:
        yield
        yield rx.console_log(f"first {name}")
        self.told.append(name)
        yield [rx.console_log(f"second {name}")]

    async def _async_generator(self, name: str) -> AsyncGenerator[Any, None]:
        yield
        yield rx.console_log(f"first {name}")
        self.told.append(name)
        yield [rx.console_log(f"second {name}")]


EVENTS = {
    "nothing": 0,
    "event": 1,
    "events": 2,
    "awaitable": 0,
    "awaitable_event": 1,
    "awaitable_events": 2,
    "generator": 2,
    "async_generator": 2,
}
"""The kinds of hooks, and how many events each of them sends."""


class HookOfRun(Hook, RealtimeRunState[Count, Counted], rx.State):
    def _on_complete(self, run: Any, error: Any) -> Any:
        return self._hook("run")


class HookOfStreams(Hook, RealtimeRunWithStreamsState[Count, Counted], rx.State):
    def _on_complete(self, run: Any, error: Any) -> Any:
        return self._hook("run")


class HookOfTag(Hook, RealtimeRunsWithTagState[Count, Counted], rx.State):
    def _on_run_complete(self, run: Any) -> Any:
        return self._hook("run")


class HooksOfBatch(Hook, RealtimeBatchState[Count, Counted], rx.State):
    def _on_run_complete(self, run: Any) -> Any:
        return self._hook("run")

    def _on_all_complete(self, runs: Any) -> Any:
        return self._hook("all")


def messages(browser: Browser) -> list[str]:
    """What the hooks have written to the browser's console, in order."""
    texts = [str(event["payload"].get("function")) for event in browser.events]
    return [
        f"{order} {name}"
        for text in texts
        for order in ("first", "second")
        for name in ("run", "all")
        if f"{order} {name}" in text
    ]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        *((HookOfRun, kind) for kind in EVENTS),
        *((state, "async_generator") for state in (HookOfStreams, HookOfTag, HooksOfBatch)),
    ],
)
async def test_a_hook_is_called_once_whatever_it_returns_or_yields(
    state: Any, kind: str, backend: str, client: RealtimeClient
) -> None:
    names = ["run", "all"] if state is HooksOfBatch else ["run"]
    async with Browser(backend) as browser:
        run_id, target = "", ""
        if state is HooksOfBatch:
            target = (await client.batch_trigger("wait", [Count(to=1)])).id
        else:
            run_id = (await client.trigger("wait", Count(to=1), tags="hooked")).id
            target = "hooked" if state is HookOfTag else run_id
        await browser.call(state.watch, target=target, kind=kind)
        await browser.sees(lambda: browser.of(state).get("run") or browser.of(state).get("runs"))
        open_gate(run_id or browser.of(state)["runs"][0]["id"])
        await browser.sees(lambda: browser.of(state)["told"] == names)
        sent = [f"{o} {name}" for name in names for o in ("first", "second")[: EVENTS[kind]]]
        await browser.sees(lambda: len(messages(browser)) >= len(sent))
        assert messages(browser) == sent


async def test_a_batch_that_had_ended_before_it_was_followed_is_reported_once(
    backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("count", [Count(to=1), Count(to=2)])
    ended: set[str] = set()
    async for run in client.subscribe_to_batch(batch.id):
        ended.update([run.id] if run.is_finished else [])
        if len(ended) == 2:
            break
    async with Browser(backend) as browser:
        await browser.call(HooksOfBatch.watch, target=batch.id, kind="nothing")
        await browser.sees(lambda: browser.of(HooksOfBatch)["told"] == ["run", "run", "all"])
        await browser.call(HooksOfBatch.restart)
        await browser.sees(lambda: browser.of(HooksOfBatch)["is_loading"])
        await browser.sees(lambda: browser.of(HooksOfBatch)["subscription_status"] == "live")
        assert browser.of(HooksOfBatch)["told"] == ["run", "run", "all"]


async def test_a_page_is_told_what_has_finished_once_a_component_waits_for_it(
    backend: str, client: RealtimeClient
) -> None:
    first, second = [await client.trigger("wait", Count(to=1), tags=["told"]) for _ in range(2)]
    async with Browser(backend) as browser:
        await browser.call(HookOfTag.watch, target="told", kind="nothing")
        await browser.sees(lambda: browser.of(HookOfTag).get("total") == 2)
        open_gate(first.id)
        await browser.sees(lambda: browser.of(HookOfTag)["completed"] == 1)
        assert browser.of(HookOfTag)["completed_runs"] == {"count": 0, "ids": []}

        await browser.call(
            HookOfTag.view_opened, viewer="one", target=None, waits_for_completion=True
        )
        await browser.sees(lambda: browser.of(HookOfTag)["completed_runs"]["ids"] == [first.id])
        open_gate(second.id)
        await browser.sees(lambda: browser.of(HookOfTag)["completed_runs"]["count"] == 2)
        assert browser.of(HookOfTag)["completed_runs"]["ids"] == [first.id, second.id]
