"""Options that change while a subscription is followed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import reflex as rx

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeRun,
    RealtimeRunState,
    RealtimeRunsWithTagState,
    RunStatus,
    configure,
)
from reflex_realtime.devserver import DevServer
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.events import RunsChanged
from reflex_realtime.feeds.run_set import RunSet
from reflex_realtime.options import resolve_options
from reflex_realtime.protocol.runs import EPOCH
from reflex_realtime.states import writers
from reflex_realtime.states.subscription import SubscriptionState
from tests.states.browser import Browser
from tests.states.directing import Directed
from tests.states.tasks import Count, Counted
from tests.waiting import until


def fences() -> set[str]:
    """The marks of those who write at present."""
    sessions = writers._sessions.values()
    return {writer.fence for session in sessions for writer in session.writers.values()}


class Watched(SubscriptionState, mixin=True):
    """What is followed with the options that a test names, and what was reported of it."""

    completions: list[str] = []

    @rx.event
    def watch(self, target: str, options: dict[str, Any]):
        return self._subscribe(target, **options)


class OneRun(Watched, RealtimeRunState[Count, Counted], rx.State):
    async def _on_complete(self, run: Any, error: Any) -> None:
        self.completions.append(run.id)


class TagRuns(Watched, RealtimeRunsWithTagState[Count, Counted], rx.State):
    async def _on_run_complete(self, run: Any) -> None:
        self.completions.append(run.id)


class BatchRuns(Watched, RealtimeBatchState[Count, Counted], rx.State):
    async def _on_run_complete(self, run: Any) -> None:
        self.completions.append(run.id)


MIXINS = [OneRun, TagRuns, BatchRuns]
each_mixin = pytest.mark.parametrize("state", MIXINS, ids=["run", "tag", "batch"])


@pytest.fixture
def task(realtime: DevServer) -> Directed:
    task = Directed()
    task.add_to(realtime)
    return task


class Page:
    """A page that follows one run, as one run, by its tag or by its batch."""

    def __init__(self, browser: Browser, state: Any, run_id: str, target: str) -> None:
        self.browser = browser
        self.state = state
        self.run_id = run_id
        self._target = target
        self.history: list[dict[str, Any]] = []
        receive = browser._receive

        async def record(update: dict[str, Any]) -> None:
            await receive(update)
            self.history.append(dict(self.vars))

        browser._socket.on("event", record, namespace="/_event")

    @property
    def vars(self) -> dict[str, Any]:
        return self.browser.of(self.state)

    @property
    def run(self) -> dict[str, Any] | None:
        shown = [self.vars.get("run")] if "run" in self.vars else self.vars.get("runs", [])
        return shown[0] if shown else None

    @property
    def has_been_empty(self) -> bool:
        """Whether it showed nothing, in between."""
        return any(not vars.get("run") and not vars.get("runs") for vars in self.history)

    async def watch(self, **options: Any) -> None:
        """Follow with these options."""
        self.history.clear()
        await self.browser.call(self.state.watch, target=self._target, options=options)

    async def live(self) -> None:
        await self.browser.sees(lambda: self.vars.get("subscription_status") == "live")

    async def watching(self, **options: Any) -> None:
        """Follow with these options, until the page is live with them."""
        before = fences()
        await self.watch(**options)
        await until(lambda: fences() and fences() != before)
        await self.live()


async def page_of(state: Any, browser: Browser, client: RealtimeClient, **options: Any) -> Page:
    """A page that shows a run that has begun."""
    if state is BatchRuns:
        batch = await client.batch_trigger("directed", [Count(to=1, secret="s3cret")])
        page = Page(browser, state, "", batch.id)
    else:
        handle = await client.trigger("directed", Count(to=1, secret="s3cret"), tags="tag")
        page = Page(browser, state, handle.id, handle.id if state is OneRun else "tag")
    await page.watching(**options)
    page.run_id = (await browser.sees(lambda: page.run))["id"]
    await browser.sees(lambda: page.run and page.run["status"] == "EXECUTING")
    return page


@each_mixin
async def test_other_columns_take_effect_without_emptying_the_page(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        await page.watching(skip_columns=["payload"])
        assert page.run
        assert page.run["payload"] is None
        await page.watching()
        assert page.run["payload"] == {"to": 1, "secret": "s3cret"}
        assert not page.has_been_empty


@each_mixin
async def test_another_token_takes_effect_without_emptying_the_page(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        await page.watch(access_token="tr_dev_wrong")
        await browser.sees(lambda: page.vars["subscription_status"] == "failed")
        assert page.vars["error"]["kind"] == "authentication"
        assert not page.has_been_empty
        await page.watching()
        assert page.vars["error"] is None
        assert not page.has_been_empty


@each_mixin
async def test_the_throttle_is_kept_and_another_one_takes_effect(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        await page.watching(throttle_ms=10_000)
        task.tell(page.run_id, "progress")
        async for run in client.subscribe_to_run(page.run_id):
            if run.metadata.get("reached") == 1:
                break
        assert page.run
        assert page.run["metadata"] == {}
        await page.watch(throttle_ms=0)
        await browser.sees(lambda: page.run and page.run["metadata"].get("reached") == 1)
        task.tell(page.run_id, "progress")
        await browser.sees(lambda: page.run and page.run["metadata"].get("reached") == 2)


@each_mixin
async def test_other_options_tell_no_completion_twice(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        task.tell(page.run_id, "finish")
        await browser.sees(lambda: page.vars["completions"] == [page.run_id])
        await page.watch(skip_columns=["payload"], stop_on_completion=False)
        await browser.sees(lambda: page.run and page.run["payload"] is None)
        await page.live()
        assert page.vars["completions"] == [page.run_id]


@each_mixin
async def test_the_same_again_changes_nothing(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        await page.watching(throttle_ms=20)
        before = fences()
        await page.watch(throttle_ms=20)
        task.tell(page.run_id, "progress")
        await browser.sees(lambda: page.run and page.run["metadata"].get("reached") == 1)
        assert fences() == before
        assert {vars["subscription_status"] for vars in page.history} == {"live"}


@each_mixin
async def test_another_id_starts_over_with_nothing(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        await page.watching(id="another")
        assert page.has_been_empty
        await browser.sees(lambda: page.run)


@each_mixin
async def test_another_server_starts_over_with_nothing(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        await page.watching(base_url=resolve_options().base_url.replace("127.0.0.1", "localhost"))
        assert page.has_been_empty


@each_mixin
async def test_enabled_can_be_switched_to_and_fro(
    state: Any, backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(state, browser, client)
        for _ in range(2):
            await page.watch(enabled=False)
            await browser.sees(lambda: page.vars["subscription_status"] == "stopped")
            await until(lambda: not fences())
            await page.watching(enabled=True)
        assert not page.has_been_empty
        task.tell(page.run_id, "finish")
        await browser.sees(lambda: page.vars["completions"] == [page.run_id])


async def test_old_runs_that_come_into_view_by_looking_back_further_are_shown_not_reported(
    backend: str, realtime: DevServer, client: RealtimeClient, task: Directed
) -> None:
    old = await client.trigger("directed", Count(to=1), tags="tag")
    task.tell(old.id, "finish")
    async for _ in client.subscribe_to_run(old.id):
        continue
    await age(realtime, old.id, minutes=30)
    async with Browser(backend) as browser:
        page = await page_of(TagRuns, browser, client, created_at="5m")
        assert [run["id"] for run in page.vars["runs"]] == [page.run_id]
        await page.watching(created_at="1h")
        assert [run["id"] for run in page.vars["runs"]] == [old.id, page.run_id]
        new = await client.trigger("directed", Count(to=1), tags="tag")
        for run_id in (page.run_id, new.id):
            task.tell(run_id, "finish")
            await browser.sees(lambda r=run_id: page.vars["completions"][-1:] == [r])
        assert page.vars["completions"] == [page.run_id, new.id]


def test_a_run_that_came_and_ended_while_the_options_changed_is_reported() -> None:
    state = TagRuns(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state._look_back("1h")
    state._apply([RunSet().change(RunsChanged((ended(2),), snapshot=True))])
    state._look_back("1d")
    state._apply([RunSet().change(RunsChanged((ended(1), ended(2), ended(3)), snapshot=True))])
    assert [completion.run_id for completion in state._outbox] == ["run_3"]


def test_where_nothing_was_shown_whatever_looking_back_further_shows_counts_as_old() -> None:
    state = TagRuns(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state._look_back("1h")
    state._apply([RunSet().change(RunsChanged((), snapshot=True))])
    state._look_back("1d")
    state._apply([RunSet().change(RunsChanged((ended(1),), snapshot=True))])
    state._apply([RunSet().change(RunsChanged((ended(2),)))])
    assert [completion.run_id for completion in state._outbox] == ["run_2"]


async def test_what_the_app_configures_takes_effect_when_it_is_followed_anew(
    backend: str, client: RealtimeClient, task: Directed
) -> None:
    async with Browser(backend) as browser:
        page = await page_of(OneRun, browser, client)
        configure(skip_columns=["payload"])
        task.tell(page.run_id, "progress")
        await browser.sees(lambda: page.run and page.run["metadata"].get("reached") == 1)
        assert page.run
        assert page.run["payload"]
        await browser.call(OneRun.restart)
        await browser.sees(lambda: page.run and page.run["payload"] is None)


async def age(server: DevServer, run_id: str, minutes: int) -> None:
    """Have a run created earlier."""
    earlier = "UPDATE runs SET created_at = created_at - ? WHERE id = ?"
    await server._store.write(lambda tx: tx.execute(earlier, minutes * 60_000, run_id))


def ended(number: int) -> RealtimeRun[Any, Any]:
    """A run that has ended, created that many minutes after the epoch."""
    return RealtimeRun(
        id=f"run_{number}",
        created_at=EPOCH + timedelta(minutes=number),
        updated_at=EPOCH,
        status=RunStatus.COMPLETED,
    )
