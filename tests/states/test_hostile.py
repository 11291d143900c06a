"""A browser that calls whatever it can, with whatever it likes."""

from __future__ import annotations

import itertools
import json
from typing import Any, ClassVar

import pytest
import reflex as rx
from reflex_base.utils.format import json_dumps

from reflex_realtime import BatchHandle, RealtimeOptions, RealtimeRunState, TaskHandle
from reflex_realtime.devserver import DevServer
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from tests.states.browser import Browser
from tests.states.targets import HANDLERS, REPORTED, TARGETS, VARS, TargetRun
from tests.states.tasks import Count, Counted

UNREACHABLE = [
    *("_subscribe", "_trigger", "_batch_trigger", "_cancel", "_on_complete", "_on_run_complete"),
    *("_on_all_complete", "_authorize", "_apply", "_recall", "_reset", "_client", "_options"),
    *("set__target", "set__outbox", "set_run", "set_runs", "set_error", "set_subscription_status"),
]


def forged(handler: Any, targets: list[Any]) -> list[dict[str, Any]]:
    """Payloads for a handler: each of its arguments as whatever a browser may think of."""
    names = [name for name in handler.fn.__annotations__ if name != "return"]
    values = [*targets, None, 7, "x" * 5000, {"id": targets[0], "public_access_token": "t"}]
    fixed = {"variable": "_target", "var_name": "_target", "viewer": "v", "name": "_outbox"}
    if not names:
        return [{}, {"self": 1}, {"target": targets[0]}]
    return [
        {name: fixed.get(name, value) for name in names}
        for value, _ in itertools.product(values, [0])
    ]


@pytest.fixture(autouse=True)
def nothing_reported() -> None:
    REPORTED.clear()


async def frames_after(browser: Browser, calls: list[tuple[str, dict[str, Any]]]) -> str:
    """All that the browser was sent while it made these calls, as text."""
    frames: list[Any] = []
    receive = browser._receive

    async def record(update: dict[str, Any]) -> None:
        frames.append(update)
        await receive(update)

    browser._socket.on("event", record, namespace="/_event")
    for name, payload in calls:
        await browser._socket.emit("event", browser._event(name, payload), namespace="/_event")
    # Events of a session are handled in their order: this one comes last.
    await browser.call(TargetRun.view_opened, viewer="last", target="the-last-one")
    await browser.sees(lambda: "the-last-one" in json.dumps(frames))
    return json.dumps(frames)


@pytest.mark.parametrize(
    ("state", "name"), HANDLERS, ids=[f"{s.__name__}.{n}" for s, n in HANDLERS]
)
async def test_no_handler_gives_a_browser_what_it_was_not_granted(
    state: Any, name: str, backend: str, client: RealtimeClient
) -> None:
    secret = await client.trigger("count", Count(to=7, secret="s3cret"), tags=["theirs"])
    batch = await client.batch_trigger("count", [Count(to=8, secret="s3cret")])
    handler = state.event_handlers[name]
    path = f"{state.get_full_name()}.{name}"
    targets = [secret.id, batch.id, "theirs", ["theirs"]]
    async with Browser(backend) as browser:
        calls = [(path, payload) for payload in forged(handler, targets)]
        sent = await frames_after(browser, calls)
    assert "s3cret" not in sent
    assert secret.public_access_token not in sent
    assert REPORTED == []
    assert shared_hub().feeds == 0


@pytest.mark.parametrize("state", TARGETS, ids=lambda state: state.__name__)
async def test_setvar_sets_none_of_the_vars(
    state: Any, backend: str, client: RealtimeClient
) -> None:
    secret = await client.trigger("count", Count(to=7, secret="s3cret"), tags=["theirs"])
    names = [name for of, name in VARS if of is state]
    assert {"_target", "_outbox", "error", "completed_runs", "subscription_status"} < {*names}
    values = ["f0rged", ["f0rged"], {"id": "f0rged"}, [secret.id], True]
    path = state.get_full_name()
    calls = [
        (handler, payload)
        for name in names
        for value in values
        for handler, payload in (
            (f"{path}.setvar", {"var_name": name, "value": value}),
            (f"{path}.set_{name}", {"value": value}),
        )
    ]
    calls += [(f"{path}.{name}", {}) for name in ("restart", "deliver_completions", "follow")]
    async with Browser(backend) as browser:
        sent = await frames_after(browser, calls)
    assert "f0rged" not in sent
    assert "connecting" not in sent
    assert "s3cret" not in sent
    assert REPORTED == []
    assert shared_hub().feeds == 0


@pytest.mark.parametrize("state", TARGETS, ids=lambda state: state.__name__)
async def test_what_begins_with_an_underscore_is_out_of_reach(
    state: Any, backend: str, client: RealtimeClient
) -> None:
    secret = await client.trigger("count", Count(to=7, secret="s3cret"))
    calls = [
        (f"{state.get_full_name()}.{name}", payload)
        for name in UNREACHABLE
        for payload in ({"target": secret.id}, {"task_identifier": "count", "payload": {"to": 1}})
    ]
    async with Browser(backend) as browser:
        sent = await frames_after(browser, calls)
        assert browser.of(state).get("run") is None
        assert not browser.of(state).get("runs")
    assert "s3cret" not in sent
    assert REPORTED == []
    assert not {name for name in UNREACHABLE if name in state.event_handlers}


class Configured(RealtimeRunState, rx.State):
    realtime_options = RealtimeOptions(access_token="s3cret")


class ConfiguredWithType(RealtimeRunState, rx.State):
    realtime_options: RealtimeOptions = (  # pyright: ignore[reportIncompatibleVariableOverride]
        RealtimeOptions(access_token="s3cret")
    )


class ConfiguredWithClassVar(RealtimeRunState, rx.State):
    realtime_options: ClassVar[RealtimeOptions] = RealtimeOptions(access_token="s3cret")


@pytest.mark.parametrize("state", [Configured, ConfiguredWithType, ConfiguredWithClassVar])
def test_the_options_of_a_class_are_no_var(state: Any) -> None:
    assert state.realtime_options.access_token == "s3cret"
    assert "realtime_options" not in {**state.vars, **state.get_fields()}
    assert "s3cret" not in json_dumps(state(_reflex_internal_init=True).dict())


class Keeping(rx.State):
    options: RealtimeOptions | None = None
    run: TaskHandle | None = None
    all: list[TaskHandle | BatchHandle] = []


def test_what_holds_a_token_reaches_a_page_without_it() -> None:
    state = Keeping(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state.options = RealtimeOptions(access_token="s3cret")
    state.run = TaskHandle(id="run_1", public_access_token="s3cret")
    state.all = [state.run, BatchHandle(id="batch_1", run_count=1, public_access_token="s3cret")]
    sent = json_dumps(state.dict())
    assert "run_1" in sent
    assert "batch_1" in sent
    assert "s3cret" not in sent


async def test_no_frame_carries_a_credential(
    backend: str, realtime: DevServer, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=7))

    class Granted(RealtimeRunState[Count, Counted], rx.State):
        async def _authorize(self, target: Any) -> str:
            return handle.public_access_token

    async with Browser(backend) as browser:
        calls = [(f"{Granted.get_full_name()}.subscribe", {"target": handle.id})]
        sent = await frames_after(browser, calls)
        await browser.sees(lambda: (browser.of(Granted).get("run") or {}).get("id") == handle.id)
    everything = sent + json.dumps(browser.vars)
    assert handle.public_access_token not in everything
    assert realtime.secret_key not in everything
