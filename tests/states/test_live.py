"""Components without a state class, and what a browser can make of their states."""

from __future__ import annotations

from typing import Any

import pytest
import reflex as rx

from reflex_realtime import configure
from reflex_realtime.components import (
    realtime_batch,
    realtime_run,
    realtime_run_with_streams,
    realtime_runs_with_tag,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, Sentence, open_gate
from tests.states.test_hostile import forged, frames_after
from tests.states.test_run_with_streams import SpokenStreams
from tests.waiting import until


class Asking(rx.State):
    run_id: str = ""
    granted: str = ""

    @rx.event
    def grant(self, run_id: str):
        self.granted = run_id


class Words(rx.State):
    words: list[str] = []


def state_of(component: rx.Component) -> Any:
    assert component.State is not None
    return component.State


def status_of(browser: Browser, state: Any) -> Any:
    return browser.of(state).get("subscription_status")


async def test_a_run_that_the_app_has_written_is_followed_though_nobody_names_it(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=3))
    state = state_of(realtime_run(handle.id, payload=Count, output=Counted))
    async with Browser(backend) as browser:
        assert status_of(browser, state) == "connecting"
        assert browser.of(state)["is_loading"] is True
        await browser.call(state.view_opened, viewer="v", target=None)
        await browser.sees(lambda: status_of(browser, state) == "complete")
        assert browser.of(state)["run"]["output"] == {"total": 3}


async def test_batches_tags_and_streams_are_followed_in_the_same_way(
    backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("count", [Count(to=1), Count(to=2)])
    await client.trigger("count", Count(to=1), tags=["written"])
    handle = await client.trigger("speak", Sentence(text="one two"))
    open_gate(handle.id)

    of_batch = state_of(realtime_batch(batch.id))
    of_tag = state_of(realtime_runs_with_tag(["written"]))
    of_streams = state_of(
        realtime_run_with_streams(
            handle.id, streams=SpokenStreams, render=lambda it: rx.text(it.run.id)
        )
    )
    async with Browser(backend) as browser:
        for state in (of_batch, of_tag, of_streams):
            await browser.call(state.view_opened, viewer="v")
        await browser.sees(lambda: len(browser.of(of_batch)["runs"]) == 2)
        await browser.sees(lambda: len(browser.of(of_tag)["runs"]) == 1)
        await browser.sees(lambda: browser.of(of_streams)["streams"]["words"] == ["one", "two"])


async def test_it_goes_on_when_somebody_comes_back(backend: str, client: RealtimeClient) -> None:
    handle = await client.trigger("wait", Count(to=3))
    state = state_of(realtime_run(handle.id, output=Counted))
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="first")
        await browser.sees(lambda: status_of(browser, state) == "live")
        await browser.call(state.view_closed, viewer="first")
        await browser.sees(lambda: status_of(browser, state) == "idle")
        await browser.call(state.view_opened, viewer="second")
        await browser.sees(lambda: status_of(browser, state) == "live")
        open_gate(handle.id)
        await browser.sees(lambda: status_of(browser, state) == "complete")


async def test_one_that_is_not_enabled_waits_for_it(backend: str, client: RealtimeClient) -> None:
    handle = await client.trigger("count", Count(to=3))
    state = state_of(realtime_run(handle.id, enabled=False))
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="v")
        assert status_of(browser, state) == "stopped"
        await browser.call(state.enable)
        await browser.sees(lambda: status_of(browser, state) == "complete")


async def test_two_states_of_the_same_run_share_one_request(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("wait", Count(to=3))
    states = [state_of(realtime_run(handle.id, output=Counted, id=id)) for id in ("one", "two")]
    async with Browser(backend) as browser:
        for state in states:
            await browser.call(state.view_opened, viewer="v")
        for state in states:
            await browser.sees(lambda state=state: status_of(browser, state) == "live")
        assert shared_hub().feeds == 1
        open_gate(handle.id)
        for state in states:
            await browser.sees(lambda state=state: status_of(browser, state) == "complete")


async def test_a_component_has_a_credential_of_its_own(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=3))
    configure(access_token="tr_dev_of_nobody")
    state = state_of(realtime_run(handle.id, access_token=lambda: handle.public_access_token))
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="v")
        await browser.sees(lambda: status_of(browser, state) == "complete")
        assert handle.public_access_token not in str(browser.frames)


async def test_no_browser_makes_a_state_follow_what_the_app_has_not_written(
    backend: str, client: RealtimeClient
) -> None:
    mine = await client.trigger("count", Count(to=1, secret="mine"))
    theirs = await client.trigger("count", Count(to=7, secret="s3cret"))
    state = state_of(realtime_run(mine.id, payload=Count))
    path = state.get_full_name()
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="v", target=theirs.id)
        await browser.sees(lambda: status_of(browser, state) == "complete")
        calls = [
            (f"{path}.{name}", payload)
            for name, handler in state.event_handlers.items()
            for payload in forged(handler, [theirs.id])
        ]
        sent = await frames_after(browser, calls)
        await browser.call(state.enable)
        await browser.call(state.view_opened, viewer="w")
        await browser.call(state.restart)
        await browser.sees(lambda: status_of(browser, state) == "complete")
        assert browser.of(state)["run"]["id"] == mine.id
    assert "s3cret" not in sent


@pytest.mark.parametrize("empty", ["", [], 7, "run_unknown"])
async def test_no_browser_takes_from_a_state_what_the_app_has_written(
    backend: str, client: RealtimeClient, empty: Any
) -> None:
    handle = await client.trigger("wait", Count(to=1))
    state = state_of(realtime_run(handle.id))
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="v")
        await browser.call(state.subscribe, target=empty)
        await browser.sees(lambda: status_of(browser, state) == "live")
        assert browser.of(state)["run"]["id"] == handle.id


async def test_what_a_var_names_is_refused_where_only_a_secret_key_could_read_it(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    state = state_of(realtime_run(Asking.run_id))
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="v", target=handle.id)
        await browser.sees(lambda: status_of(browser, state) == "failed")
        assert browser.of(state)["run"] is None
        assert "authorize=" in browser.of(state)["error"]["remedy"]


async def may_see(state: rx.State, run_id: str) -> bool:
    asking = await state.get_state(Asking)
    return run_id == asking.granted


async def test_a_function_of_the_app_decides_about_what_a_var_names(
    backend: str, client: RealtimeClient
) -> None:
    mine = await client.trigger("count", Count(to=1))
    theirs = await client.trigger("count", Count(to=7, secret="s3cret"))
    state = state_of(realtime_run(Asking.run_id, authorize=may_see, id="decided"))
    async with Browser(backend) as browser:
        await browser.call(Asking.grant, run_id=mine.id)
        await browser.call(state.view_opened, viewer="v", target=mine.id)
        await browser.sees(lambda: status_of(browser, state) == "complete")
        await browser.call(state.view_opened, viewer="w", target=theirs.id)
        await browser.sees(lambda: status_of(browser, state) == "failed")
        assert browser.of(state)["run"] is None
        assert "s3cret" not in str(browser.frames)


async def test_the_function_may_answer_with_a_token_and_need_not_be_async(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    state = state_of(
        realtime_run(
            Asking.run_id,
            authorize=lambda _state, _run_id: handle.public_access_token,
            id="by token",
        )
    )
    async with Browser(backend) as browser:
        await browser.call(state.view_opened, viewer="v", target=handle.id)
        await browser.sees(lambda: status_of(browser, state) == "complete")
        assert handle.public_access_token not in str(browser.frames)


async def test_no_handler_gives_what_a_var_names_without_being_granted(
    backend: str, client: RealtimeClient
) -> None:
    theirs = await client.trigger("count", Count(to=7, secret="s3cret"))
    state = state_of(realtime_run(Asking.run_id, id="hostile"))
    path = state.get_full_name()
    async with Browser(backend) as browser:
        calls = [
            (f"{path}.{name}", payload)
            for name, handler in state.event_handlers.items()
            for payload in forged(handler, [theirs.id])
        ]
        sent = await frames_after(browser, calls)
    assert "s3cret" not in sent
    await until(lambda: shared_hub().feeds == 0)
