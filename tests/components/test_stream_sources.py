"""What the views of a stream and the reductions take, and what they refuse."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
import reflex as rx
from pydantic import BaseModel, Field

from reflex_realtime import (
    RealtimeRunState,
    RealtimeRunsWithStreamsState,
    RealtimeRunWithStreamsState,
)
from reflex_realtime.components import (
    joined_text,
    last_part,
    parts_of_type,
    stream_log,
    stream_text,
)
from reflex_realtime.errors import ConfigurationError


class Delta(BaseModel):
    type: Literal["delta"] = "delta"
    text: str


class Call(BaseModel):
    type: Literal["call", "old-call"] = "call"
    tool: str


class Streams(BaseModel):
    answer: list[str] = []
    parts: list[Delta | Call] = []
    marked: list[Annotated[Delta | Call, Field(discriminator="type")]] = []


class Chat(RealtimeRunWithStreamsState[None, None, Streams], rx.State):
    pass


class Panel(RealtimeRunsWithStreamsState[None, None, Streams], rx.State):
    pass


class Loose(RealtimeRunWithStreamsState, rx.State):
    pass


class Plain(RealtimeRunState[None, None], rx.State):
    pass


ANSWER: Any = Chat.streams.answer
PARTS: Any = Chat.streams.parts
PANEL: Any = Panel.streams


@pytest.mark.parametrize("view", [stream_text, stream_log])
@pytest.mark.parametrize(
    "source",
    [
        (Chat, "answer"),
        (Loose, "answer"),
        (ANSWER,),
        (PANEL["run_1"].answer,),
        (joined_text(PARTS, key="text"),),
    ],
    ids=["a state", "a state without models", "a var", "a var of one of several runs", "a text"],
)
def test_a_view_takes(view: Any, source: Any) -> None:
    view(*source).render()


@pytest.mark.parametrize(
    ("call", "problem", "remedy"),
    [
        (lambda: stream_text(Chat, "anwser"), "no stream 'anwser'", "'answer' or 'parts'"),
        (lambda: stream_text(Chat), "no stream None", "'answer' or 'parts'"),
        (lambda: stream_text(Plain, "answer"), "Plain is neither a state class with", "a var"),
        (lambda: stream_text(Panel, "answer"), "Panel is neither a state class with", "a var"),
        (lambda: stream_text(ANSWER, "answer"), "is neither", "a var alone"),
        (lambda: stream_text(ANSWER, on_complete=rx.toast("Done")), "on_complete", "state class"),
        (lambda: stream_log(Chat, "parts"), "has a field 'message'", "text, tool, type"),
        (lambda: joined_text(PARTS, key="txt"), "has a field 'txt'", "text, tool, type"),
        (lambda: parts_of_type(PARTS, "cal"), "No part is of type 'cal'", "'delta', 'call'"),
        (lambda: parts_of_type(PARTS, Streams), "Streams.type does not say", "Literal"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(call: Any, problem: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        call()
    assert problem in refusal.value.message
    assert remedy in refusal.value.remedy


@pytest.mark.parametrize("parts", [PARTS, Chat.streams.marked], ids=["union", "discriminated"])
@pytest.mark.parametrize("type", [Call, "call", "old-call"])
def test_the_parts_of_a_type_are_typed_by_it(parts: Any, type: Any) -> None:
    calls: Any = parts_of_type(parts, type)
    assert calls._var_type == list[Call]
    assert last_part(calls).tool._var_type is str
    with pytest.raises(AttributeError):
        _ = calls[0].text


def test_the_type_of_parts_may_be_a_choice_of_the_reader() -> None:
    chosen: Any = parts_of_type(PARTS, rx.Var("chosen").to(str))
    assert chosen._var_type == list[Delta | Call]
