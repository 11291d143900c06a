"""Long lists of a state that is saved: in pieces, and whole to whoever reads them."""

from __future__ import annotations

import pickle
from random import Random
from typing import Any

import pytest
import reflex as rx
from pydantic import BaseModel

from reflex_realtime import RealtimeRunWithStreamsState
from reflex_realtime.states.saved import restored
from reflex_realtime.states.saved_lists import (
    PIECE,
    SavedLists,
    append,
    drop,
    keys,
    put,
    saved,
)


class Streams(BaseModel):
    """Two streams."""

    answer: list[str] = []
    notes: list[dict[str, Any]] = []


class Growing(RealtimeRunWithStreamsState[Any, Any, Streams], rx.State):
    """A state whose streams grow."""


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({}, [("a",), ("b",)]),
        (Streams(), [("answer",), ("notes",)]),
        ({"run_1": Streams(), "run_2": {}}, [("run_1", "answer"), ("run_2", "other")]),
    ],
    ids=["a mapping", "a model", "by run"],
)
@pytest.mark.parametrize("most", [None, 1, 100, 1000])
def test_a_value_that_grows_in_pieces_is_what_it_would_be_whole(
    value: Any, paths: list[tuple[str, ...]], most: int | None
) -> None:
    chance = Random(1)
    whole = pickle.loads(pickle.dumps(value))
    for _ in range(300):
        path = chance.choice(paths)
        items = [str(chance.random()) for _ in range(chance.randrange(20))]
        assert append(value, path, items, most) == append(whole, path, items, most)
        value = pickle.loads(pickle.dumps(saved(value)))
    assert most in (1, 100) or isinstance(value, SavedLists)
    assert restored(value) == whole


def test_runs_come_and_go_in_a_value_in_pieces() -> None:
    value = SavedLists({"run_1": {"a": ["x"] * 3 * PIECE}, "run_2": Streams()})
    put(value, "run_3", Streams(answer=["y"]))
    drop(value, "run_1")
    append(value, ("run_3", "answer"), ["z"])
    assert keys(value) == {"run_2", "run_3"}
    assert restored(value) == {"run_2": Streams(), "run_3": Streams(answer=["y", "z"])}


def test_a_short_value_is_saved_as_it_is() -> None:
    value = {"a": ["x"] * PIECE}
    assert saved(value) is value


def test_who_reads_the_var_finds_the_value() -> None:
    state: Any = Growing(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state.streams.answer.extend(str(number) for number in range(3 * PIECE))
    loaded = pickle.loads(pickle.dumps(state))
    assert isinstance(vars(loaded)["streams"], SavedLists)
    assert loaded.streams.answer[-1] == str(3 * PIECE - 1)
    assert loaded.get_value("streams") == state.get_value("streams")


def test_what_was_saved_before_is_not_pickled_again() -> None:
    value = SavedLists({"a": [object.__name__] * 100 * PIECE})
    [pieces] = value._lists.values()
    before = [*pieces._sealed]
    append(value, ("a",), ["x"] * PIECE)
    assert all(old is new for old, new in zip(before, pieces._sealed, strict=False))
    assert len(pieces._sealed) == 101


def test_what_is_beyond_the_most_is_dropped_and_the_patch_says_so() -> None:
    value = {"a": [1, 2, 3]}
    assert append(value, ("a",), [4, 5], 4) == {"l": [[1, 3], [4, 5]]}
    assert value == {"a": [2, 3, 4, 5]}
    assert append(value, ("a",), [6, 7, 8, 9, 10], 4) == {"v": [7, 8, 9, 10]}
    assert value == {"a": [7, 8, 9, 10]}
