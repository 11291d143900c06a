"""Items 74 to 80, and 41 again: what a page sees, and what it costs when nobody looks."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeRun,
    RealtimeRunState,
    RealtimeRunWithStreamsState,
    configure,
)
from reflex_realtime.devserver import DevServer
from reflex_realtime.feeds.events import RunsChanged
from reflex_realtime.feeds.hub import Hub
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.run_set import RunSet
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.protocol.requests import run_request, tag_request
from reflex_realtime.protocol.runs import EPOCH
from reflex_realtime.protocol.streams import RECORD_WINDOW, PartLog
from tests.checklist.dialects import Dialect
from tests.checklist.following import following
from tests.checklist.upstream import Upstream
from tests.feeds.replay import SECRET, answer, event_stream, replay
from tests.states.browser import Browser
from tests.states.conftest import backend, realtime
from tests.states.tasks import Count, Counted, Sentence, open_gate
from tests.waiting import until

__all__ = ["backend", "realtime"]


class Watched(RealtimeRunState[Count, Counted], rx.State):
    completions: list[str] = []

    @rx.event
    async def start(self, task: str, to: int):
        return self._subscribe(await self._trigger(task, Count(to=to)))

    @rx.event
    def watch(self, run_id: str):
        return self._subscribe(run_id)

    @rx.event
    async def cancel(self):
        if self.run:
            await self._cancel(self.run.id)

    async def _on_complete(self, run: Any, error: Any) -> None:
        self.completions.append(run.id)


class Members(RealtimeBatchState[Count, Counted], rx.State):
    pass


class WordStreams(BaseModel):
    words: list[str] = []


class Slow(RealtimeRunWithStreamsState[Sentence, int, WordStreams], rx.State):
    @rx.event
    async def start(self, text: str):
        handle = await self._trigger("speak", Sentence(text=text))
        return self._subscribe(handle, throttle_ms=10_000)


async def started(browser: Browser, to: int) -> str:
    """Start a run that waits at its gate; return its id once the page shows it at work."""
    await browser.call(Watched.start, task="wait", to=to)

    def at_work() -> Any:
        run = browser.of(Watched).get("run")
        return run["id"] if run and run["metadata"].get("reached") == to else None

    return await browser.sees(at_work)


async def completed(browser: Browser, count: int) -> None:
    await browser.sees(lambda: len(browser.of(Watched).get("completions", [])) == count)


def run_of(number: int, minutes: int, **fields: Any) -> RealtimeRun[Any, Any]:
    created_at = EPOCH + timedelta(minutes=minutes)
    return RealtimeRun(id=f"run_{number}", created_at=created_at, updated_at=EPOCH, **fields)


async def test_item_41_a_run_that_is_cancelled_completes_its_subscription(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser, 1)
        await browser.call(Watched.cancel)
        await completed(browser, 1)
        assert browser.of(Watched)["completions"] == [run_id]
        assert browser.of(Watched)["run"]["is_cancelled"] is True
        await browser.sees(lambda: browser.of(Watched)["subscription_status"] == "complete")


async def test_item_74_another_run_starts_with_nothing_of_the_one_before(backend: str) -> None:
    """In the official hooks run, error and completion of the old one stay."""
    async with Browser(backend) as browser:
        first = await started(browser, 1)
        open_gate(first)
        await completed(browser, 1)
        await browser.call(Watched.watch, run_id="run_unknown")
        await browser.sees(lambda: browser.of(Watched)["error"])
        assert browser.of(Watched)["run"] is None
        assert browser.of(Watched)["error"]["kind"] == "not_found"
        await started(browser, 2)
        assert browser.of(Watched)["error"] is None
        assert browser.of(Watched)["completions"] == [first]


async def test_item_75_on_complete_runs_once_for_each_run(backend: str) -> None:
    """In the official hooks, once for each hook."""
    async with Browser(backend) as browser:
        for count in (1, 2):
            open_gate(await started(browser, count))
            await completed(browser, count)
        await browser.call(Watched.restart)
        await browser.sees(lambda: browser.of(Watched)["subscription_status"] == "connecting")
        await browser.sees(lambda: browser.of(Watched)["subscription_status"] == "complete")
        assert len(set(browser.of(Watched)["completions"])) == 2
        assert len(browser.of(Watched)["completions"]) == 2


def test_item_76_runs_are_sorted_by_their_creation_and_replaced_where_they_are() -> None:
    state = Members(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state._apply([RunSet().change(RunsChanged((run_of(3, 3), run_of(1, 1)), snapshot=True))])
    state._apply([RunSet().change(RunsChanged((run_of(2, 2),)))])
    assert [run.id for run in state.runs] == ["run_1", "run_2", "run_3"]
    state._apply(
        [RunSet().change(RunsChanged((run_of(2, 2, is_test=True), run_of(1, 1, is_test=True))))]
    )
    assert [(run.id, run.is_test) for run in state.runs] == [
        ("run_1", True),
        ("run_2", True),
        ("run_3", False),
    ]
    state._apply([RunSet().change(RunsChanged(removed=("run_2",)))])
    assert [run.id for run in state.runs] == ["run_1", "run_3"]


def test_item_76_runs_of_one_instant_keep_one_order() -> None:
    orders: list[list[str]] = []
    for numbers in ((2, 3, 1), (1, 2, 3), (3, 1, 2)):
        state = Members(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
        for number in numbers:
            state._apply([RunSet().change(RunsChanged((run_of(number, 1),)))])
        orders.append([run.id for run in state.runs])
    assert orders == [["run_1", "run_2", "run_3"]] * 3


async def test_item_77_what_was_held_back_is_shown_at_the_end(backend: str) -> None:
    """Ten seconds are between two updates of the page; the end does not wait for them."""
    async with Browser(backend) as browser:
        await browser.call(Slow.start, text="one two three four")
        await browser.sees(lambda: browser.of(Slow).get("run"))
        open_gate(browser.of(Slow)["run"]["id"])
        async with asyncio.timeout(8):
            await browser.sees(lambda: browser.of(Slow)["subscription_status"] == "complete")
        assert browser.of(Slow)["streams"]["words"] == ["one", "two", "three", "four"]


async def test_item_78_a_feed_keeps_none_of_the_parts_that_it_has_told() -> None:
    """So memory is as large as what its reader keeps."""
    number = 2 * RECORD_WINDOW
    text = "".join(f'id: {n}-0\ndata: "part {n}"\n\n' for n in range(number))
    logs: list[PartLog] = []
    with pytest.MonkeyPatch.context() as patch:
        made = PartLog
        patch.setattr(
            "reflex_realtime.feeds.stream_feed.PartLog",
            lambda *arguments: logs.append(made(*arguments)) or logs[0],
        )
        async with (
            replay(event_stream(text)) as server,
            following(server.quick, lambda c: stream_feed(c, "run_1", "tok")) as stream,
        ):
            await stream.end()
    [log] = logs
    assert len(stream.parts) == number
    assert "part" not in repr(log)
    assert len(repr(log)) < 1000


async def test_item_79_two_subscribers_of_one_run_share_nothing_that_can_be_changed(
    served: Upstream,
) -> None:
    run_id = await served.trigger(tags=["a"], metadata={"list": [1]})
    async with served.follow_run(run_id) as one, served.follow_run(run_id) as other:
        [mine] = await one.told(1)
        [theirs] = await other.told(1)
        assert mine == theirs
        mine.tags.append("mine")
        mine.metadata["list"].append(2)
        assert mine.payload is not None
        mine.payload["topic"] = "mine"
        await one.live()
        await other.live()
        await served.change(run_id, status="EXECUTING")
        again = (await one.told(2))[1], (await other.told(2))[1]
    for run in (theirs, *again):
        assert (run.tags, run.metadata) == (["a"], {"list": [1]})
        assert run.payload == {"topic": "tides"}
    assert again[0].metadata["list"] is not again[1].metadata["list"]


async def test_item_79_nor_do_two_that_share_the_feed_of_a_set(served: Upstream) -> None:
    await served.trigger(tags=["a"], metadata={"list": [1]})
    hub, connection = Hub(), served.connection

    def observed() -> Any:
        return aclosing(hub.run_feed(connection, tag_request("a"), (RealtimeRun[Any, Any],)))

    async with observed() as one, observed() as other:
        [mine], [theirs] = (await anext(one)).runs, (await anext(other)).runs
        assert hub.feeds == 1
        assert mine == theirs
        mine.tags.append("mine")
        mine.metadata["list"].append(2)
        assert (theirs.tags, theirs.metadata) == (["a"], {"list": [1]})
        async with observed() as third:
            [later] = (await anext(third)).runs
        assert (later.tags, later.metadata) == (["a"], {"list": [1]})
    await hub.close()


async def test_item_80_when_nobody_looks_any_more_a_failing_feed_asks_no_more(
    backend: str, realtime: DevServer
) -> None:
    del realtime
    closed: list[FeedNotice] = []

    def note(notice: FeedNotice) -> None:
        if notice.kind is NoticeKind.CLOSED:
            closed.append(notice)

    async with replay(then=answer(503)) as server, Browser(backend) as browser:
        configure(base_url=server.base_url, access_token=SECRET, hooks=[note])
        await browser.call(Watched.view_opened, viewer="page")
        await browser.call(Watched.watch, run_id="run_1")
        await browser.sees(lambda: browser.of(Watched)["subscription_status"] == "reconnecting")
        await browser.call(Watched.view_closed, viewer="page")
        await browser.sees(lambda: browser.of(Watched)["subscription_status"] == "idle")
        await until(lambda: closed)
        asked = len(server.requests)
        await asyncio.sleep(DEFAULT_RETRY.initial * DEFAULT_RETRY.factor)
        assert len(server.requests) == asked


async def test_item_80_a_feed_that_is_left_while_it_pauses_leaves_nothing_behind(
    speaker: Dialect,
) -> None:
    patient = RetryPolicy(initial=60, floor=60, cap=60)
    request = run_request("run_1")
    async with replay(*speaker.snapshot(speaker.insert()), then=answer(503)) as server:
        others = asyncio.all_tasks()
        async with following(server.retrying(patient), lambda c: run_feed(c, request)) as feed:
            await feed.until(lambda: feed.retries)
            asked = len(server.requests)
        async with asyncio.timeout(0.5):
            await server.left()
        assert len(server.requests) == asked
        assert {
            task for task in asyncio.all_tasks() - others if "replay" not in repr(task)
        } == set()
