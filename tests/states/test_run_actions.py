"""A page cancels and replays the run that it shows, where the app lets it."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
import reflex as rx

from reflex_realtime import RealtimeRunState, TaskHandle
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.states.run_actions import RunAction
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, open_gate


class ActingState(RealtimeRunState[Count, Counted], mixin=True):
    allowed: ClassVar[set[str]] = set()

    @rx.event
    async def start(self, task: str):
        return self._subscribe(await self._trigger(task, Count(to=3)))

    async def _allow_action(self, action: RunAction) -> bool:
        return action in self.allowed


class Acting(ActingState, rx.State):
    pass


class Undecided(ActingState, rx.State):
    async def _allow_action(self, action: RunAction) -> bool:
        await asyncio.Event().wait()
        return True


class Redirecting(ActingState, rx.State):
    async def _on_replay(self, handle: TaskHandle) -> Any:
        return rx.redirect(f"/runs/{handle.id}")


@pytest.fixture(autouse=True)
def all_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActingState, "allowed", {"cancel", "replay"})


def shown(browser: Browser, state: Any = Acting) -> dict[str, Any]:
    return browser.of(state).get("run") or {}


async def executing(browser: Browser, state: Any = Acting) -> str:
    """The id of a run that goes on until its gate opens."""
    await browser.call(state.start, task="wait")
    await browser.sees(lambda: shown(browser, state).get("status") == "EXECUTING")
    return shown(browser, state)["id"]


async def finished(browser: Browser, state: Any = Acting) -> str:
    await browser.call(state.start, task="count")
    await browser.sees(lambda: shown(browser, state).get("is_success"))
    return shown(browser, state)["id"]


async def test_cancelling_ends_the_run_that_is_shown(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await executing(browser)
        await browser.call(Acting.cancel_run)
        await browser.sees(lambda: shown(browser).get("is_cancelled"))
        assert shown(browser)["id"] == run_id


async def test_the_page_is_told_what_is_being_asked_of_the_server(backend: str) -> None:
    async with Browser(backend) as browser:
        await executing(browser)
        await browser.call(Acting.cancel_run)
        await browser.sees(lambda: browser.of(Acting).get("pending_action") == "cancel")
        await browser.sees(lambda: browser.of(Acting).get("pending_action") == "")


async def test_a_replay_is_followed_with_the_same_payload(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await finished(browser)
        await browser.call(Acting.replay_run)
        await browser.sees(lambda: shown(browser).get("id") not in (None, run_id))
        await browser.sees(lambda: shown(browser).get("is_success"))
        assert shown(browser)["output"] == {"total": 3}


async def test_the_hook_decides_what_becomes_of_a_replay(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        run_id = await finished(browser, Redirecting)
        await browser.call(Redirecting.replay_run)
        await browser.sees(lambda: browser.events)
        path = browser.events[-1]["payload"]["path"]
        assert path != f"/runs/{run_id}"
        assert shown(browser, Redirecting)["id"] == run_id
        async for run in client.subscribe_to_run(path.removeprefix("/runs/")):
            assert run.payload == {"to": 3, "secret": ""}


@pytest.mark.parametrize("action", [Acting.cancel_run, Acting.replay_run], ids=["cancel", "replay"])
async def test_an_action_that_does_not_apply_does_nothing(action: Any, backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(action)
        run_id = await executing(browser)
        if action is Acting.cancel_run:
            open_gate(run_id)
            await browser.sees(lambda: shown(browser).get("is_success"))
        await browser.call(action)
        await browser.call(Acting.stop)
        await browser.sees(
            lambda: browser.of(Acting)["subscription_status"] in ("stopped", "complete")
        )
        assert not any(frame.get("pending_action") for frame in browser.frames_of(Acting))
        assert shown(browser)["id"] == run_id
        open_gate(run_id)


@pytest.mark.parametrize(
    ("start", "action"),
    [(executing, Acting.cancel_run), (finished, Acting.replay_run)],
    ids=["cancel", "replay"],
)
async def test_what_the_hook_does_not_allow_is_refused_and_said(
    start: Any, action: Any, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ActingState, "allowed", set())
    async with Browser(backend) as browser:
        run_id = await start(browser)
        await browser.call(action)
        error = await browser.sees(lambda: browser.of(Acting).get("error"))
        assert error["kind"] == "permission_denied"
        assert "Acting._allow_action" in error["remedy"]
        await browser.sees(lambda: browser.of(Acting).get("pending_action") == "")
        assert shown(browser)["id"] == run_id
        assert not shown(browser)["is_cancelled"]
        open_gate(run_id)


async def test_a_hook_that_does_not_answer_is_not_waited_for_longer_than_the_lock(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reflex_realtime.states.run_actions.patience", lambda _: 0.01)
    async with Browser(backend) as browser:
        run_id = await executing(browser, Undecided)
        await browser.call(Undecided.cancel_run)
        error = await browser.sees(lambda: browser.of(Undecided).get("error"))
        assert "takes too long" in error["message"]
        assert not shown(browser, Undecided)["is_cancelled"]
        open_gate(run_id)


async def test_nobody_may_act_as_long_as_the_app_does_not_say_so() -> None:
    state: Any = RealtimeRunState
    assert await state._allow_action(object(), "cancel") is False
