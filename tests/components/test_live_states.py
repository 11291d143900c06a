"""The states that are made for components, before anybody looks."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, assert_type

import pytest
import reflex as rx
from pydantic import BaseModel
from reflex_base.utils.format import json_dumps
from reflex_base.vars.object import ObjectVar
from reflex_base.vars.sequence import ArrayVar

from reflex_realtime import RealtimeRun, RealtimeRunState, TaskHandle
from reflex_realtime.components import (
    realtime_batch,
    realtime_run,
    realtime_run_with_streams,
    realtime_runs_with_tag,
)
from reflex_realtime.errors import ConfigurationError


class Chosen(rx.State):
    run_id: str = ""
    run_ids: list[str] = []
    tags: list[str] = []
    index: int = 0


class Payload(BaseModel):
    topic: str


class Output(BaseModel):
    url: str


class Metadata(BaseModel):
    done: float = 0


class Line(BaseModel):
    message: str


class Streams(BaseModel):
    answer: list[str] = []
    log: list[Line] = []


def state_of(component: rx.Component) -> Any:
    """The state class that was made for a component."""
    assert component.State is not None
    return component.State


NAMES = """
import json, os, sys
import reflex as rx
from pydantic import BaseModel
from reflex_realtime.components import *
class Chosen(rx.State):
    run_id: str = ""
class Output(BaseModel):
    url: str
token = os.environ["TOKEN"]
made = [
    lambda: realtime_run("run_1", access_token=token, output=Output, metadata=dict[str, int]),
    lambda: realtime_run(Chosen.run_id, base_url=f"https://{token}.example"),
    lambda: realtime_batch("batch_1", throttle_ms=int(os.environ["PYTHONHASHSEED"])),
    lambda: realtime_runs_with_tag(["a", f"user:{Chosen.run_id}"]),
    lambda: realtime_run(os.environ["TOKEN"], id="one"),
]
order = [int(number) for number in sys.argv[1:]]
print(json.dumps({n: made[n]().State.get_full_name() for n in order}))
"""


def names(order: str, seed: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", NAMES, *order],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "TOKEN": f"secret{seed}"},
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_a_state_has_the_same_name_in_each_process_that_evaluates_its_page() -> None:
    of_build = names("01234", "1")
    assert len({*of_build.values()}) == 5
    assert names("42310", "2") == of_build
    assert names("3", "3") == {"3": of_build["3"]}


def test_a_name_shows_nothing_of_what_is_followed() -> None:
    state = state_of(realtime_runs_with_tag("user:somebody@example.com"))
    assert "somebody" not in state.get_full_name()


def test_components_that_follow_the_same_in_the_same_way_share_a_state() -> None:
    one = realtime_run("run_shared", output=Output, throttle_ms=100, access_token="t")
    other = realtime_run("run_shared", output=Output, throttle_ms=100, access_token="t")
    assert state_of(one) is state_of(other)


def test_each_run_has_a_state_of_its_own() -> None:
    assert state_of(realtime_run("run_a")) is not state_of(realtime_run("run_b"))
    assert state_of(realtime_run("same")) is not state_of(realtime_batch("same"))


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"throttle_ms": 7}, "throttle_ms"),
        ({"access_token": "s3cret"}, "access_token"),
    ],
)
def test_components_that_follow_the_same_otherwise_need_names(
    options: dict[str, Any], difference: str
) -> None:
    plain = realtime_run("run_twice")
    with pytest.raises(ConfigurationError, match=rf"{difference}.*id=") as caught:
        realtime_run("run_twice", **options)
    assert "s3cret" not in str(caught.value)
    named = realtime_run("run_twice", **options, id=f"twice with {difference}")
    assert state_of(named) is not state_of(plain)


def test_components_that_follow_the_same_with_other_types_have_states_of_their_own() -> None:
    assert state_of(realtime_run("run_e")) is not state_of(realtime_run("run_e", output=Output))


def test_a_name_is_given_to_one_thing() -> None:
    realtime_run("run_e", id="of one type", output=Output)
    with pytest.raises(ConfigurationError, match="their types"):
        realtime_run("run_e", id="of one type")
    realtime_run("run_c", id="the one")
    with pytest.raises(ConfigurationError, match=r"'the one'.*what they follow"):
        realtime_run("run_d", id="the one")


def page_of_two_routes(allowed: frozenset[str] = frozenset()) -> rx.Component:
    return realtime_run(
        Chosen.run_id,
        authorize=lambda _state, run_id: run_id in allowed,
        access_token=lambda: "s3cret",
        id="of two routes",
    )


def test_a_page_may_be_evaluated_twice() -> None:
    assert state_of(page_of_two_routes()) is state_of(page_of_two_routes())


def test_functions_that_know_different_things_are_different() -> None:
    page_of_two_routes()
    with pytest.raises(ConfigurationError, match="authorize"):
        page_of_two_routes(frozenset({"run_of_somebody"}))


@pytest.mark.parametrize(
    "target", ["", None, 7, ["run_1"], TaskHandle(id="run_1", public_access_token="t")]
)
def test_what_is_no_run_is_refused(target: Any) -> None:
    with pytest.raises(ConfigurationError, match="id as text, or a var"):
        realtime_run(target)


@pytest.mark.parametrize("tags", ["", [], ["a", ""], ["a", 7], [None]])
def test_what_are_no_tags_is_refused(tags: Any) -> None:
    with pytest.raises(ConfigurationError, match="as text"):
        realtime_runs_with_tag(tags)


def test_an_item_of_a_loop_is_refused_with_what_to_use_instead() -> None:
    with pytest.raises(ConfigurationError, match=r"rx\.foreach\(state\.runs, run_card\)"):
        rx.foreach(Chosen.run_ids, lambda run_id: rx.box(realtime_run(run_id)))


def test_what_the_index_of_a_loop_decides_is_refused_too() -> None:
    with pytest.raises(ConfigurationError, match=r"an item of an rx\.foreach"):
        rx.foreach(Chosen.run_ids, lambda _, i: realtime_run(Chosen.run_ids[i]))


def test_a_prop_of_a_memo_is_refused() -> None:
    def card(run_id: rx.Var[str]) -> rx.Component:
        return realtime_run(run_id)

    with pytest.raises(ConfigurationError, match=r"a prop of an rx\.memo"):
        rx.memo(card)(run_id=Chosen.run_id)


def test_a_loop_may_show_what_the_app_has_written() -> None:
    shown = rx.foreach(Chosen.run_ids, lambda _: realtime_run("run_in_loop"))
    assert state_of(realtime_run("run_in_loop")).get_name() in str(shown.render())


def test_a_var_that_is_of_no_state_needs_a_name() -> None:
    var = rx.Var("window.location.hash").to(str)
    with pytest.raises(ConfigurationError, match="id="):
        realtime_run(var)
    assert state_of(realtime_run(var, id="of the hash"))


def test_text_with_a_var_in_it_is_the_browsers_word() -> None:
    for tags in (f"user:{Chosen.run_id}", ["all", f"user:{Chosen.run_id}"], Chosen.tags):
        state = state_of(realtime_runs_with_tag(tags))
        assert state._recipe.target.written == ()


def test_what_is_written_leaves_nothing_to_decide() -> None:
    with pytest.raises(ConfigurationError, match="Leave authorize= out"):
        realtime_run("run_1", authorize=lambda _state, _run_id: True)


def test_no_page_contains_the_credential_or_the_target() -> None:
    component = realtime_run(
        "run_of_the_app", access_token="s3cret", id="no secrets", render=lambda it: rx.text(it.run)
    )
    state = state_of(component)
    values = json_dumps(state(_reflex_internal_init=True).dict())
    page = str(component.render()) + str(component._get_all_hooks())
    assert state.get_name() in page
    assert "s3cret" not in page + values + repr(state._recipe)
    assert "run_of_the_app" not in page + values
    assert not {"_recipe", "realtime_options"} & {*state.vars, *state.get_fields()}


def test_a_state_is_waiting_from_the_beginning() -> None:
    for enabled, status in ((True, "connecting"), (False, "stopped")):
        state = state_of(realtime_run("run_new", enabled=enabled, id=status))
        assert state.get_fields()["subscription_status"].default_value() == status
    by_var = state_of(realtime_run(Chosen.run_id))
    assert by_var.get_fields()["subscription_status"].default_value() == "idle"


def test_a_session_with_such_a_state_can_be_saved() -> None:
    state = state_of(realtime_run("run_saved"))(_reflex_internal_init=True)
    assert pickle.loads(pickle.dumps(state))._target == ("run_saved",)


def test_render_takes_the_state_class_with_the_types() -> None:
    def report(state: type[RealtimeRunState[Payload, Output]]) -> rx.Component:
        return rx.text(state.run.output.url)

    realtime_run("run_typed", payload=Payload, output=Output, render=report)
    realtime_run_with_streams(
        "run_typed",
        output=Output,
        metadata=Metadata,
        streams=Streams,
        render=lambda chat: rx.box(
            rx.text(assert_type(chat.streams, ObjectVar[Streams]).answer.join("")),
            rx.text(
                assert_type(chat.run, ObjectVar[RealtimeRun[Any, Output, Metadata]]).metadata.done
            ),
        ),
    )
    realtime_runs_with_tag(
        "typed",
        payload=Payload,
        render=lambda tagged: rx.foreach(
            assert_type(tagged.runs, ArrayVar[Sequence[RealtimeRun[Payload]]]),
            lambda run: rx.text(run.payload.topic),
        ),
    )


def test_a_misspelt_field_fails_when_the_page_is_evaluated() -> None:
    with pytest.raises(AttributeError, match="urll"):
        realtime_run(
            "run_misspelt",
            output=Output,
            render=lambda it: rx.text(it.run.output.urll),
        )


def test_each_has_a_view_where_none_is_given() -> None:
    for component in (
        realtime_run("run_viewed"),
        realtime_batch("batch_viewed"),
        realtime_runs_with_tag("viewed"),
        realtime_run_with_streams("run_viewed", streams=Streams),
    ):
        assert state_of(component).get_name() in str(component.render())


def test_a_stream_that_is_neither_text_nor_log_needs_a_view() -> None:
    class Scores(BaseModel):
        scores: list[int] = []
        points: list[Payload] = []

    with pytest.raises(ConfigurationError, match=r"'points'.*render="):
        realtime_run_with_streams("run_scores", streams=Scores)
