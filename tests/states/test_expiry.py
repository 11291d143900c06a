"""Sessions and locks that expire while a run is followed."""

from __future__ import annotations

from typing import Any

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext
from reflex_base.utils.exceptions import LockExpiredError

from reflex_realtime import RealtimeRunState
from reflex_realtime.states import lifecycle, writers
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, open_gate


class Expiring(RealtimeRunState[Count, Counted], rx.State):
    completions: list[str] = []

    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("wait", Count(to=1)))

    @rx.event
    def touch(self):
        self.completions = [*self.completions]

    async def _on_complete(self, run: Any, error: Any) -> None:
        self.completions.append(run.id)


def vars_of(browser: Browser) -> dict[str, Any]:
    return browser.of(Expiring)


async def started(browser: Browser) -> str:
    await browser.call(Expiring.start)
    run = await browser.sees(lambda: (vars_of(browser).get("run") or {}).get("id"))
    await browser.sees(lambda: vars_of(browser)["subscription_status"] == "live")
    await browser.sees(lambda: vars_of(browser)["run"]["metadata"].get("reached"))
    return run


def expire_all_sessions() -> None:
    app: Any = RegistrationContext.get().app
    app.state_manager.states.clear()


async def test_a_session_that_expired_gets_back_what_it_followed(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        expire_all_sessions()
        open_gate(run_id)
        await browser.sees(lambda: vars_of(browser)["subscription_status"] == "complete")
        assert vars_of(browser)["run"]["id"] == run_id
        await browser.sees(lambda: vars_of(browser)["completions"] == [run_id])


async def test_a_page_that_comes_back_to_an_expired_session_goes_on(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        expire_all_sessions()
        await browser.call(Expiring.view_opened, viewer="one")
        await browser.sees(lambda: (vars_of(browser).get("run") or {}).get("id") == run_id)
        open_gate(run_id)
        await browser.sees(lambda: vars_of(browser)["completions"] == [run_id])


async def test_what_has_ended_or_was_stopped_is_not_remembered(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        open_gate(run_id)
        await browser.sees(lambda: vars_of(browser)["completions"] == [run_id])
        await started(browser)
        await browser.call(Expiring.stop)
        await browser.sees(lambda: vars_of(browser)["subscription_status"] == "stopped")
        key = (browser.token, Expiring.get_full_name())
        await browser.call(Expiring.touch)
        await browser.sees(lambda: key not in writers.memories)


async def test_what_was_written_under_a_lock_that_expired_is_written_again(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [True, True]
    apply = lifecycle._apply

    def apply_too_slowly(state: Any, letters: Any) -> bool:
        done = apply(state, letters)
        if fails:
            fails.pop()
            raise LockExpiredError("too slow")
        return done

    monkeypatch.setattr(lifecycle, "_apply", apply_too_slowly)
    async with Browser(backend) as browser:
        run_id = await started(browser)
        open_gate(run_id)
        await browser.sees(lambda: vars_of(browser)["completions"] == [run_id])
        assert not fails
        assert vars_of(browser)["error"] is None
