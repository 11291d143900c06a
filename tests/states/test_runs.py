"""`RealtimeRunsWithTagState` and `RealtimeBatchState`: sets of runs, as a browser sees them."""

from __future__ import annotations

from typing import Any

import pytest
import reflex as rx
from pydantic import BaseModel, Field

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeOptions,
    RealtimeRun,
    RealtimeRunsWithTagState,
    RunStatus,
)
from reflex_realtime.errors import ConfigurationError, PermissionDeniedError
from reflex_realtime.feeds import RealtimeClient, rest
from reflex_realtime.feeds.events import RunsChanged
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.feeds.run_set import RunSet
from reflex_realtime.protocol.runs import EPOCH
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, open_gate


class Tagged(RealtimeRunsWithTagState[Count, Counted], rx.State):
    completions: list[str] = []

    @rx.event
    def watch(self, tags: list[str]):
        return self._subscribe(tags, created_at="1h")

    @rx.event
    async def start(self, task: str, to: int, tag: str):
        await self._trigger(task, Count(to=to), tags=tag)

    async def _on_run_complete(self, run: Any) -> None:
        self.completions.append(run.id)


class Secretive(BaseModel):
    secret: str = Field(min_length=10)


class Batch(RealtimeBatchState[Count, Counted], rx.State):
    completions: list[str] = []
    completed_sets: list[list[str]] = []

    @rx.event
    async def start(self, task: str, size: int):
        batch = await self._batch_trigger(task, [Count(to=n) for n in range(size)])
        return self._subscribe(batch)

    @rx.event
    def follow_by_id(self, batch_id: str):
        return self._subscribe(batch_id)

    async def _on_run_complete(self, run: Any) -> None:
        self.completions.append(run.id)

    async def _on_all_complete(self, runs: list[Any]) -> None:
        self.completed_sets.append([run.id for run in runs])


def runs(browser: Browser, state: type) -> list[dict[str, Any]]:
    return browser.of(state).get("runs", [])


def all_finished(browser: Browser, state: type, number: int) -> bool:
    shown = runs(browser, state)
    return len(shown) == number and all(run["is_finished"] for run in shown)


async def test_a_batch_fills_and_each_run_completes_once(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Batch.start, task="count", size=25)
        await browser.sees(lambda: all_finished(browser, Batch, 25))
        await browser.sees(lambda: len(browser.of(Batch)["completions"]) == 25)
        assert len(set(browser.of(Batch)["completions"])) == 25
        assert sorted(run["output"]["total"] for run in runs(browser, Batch)) == list(range(25))


async def test_the_end_of_all_runs_is_reported_once_and_for_the_next_batch_again(
    backend: str,
) -> None:
    async with Browser(backend) as browser:
        for number in (1, 2):
            await browser.call(Batch.start, task="count", size=5)
            await browser.sees(lambda n=number: len(browser.of(Batch)["completed_sets"]) == n)
            shown = [run["id"] for run in runs(browser, Batch)]
            assert browser.of(Batch)["completed_sets"][-1] == shown
        await browser.call(Batch.restart)
        await browser.sees(lambda: browser.of(Batch)["subscription_status"] == "live")
        assert len(browser.of(Batch)["completed_sets"]) == 2
        assert len(browser.of(Batch)["completions"]) == 10


async def test_the_end_of_all_is_not_reported_while_one_goes_on(
    backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("wait", [Count(to=1), Count(to=2)])
    async with Browser(backend) as browser:
        await browser.call(Batch.follow_by_id, batch_id=batch.id)
        await browser.sees(lambda: len(runs(browser, Batch)) == 2)
        first, second = [run["id"] for run in runs(browser, Batch)]
        open_gate(first)
        await browser.sees(lambda: browser.of(Batch)["completions"] == [first])
        assert browser.of(Batch)["completed_sets"] == []
        open_gate(second)
        await browser.sees(lambda: browser.of(Batch)["completed_sets"] == [[first, second]])


async def test_a_batch_whose_size_cannot_be_had_says_so_and_goes_on(
    backend: str, client: RealtimeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: Any) -> int:
        raise PermissionDeniedError("The size is not for you.", status=403)

    monkeypatch.setattr(rest, "batch_size", refused)
    batch = await client.batch_trigger("count", [Count(to=1)])
    async with Browser(backend) as browser:
        await browser.call(Batch.follow_by_id, batch_id=batch.id)
        await browser.sees(lambda: browser.of(Batch).get("error"))
        assert browser.of(Batch)["error"]["kind"] == "permission_denied"
        await browser.sees(lambda: all_finished(browser, Batch, 1))
        assert browser.of(Batch)["completed_sets"] == []


def test_a_hook_that_would_never_be_called_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="_on_run_complete"):

        class Mistaken(RealtimeBatchState[Count, Counted], mixin=True):
            async def _on_complete(self, run: Any, error: Any) -> None:
                """Would never be called."""


def test_runs_of_one_instant_are_in_the_order_of_their_ids_however_they_come() -> None:
    state = Batch(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    same = [RealtimeRun(id=f"run_{n}", created_at=EPOCH, updated_at=EPOCH) for n in (2, 3, 1)]
    state._apply([RunSet().change(RunsChanged(tuple(same), snapshot=True))])
    assert [run.id for run in state.runs] == ["run_1", "run_2", "run_3"]


async def test_runs_are_in_the_order_of_their_creation(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Tagged.watch, tags=["order"])
        for number in range(4):
            await browser.call(Tagged.start, task="count", to=number, tag="order")
        await browser.sees(lambda: all_finished(browser, Tagged, 4))
        assert [run["payload"]["to"] for run in runs(browser, Tagged)] == [0, 1, 2, 3]


async def test_runs_that_had_finished_before_are_shown_but_not_reported(backend: str) -> None:
    async with Browser(backend) as first:
        await first.call(Tagged.watch, tags=["old"])
        await first.call(Tagged.start, task="count", to=1, tag="old")
        await first.sees(lambda: all_finished(first, Tagged, 1))
        async with Browser(backend) as second:
            await second.call(Tagged.watch, tags=["old"])
            await second.sees(lambda: all_finished(second, Tagged, 1))
            await first.call(Tagged.start, task="count", to=2, tag="old")
            await second.sees(lambda: len(second.of(Tagged)["completions"]) == 1)
            assert second.of(Tagged)["completions"] == [runs(second, Tagged)[1]["id"]]


async def test_a_run_that_ends_while_the_browser_is_away_is_reported_on_return(
    backend: str,
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Tagged.watch, tags=["away"])
        await browser.call(Tagged.start, task="wait", to=1, tag="away")
        await browser.sees(lambda: runs(browser, Tagged))
        run_id, token = runs(browser, Tagged)[0]["id"], browser.token
        await browser.call(Tagged.view_opened, viewer="one")
        await browser.call(Tagged.view_closed, viewer="one")
        await browser.sees(lambda: browser.of(Tagged)["subscription_status"] == "idle")
    open_gate(run_id)
    async with Browser(backend, token) as browser:
        await browser.call(Tagged.view_opened, viewer="two")
        await browser.sees(lambda: browser.of(Tagged)["completions"] == [run_id])


async def test_only_runs_with_all_of_the_tags_are_shown(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Tagged.start, task="count", to=1, tag="one")
        await browser.call(Tagged.watch, tags=["one", "two"])
        await browser.sees(lambda: browser.of(Tagged)["subscription_status"] == "live")
        assert runs(browser, Tagged) == []


class Strict(RealtimeRunsWithTagState[Secretive, Counted], rx.State):
    @rx.event
    def watch(self, tag: str):
        return self._subscribe(tag)


async def test_a_run_that_does_not_fit_its_model_is_shown_as_far_as_it_does_beside_the_others(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Strict.watch, tag="mixed")
        for secret in ("short", "long enough"):
            await client.trigger("count", Count(to=1, secret=secret), tags="mixed")
        await browser.sees(lambda: all_finished(browser, Strict, 2))
        misfit, other = runs(browser, Strict)
        assert misfit["payload"] is None
        assert [problem["field"] for problem in misfit["problems"]] == ["payload"]
        assert misfit["output"] == {"total": 1}
        assert (other["payload"], other["problems"]) == ({"secret": "long enough"}, [])
        assert browser.of(Strict)["error"] is None


def test_a_new_snapshot_shows_nothing_of_runs_that_have_gone() -> None:
    state = Batch(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    one, two = (RealtimeRun(id=f"run_{n}", created_at=EPOCH, updated_at=EPOCH) for n in (1, 2))
    state._apply([RunSet().change(RunsChanged((one, two), snapshot=True))])
    state._apply([RunSet().change(RunsChanged((two,), snapshot=True))])
    assert [run.id for run in state.runs] == ["run_2"]
    state._apply([RunSet().change(RunsChanged(removed=("run_2",)))])
    assert state.runs == []


async def test_another_batch_shows_nothing_of_the_former_one(
    backend: str, client: RealtimeClient
) -> None:
    first, second = [await client.batch_trigger("count", [Count(to=n)]) for n in (1, 2)]
    async with Browser(backend) as browser:
        await browser.call(Batch.follow_by_id, batch_id=first.id)
        await browser.sees(lambda: all_finished(browser, Batch, 1))
        [former] = runs(browser, Batch)
        await browser.call(Batch.follow_by_id, batch_id=second.id)
        await browser.sees(lambda: runs(browser, Batch) == [])
        await browser.sees(lambda: all_finished(browser, Batch, 1))
        assert runs(browser, Batch)[0]["id"] != former["id"]


async def test_other_tags_show_nothing_of_the_former_ones(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Tagged.watch, tags=["a"])
        await browser.call(Tagged.start, task="count", to=1, tag="a")
        await browser.sees(lambda: all_finished(browser, Tagged, 1))
        await browser.call(Tagged.watch, tags=["b"])
        await browser.sees(lambda: runs(browser, Tagged) == [])
        await browser.sees(lambda: browser.of(Tagged)["subscription_status"] == "live")
        assert runs(browser, Tagged) == []


def test_what_is_kept_from_one_change_to_the_next_is_the_plain_run() -> None:
    state = Batch(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    model = RealtimeRun[Count, Counted]
    for name in ("run_1", "run_2", "run_3"):
        run = model(id=name, created_at=EPOCH, updated_at=EPOCH, status=RunStatus.COMPLETED)
        state._apply([RunSet().change(RunsChanged((run,)))])
    assert [type(run) for run in state.__dict__["runs"]] == [model] * 3
    reported = [completion.arguments[0] for completion in state.__dict__["_outbox"]]
    assert [type(run) for run in reported] == [model] * 3


async def test_a_tag_with_a_comma_shows_why_it_cannot_be_followed(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Tagged.watch, tags=["a,b"])
        error = await browser.sees(lambda: browser.of(Tagged)["error"])
        assert "comma" in error["message"]
        assert error["remedy"]


async def counted(browser: Browser, state: Any, **expected: Any) -> None:
    await browser.sees(
        lambda: expected.items() <= {**browser.of(state), **browser.of(state)["counts"]}.items()
    )


class CountedSet(RealtimeBatchState[Count, Counted], mixin=True):
    runs_at_completion: int = 0
    completions: int = 0

    async def _authorize(self, target: Any) -> bool:
        return True

    async def _on_run_complete(self, run: Any) -> None:
        self.completions += 1

    async def _on_all_complete(self, runs: list[Any]) -> None:
        self.runs_at_completion = len(runs)


class Windowed(CountedSet, rx.State):
    realtime_options = RealtimeOptions(max_runs=3)


class Unshown(CountedSet, rx.State):
    realtime_options = RealtimeOptions(rows=False)


async def test_a_set_is_counted_by_status(backend: str, client: RealtimeClient) -> None:
    batch = await client.batch_trigger("wait", [Count(to=number) for number in range(4)])
    async with Browser(backend) as browser:
        await browser.call(Windowed.subscribe, target=batch.id)
        await counted(browser, Windowed, total=4, EXECUTING=4, progress=0.0, eta_seconds=None)
        shown = browser.of(Windowed)["runs"]
        assert [run["payload"]["to"] for run in shown] == [1, 2, 3]
        for run in shown:
            open_gate(run["id"])
        await counted(browser, Windowed, total=4, completed=3, COMPLETED=3, EXECUTING=1, failed=0)
        assert browser.of(Windowed)["progress"] == 0.75
        assert browser.of(Windowed)["eta_seconds"] is not None


async def test_failures_are_counted(backend: str, client: RealtimeClient) -> None:
    batch = await client.batch_trigger("fail", [Count(to=number) for number in range(2)])
    async with Browser(backend) as browser:
        await browser.call(Windowed.subscribe, target=batch.id)
        await counted(browser, Windowed, failed=2, completed=0, progress=1.0, eta_seconds=0)


@pytest.mark.parametrize(("state", "shown"), [(Windowed, 3), (Unshown, 0)])
async def test_hooks_take_account_of_runs_that_are_not_shown(
    state: Any, shown: int, backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("count", [Count(to=number) for number in range(8)])
    async with Browser(backend) as browser:
        await browser.call(state.subscribe, target=batch.id)
        await browser.sees(lambda: browser.of(state).get("runs_at_completion") == 8)
        assert browser.of(state)["completions"] == 8
        assert [run["payload"]["to"] for run in browser.of(state)["runs"]] == [5, 6, 7][:shown]
        await browser.call(state.restart)
        await browser.sees(lambda: browser.of(state)["subscription_status"] == "live")
        assert browser.of(state)["completions"] == 8


class Aggregates(RealtimeBatchState[Count, Counted], rx.State):
    realtime_options = RealtimeOptions(rows=False)

    async def _authorize(self, target: Any) -> bool:
        return True


@pytest.mark.parametrize(
    ("state", "skipped"), [(Aggregates, {"payload", "output", "metadata"}), (Unshown, set())]
)
async def test_what_nobody_would_see_is_not_asked_for(
    state: Any, skipped: set[str], backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("count", [Count(to=1)])
    async with Browser(backend) as browser:
        await browser.call(state.subscribe, target=batch.id)
        await browser.sees(lambda: browser.of(state).get("completed") == 1)
        [(_, _, params)] = shared_hub()._rows
        assert set(dict(params).get("skipColumns", "").split(",")) - {""} == skipped
