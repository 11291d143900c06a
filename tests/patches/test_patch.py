"""Patches: whatever changed, applied they give the new value, and they hold no more than that."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.patches.patch import (
    changed_keys,
    difference,
    rearranged,
    replaced,
    shifted,
)
from tests.patches.applying import patched
from tests.patches.values import changed, some_value

KEYS = [f"run_{number}" for number in range(8)]


def text(value: Any) -> str:
    """A value as the page gets it: with the order of its keys, and True told from 1."""
    return json.dumps(value)


def test_the_difference_of_two_values_makes_one_of_the_other() -> None:
    chance = Random(1)
    for _ in range(5000):
        old = some_value(chance)
        new = changed(chance, old)
        before = text(old)
        patch = difference(old, new)
        assert text(new) == text(old if patch is None else patched(old, json.loads(text(patch))))
        assert (patch is None) == (text(new) == text(old))
        assert text(old) == before


@given(st.permutations(KEYS), st.permutations(KEYS), st.integers(0, 8), st.integers(0, 8))
def test_rows_that_are_added_removed_and_moved_are_found_in_their_new_order(
    old: list[str], new: list[str], old_length: int, new_length: int
) -> None:
    before = {key: {"id": key, "n": 0} for key in old[:old_length]}
    after = {key: {"id": key, "n": 1 if key > "run_3" else 0} for key in new[:new_length]}
    kept = before.keys() & after.keys()
    changes = {k: p for k in kept if (p := difference(before[k], after[k]))}
    added = {key: row for key, row in after.items() if key not in before}
    patch = rearranged([*before], [*after], added, changes)
    assert patched([*before.values()], json.loads(text(patch))) == [*after.values()]


def test_a_row_that_stays_or_moves_is_not_sent_again() -> None:
    assert rearranged(KEYS, [*KEYS[3:], *KEYS[:3]], {}, {}) == {"l": [[3, 8], [], [0, 3]]}


def test_an_item_added_at_the_end_is_all_that_is_sent() -> None:
    assert difference([1, 2, 3], [1, 2, 3, 4]) == shifted(0, 3, [4])


def test_an_item_added_or_removed_in_between_leaves_the_others_unsent() -> None:
    assert difference([1, 2, 3], [1, 9, 2, 3]) == {"l": [[0, 1], [9], [1, 3]]}
    assert difference([1, 2, 3], [1, 3]) == {"l": [[0, 1], [], [2, 3]]}


def test_a_change_deep_inside_is_all_that_is_sent() -> None:
    old = {"a": {"b": [{"c": 1, "d": "x" * 100}]}, "e": "y" * 100}
    new = {"a": {"b": [{"c": 2, "d": "x" * 100}]}, "e": "y" * 100}
    c = {"o": {"c": replaced(2)}}
    assert difference(old, new) == {"o": {"a": {"o": {"b": {"c": [[0, c]]}}}}}


def test_a_key_that_was_deleted_is_named() -> None:
    assert difference({"a": 1, "b": 2}, {"b": 2}) == changed_keys({}, ["a"])


def test_true_is_not_one() -> None:
    assert difference([1, 0], [True, 0]) == {"c": [[0, replaced(True)]]}
