"""The patches as a page merges them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from reflex_realtime.patches.patch import difference, replaced, shifted
from tests.patches.applying import patched
from tests.patches.values import changed, some_value

BUN = Path(sys.executable).parent / "bun"
SCRIPT = Path(__file__).parent / "js/frames.js"
GROWING = Path(__file__).parent / "js/growing.js"

REVISION = "realtime_revision_rx_state_"
VAR = "var_rx_state_"

PAGES = 2000


class Played(NamedTuple):
    """What a page showed after each frame, and when it asked for the whole vars."""

    shown: list[dict[str, Any]]
    asks: list[int]


def play(pages: list[dict[str, Any]]) -> list[Played]:
    """Play frames to pages, all in one process."""
    done = subprocess.run(
        [BUN, SCRIPT], input=json.dumps(pages), capture_output=True, text=True, check=True
    )
    return [Played(**page) for page in json.loads(done.stdout)]


def step(revision: int, patch: Any) -> dict[str, Any]:
    """The delta that leads from the revision before to a revision."""
    vars = {"var": patch} if patch else {}
    return {REVISION: [str(revision - 1), str(revision), vars]}


def test_a_patch_makes_the_new_value_of_the_old_one() -> None:
    chance = Random(1)
    olds = [some_value(chance) for _ in range(PAGES)]
    news = [changed(chance, old) for old in olds]
    pages = [
        {"initial": {VAR: old, REVISION: "0"}, "deltas": [step(1, difference(old, new))]}
        for old, new in zip(olds, news, strict=True)
    ]
    for new, page in zip(news, play(pages), strict=True):
        assert in_order_of_js(page.shown[-1][VAR]) == in_order_of_js(new)
        assert page.asks == []


def test_frames_lost_doubled_reordered_and_of_other_sessions_never_show_what_never_was() -> None:
    chance = Random(2)
    histories = [some_history(chance) for _ in range(PAGES)]
    others = [step(n, difference(*pair)) for n, pair in enumerate(pairs(chance), start=1000)]
    pages = [{"initial": whole(history, 0), "deltas": []} for history in histories]
    for history, page in zip(histories, pages, strict=True):
        steps = [step(n, difference(history[n - 1], history[n])) for n in range(1, len(history))]
        page["deltas"] += [kept for kept in steps for _ in range(chance.choice([0, 1, 1, 1, 2]))]
        if chance.random() < 0.3:
            chance.shuffle(page["deltas"])
        for _ in range(chance.choice([0, 0, 1, 2])):
            other = chance.choice(others)
            page["deltas"].insert(chance.randint(0, len(page["deltas"])), other)
        page["deltas"].append(whole(history, len(history) - 1))
    for history, page, played in zip(histories, pages, play(pages), strict=True):
        for index, shown in enumerate(played.shown):
            true = history[int(shown[REVISION])]
            assert in_order_of_js(shown[VAR]) == in_order_of_js(true)
            fits = REVISION in shown and shown[REVISION] == revision_after(page["deltas"][index])
            assert fits or any(ask <= index for ask in played.asks)


def pairs(chance: Random) -> list[tuple[Any, Any]]:
    """Values of another session, and what became of them."""
    olds = [some_value(chance) for _ in range(100)]
    return [(old, changed(chance, old)) for old in olds]


def some_history(chance: Random) -> list[Any]:
    """The values that a var had, one after the other."""
    history = [some_value(chance)]
    for _ in range(chance.randint(1, 6)):
        history.append(changed(chance, history[-1]))
    return history


def whole(history: list[Any], revision: int) -> dict[str, Any]:
    return {VAR: history[revision], REVISION: str(revision)}


def revision_after(delta: dict[str, Any]) -> str:
    revision = delta[REVISION]
    return revision[1] if isinstance(revision, list) else revision


def in_order_of_js(value: Any) -> str:
    """A value as text, its keys in the order of a JavaScript object: numbers come first."""
    if isinstance(value, dict):
        keys = [*sorted(key for key in value if key.isdigit())]
        keys += [key for key in value if not key.isdigit()]
        return f"{{{', '.join(f'{key}: {in_order_of_js(value[key])}' for key in keys)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(in_order_of_js, value))}]"
    is_whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if is_whole else value)


def test_a_gap_is_asked_about_once_until_it_is_filled() -> None:
    patches = [step(n, replaced(n)) for n in (1, 3, 4, 5)]
    whole = {VAR: 5, REVISION: "5"}
    [page] = play(
        [
            {
                "initial": {VAR: 0, REVISION: "0"},
                "deltas": [*patches, whole, step(6, replaced(6)), step(8, replaced(8))],
            }
        ]
    )
    assert [shown[VAR] for shown in page.shown] == [1, 1, 1, 1, 5, 6, 6]
    assert page.asks == [1, 6]


def test_a_patch_that_cannot_be_applied_is_asked_about_and_leaves_the_rest() -> None:
    delta = {**step(1, {"c": [[7, {"o": {"a": replaced(1)}}]]}), "status_rx_state_": "live"}
    [page] = play([{"initial": {VAR: None, REVISION: "0"}, "deltas": [delta]}])
    assert page.shown == [{VAR: None, REVISION: "0", "status_rx_state_": "live"}]
    assert page.asks == [0]


def test_a_list_that_grows_is_what_it_grew_to_whatever_the_store_copies() -> None:
    done = subprocess.run([BUN, GROWING], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [1, [0, 1, 2, 3, 4]]


@pytest.mark.parametrize(
    "texts",
    [
        ["abc", "def"],
        ["a", "", "bcd"],
        ["", ""],
        ["\U0001f600", "\U0001f600x", "\u00e9", "\ud83d", "\ude00"],
        ["one"],
        ["one", 2],
    ],
)
@pytest.mark.parametrize("start", [0, 1])
def test_items_that_are_appended_arrive_one_by_one(texts: list[Any], start: int) -> None:
    patch = shifted(start, 2, texts)
    [page] = play([{"initial": {VAR: ["x", "y"], REVISION: "0"}, "deltas": [step(1, patch)]}])
    assert page.shown[-1][VAR] == ["x", "y"][start:] + texts
    assert patched(["x", "y"], json.loads(json.dumps(patch))) == ["x", "y"][start:] + texts
