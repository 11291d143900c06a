"""Histories of a session: what may happen to it, and what then has to be so.

A history is a list of steps of two tabs and three runs. `live_through` does to a real backend what
the steps say, keeps in `Expected` what must come of it, and compares the two wherever a history
settles. What one step leaves to chance, as a `stop` right after a run has ended does, is left open
there until the outcome is known.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final, NamedTuple
from uuid import uuid4

import reflex as rx

from reflex_realtime import RealtimeOptions, RealtimeRunState
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.states import viewers, writers
from tests.states.browser import Browser
from tests.states.directing import Directed, Faults, expire, writing
from tests.states.expected import Expected, Run
from tests.states.tasks import Count, Counted
from tests.waiting import until

PATIENCE: Final = 10.0
MISSING: Final = 2
"""The last of the runs does not exist."""

BY_TAB: Final = (
    *("subscribe", "follow_var", "unsubscribe", "stop", "restart", "enable", "disable"),
    *("open", "close", "leave", "come_back", "expire"),
)
BY_RUN: Final = ("progress", "finish", "fail", "break_off", "mend")


class Step(NamedTuple):
    """One thing that happens.

    Attributes:
        action: What: one of `BY_TAB`, one of `BY_RUN`, or `settle`.
        tab: To which tab.
        number: With which run or which view.
    """

    action: str
    tab: int = 0
    number: int = 0


reported: list[tuple[str, str]] = []
"""What `_on_complete` was told: the session and the run."""


class Followed(RealtimeRunState[Count, Counted], rx.State):
    realtime_options = RealtimeOptions(throttle_ms=5)
    marked: int = 0

    async def _authorize(self, target: Any) -> bool:
        return True

    @rx.event
    def mark(self, number: int):
        self.marked = number

    async def _on_complete(self, run: Any, error: Any) -> None:
        reported.append((viewers.client_token(), run.id))


class Tab:
    """One tab, and what is expected of its session."""

    def __init__(self, backend: str) -> None:
        self.token = str(uuid4())
        self.expected = Expected()
        self._backend = backend
        self._browser: Browser | None = None
        self._marks = 0
        self._left_at = 0.0

    @property
    def key(self) -> writers.Key:
        return self.token, Followed.get_full_name()

    @property
    def browser(self) -> Browser:
        assert self._browser
        return self._browser

    @property
    def is_there(self) -> bool:
        return self._browser is not None

    def shown(self) -> dict[str, Any]:
        return self.browser.of(Followed)

    async def open(self) -> None:
        self._browser = await Browser(self._backend, self.token).__aenter__()
        self.expected.connection += 1

    async def barrier(self) -> None:
        """Wait until the backend has handled what the browser has sent."""
        self._marks += 1
        await self.browser.call(Followed.mark, number=self._marks)
        await self.browser.sees(lambda: self.shown().get("marked") == self._marks)
        self.expected.halting = None

    async def do(self, action: str, number: int, run: Run) -> None:
        """Live through one step; a click in a tab that is not there does nothing."""
        if action == "come_back":
            await self._come_back()
        elif self.is_there or action == "expire":
            await getattr(self, f"_{action}")(number, run)

    async def _subscribe(self, _: int, run: Run) -> None:
        await self.browser.call(Followed.subscribe, target=run.id)
        self._aim_at(run)

    async def _follow_var(self, view: int, run: Run) -> None:
        await self.browser.call(Followed.view_opened, viewer=f"view {view}", target=run.id)
        self._view_opens(view)
        if self.expected.target is run:
            self.expected.look_again()
        else:
            self._aim_at(run)

    async def _unsubscribe(self, *_: Any) -> None:
        await self.browser.call(Followed.subscribe, target="")
        self.expected.aim(None)

    async def _stop(self, *_: Any) -> None:
        await self.browser.call(Followed.stop)
        self.expected.is_stopped = True
        self.expected.halt("stopped")

    async def _restart(self, *_: Any) -> None:
        await self.browser.call(Followed.restart)
        self.expected.is_stopped = False
        self._resume_or_stop()

    async def _enable(self, *_: Any) -> None:
        await self.browser.call(Followed.enable)
        self.expected.is_enabled = True
        self._resume_or_stop()

    async def _disable(self, *_: Any) -> None:
        await self.browser.call(Followed.disable)
        self.expected.is_enabled = False
        self.expected.halt("stopped")

    async def _open(self, view: int, _: Run) -> None:
        await self.browser.call(Followed.view_opened, viewer=f"view {view}")
        self._view_opens(view)
        self.expected.look_again()

    async def _close(self, view: int, _: Run) -> None:
        await self.browser.call(Followed.view_closed, viewer=f"view {view}")
        was_there = self.expected.views.pop(view, None) is not None
        if was_there and not self.expected.views and self.expected.is_following:
            self.expected.halt("idle")

    async def _leave(self, *_: Any) -> None:
        await self.barrier()
        self._left_at = asyncio.get_running_loop().time()
        await self.browser.__aexit__()
        self._browser = None
        await until(lambda: not viewers.is_connected(self.token))

    async def _come_back(self) -> None:
        if self.is_there:
            return
        await self.open()
        away = asyncio.get_running_loop().time() - self._left_at
        if self.expected.is_following and away > viewers.GRACE_SECONDS / 4:
            await asyncio.sleep(4 * viewers.POLL_SECONDS)
            if self.key not in writers.present():
                self._was_left()

    async def _expire(self, *_: Any) -> None:
        target = self.expected.target
        if self.is_there or not self.expected.is_following or (target and target.is_over):
            await self.settle()
        expire(self.token)
        if not self.expected.is_following:
            # A new session may be told of the same run again.
            self.expected.forget()
            reported[:] = [report for report in reported if report[0] != self.token]

    def _view_opens(self, view: int) -> None:
        expected = self.expected
        expected.views = {**expected.present_views(), view: expected.connection}
        expected.waits = True

    def _aim_at(self, run: Run) -> None:
        self.expected.aim(run)
        self.expected.is_enabled = True
        self.expected.is_stopped = False
        self.expected.views = self.expected.present_views()
        self.expected.waits = bool(self.expected.views)
        self.expected.resume()

    def _resume_or_stop(self) -> None:
        expected = self.expected
        if expected.is_enabled and not expected.is_stopped:
            expected.resume()
        else:
            expected.halt("stopped")

    def _was_left(self) -> None:
        self.expected.halt("idle")

    async def settle(self) -> None:
        """Wait until all is as expected, and take up what chance has decided."""
        expected = self.expected
        if not self.is_there:
            await until(lambda: not writing[self.key], PATIENCE)
            if expected.is_following:
                self._was_left()
            return
        await self.barrier()
        if expected.is_fading:
            await self._sees(lambda: not writing[self.key])
            self._was_left()
        await self._sees(lambda: self.shown().get("subscription_status") in expected.statuses())
        status = self.shown()["subscription_status"]
        if status in ("complete", "failed"):
            expected.has_ended, expected.is_following = True, False
        expected.is_open = False
        await self._sees(self._shows_the_truth)
        await self._sees(lambda: writing[self.key] == (1 if expected.is_following else 0))
        if status == "complete" and expected.target:
            expected.told.add(expected.target.id)
        for run_id in expected.told:
            assert reported.count((self.token, run_id)) == 1, self._explain("told once")

    def _shows_the_truth(self) -> bool:
        expected, shown = self.expected, self.shown()
        run, status = shown["run"], shown["subscription_status"]
        if bool(shown["error"]) != (status in ("reconnecting", "failed")):
            return False
        if expected.target is None or not expected.target.exists:
            return run is None
        if run is None:
            return status not in ("live", "complete")
        if run["id"] != expected.target.id:
            return False
        if status == "complete":
            return run["status"] == expected.target.end
        return status != "live" or run["metadata"].get("reached", 0) == expected.target.reached

    async def _sees(self, condition: Any) -> None:
        try:
            await until(condition, PATIENCE)
        except TimeoutError:
            raise AssertionError(self._explain("settled")) from None

    def _explain(self, what: str) -> str:
        told = [run_id for token, run_id in reported if token == self.token]
        shown = {**self.shown()}
        shown["run"] = shown["run"] and [shown["run"][k] for k in ("id", "status", "metadata")]
        return (
            f"not {what}: {self.expected}, shown {shown}, {writing[self.key]} writers, "
            f"told of {told}"
        )


class World:
    """Where histories take place.

    Args:
        backend: The address of the Reflex backend.
        client: Starts runs.
        task: Directs them.
        faults: Breaks off their feeds.
    """

    def __init__(
        self, backend: str, client: RealtimeClient, task: Directed, faults: Faults
    ) -> None:
        self.backend = backend
        self.client = client
        self._task = task
        self._faults = faults

    def happens(self, action: str, run: Run) -> None:
        """Let something happen to a run."""
        match action:
            case "progress" if run.exists and not run.is_over:
                run.reached += 1
                self._task.tell(run.id, action)
            case "finish" | "fail" if run.exists and not run.is_over:
                run.end = "COMPLETED" if action == "finish" else "FAILED"
                self._task.tell(run.id, action)
            case "break_off":
                run.is_broken = True
                self._faults.break_off(run.id)
            case "mend":
                run.is_broken = False
                self._faults.mend(run.id)

    async def live_through(self, history: list[Step]) -> None:
        """Live through a history, to an end at which nobody looks any more.

        Args:
            history: The steps.

        Raises:
            AssertionError: Something was not as it must be.
        """
        runs = await self._runs(history)
        tabs = [Tab(self.backend) for _ in range(1 + max((s.tab for s in history), default=0))]
        for tab in tabs:
            await tab.open()
        try:
            for step in history:
                await self._step(step, tabs, runs)
            for run in runs:
                self.happens("mend", run)
            for tab in tabs:
                await tab.do("come_back", 0, runs[0])
                await tab.settle()
        finally:
            for tab in tabs:
                await tab.do("leave", 0, runs[0])
            for run in runs:
                self.happens("finish", run)
        await self._nothing_is_left(tabs, runs)

    async def _runs(self, history: list[Step]) -> list[Run]:
        runs = [Run(f"run_missing_{uuid4()}") for _ in range(MISSING + 1)]
        for number in {step.number for step in history} - {MISSING}:
            handle = await self.client.trigger("directed", Count(to=1))
            runs[number] = Run(handle.id)
        return runs

    async def _step(self, step: Step, tabs: list[Tab], runs: list[Run]) -> None:
        run = runs[step.number]
        if step.action == "settle":
            for tab in tabs:
                await tab.settle()
        elif step.action in BY_RUN:
            self.happens(step.action, run)
            for tab in tabs:
                if run.is_over:
                    tab.expected.ends(run)
        else:
            await tabs[step.tab].do(step.action, step.number, run)

    async def _nothing_is_left(self, tabs: list[Tab], runs: list[Run]) -> None:
        await until(lambda: not any(writing[tab.key] for tab in tabs), PATIENCE)
        ids = [run.id for run in runs]
        await until(lambda: not any(i in str(key) for key in shared_hub()._rows for i in ids))
        for tab in tabs:
            assert tab.key not in writers.present()
            assert tab.key not in writers.memories, tab.expected
            told = Counter(run_id for token, run_id in reported if token == tab.token)
            assert tab.expected.told <= told.keys()
            assert set(told.values()) <= {1}, f"told twice: {told}"
