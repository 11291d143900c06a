"""What the components take, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import reflex as rx

from reflex_realtime import RealtimeBatchState, RealtimeRunState, RunStatus
from reflex_realtime.components import (
    connection_status,
    run_actions,
    run_card,
    run_error,
    run_json,
    run_progress,
    run_status_badge,
)
from reflex_realtime.components.look.statuses import RUN_LOOKS, SUBSCRIPTION_LOOKS
from reflex_realtime.errors import ConfigurationError

OF_ONE_RUN = [run_card, run_error, run_json, run_progress, run_status_badge]


class Single(RealtimeRunState[dict, int], rx.State):
    async def _allow_action(self, action: str) -> bool:
        return True


class Locked(RealtimeRunState, rx.State):
    pass


class Many(RealtimeBatchState[dict, int], rx.State):
    pass


each_of_one_run = pytest.mark.parametrize("component", OF_ONE_RUN, ids=lambda it: it.__name__)


def rendered(component: Any) -> str:
    return str(component)


def subscribes(component: rx.Component) -> bool:
    return "RealtimeSubscription" in rendered(component)


@each_of_one_run
def test_a_component_made_from_a_state_class_follows_it(component: Callable[..., Any]) -> None:
    assert subscribes(component(Single))


@each_of_one_run
def test_a_component_made_from_a_var_leaves_following_to_the_page(
    component: Callable[..., Any],
) -> None:
    assert not subscribes(component(Single.run))


@each_of_one_run
def test_a_component_shows_each_run_of_a_list(component: Callable[..., Any]) -> None:
    assert "run_rx_state_?." in rendered(rx.foreach(Many.runs, lambda run: rx.box(component(run))))


@each_of_one_run
def test_on_complete_needs_a_state_class(component: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match="needs a state class"):
        component(Single.run, on_complete=rx.console_log("done"))


@each_of_one_run
@pytest.mark.parametrize("source", [Many, Many.runs, Single.run.created_at, 7], ids=str)
def test_what_is_no_run_is_refused(component: Callable[..., Any], source: Any) -> None:
    with pytest.raises(ConfigurationError, match="neither a state class with `run`"):
        component(source)


@each_of_one_run
def test_props_go_to_the_outermost_element(component: Callable[..., Any]) -> None:
    props = component(Single.run, id="mine", class_name="own").render()["props"]
    assert {'id:"mine"', 'className:"own"'} <= {*props}


def test_a_badge_shows_a_status_too() -> None:
    assert "Timed out" in rendered(run_status_badge(RunStatus.TIMED_OUT))
    assert "Timed out" in rendered(run_status_badge(Single.run.status))


def test_every_status_has_a_look_of_its_own() -> None:
    assert {*RUN_LOOKS} == {*RunStatus}
    for looks in (RUN_LOOKS, SUBSCRIPTION_LOOKS):
        assert len({look.word for look in looks.values()}) == len(looks)


def test_fields_that_no_run_has_are_refused() -> None:
    wrong: list[Any] = [(), ("payload", "input")]
    for fields in wrong:
        with pytest.raises(ConfigurationError, match="payload, output, metadata"):
            run_json(Single, fields=fields)


def test_actions_need_a_state_that_says_who_may_act() -> None:
    run_actions(Single)
    with pytest.raises(ConfigurationError, match="_allow_action"):
        run_actions(Locked)
    wrong: list[Any] = [Single.run, Many]
    for source in wrong:
        with pytest.raises(ConfigurationError, match="RealtimeRunState"):
            run_actions(source)


def test_the_status_of_a_connection_needs_a_state() -> None:
    connection_status(Many)
    with pytest.raises(ConfigurationError, match="one of the mixins"):
        connection_status(Many.runs)  # pyright: ignore[reportArgumentType]
