"""What is made of the parts of a stream in a browser, step by step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reflex_realtime.patches.patch import changed_items, replaced, shifted
from tests.patches.applying import patched

BUN = Path(sys.executable).parent / "bun"
SCRIPT = Path(__file__).parent / "js/streams.js"

LEVELS = ["debug", "INFO", "Warning", "fatal", "strange", None]


def play(call: str, initial: Any, patches: list[Any], *arguments: Any) -> list[Any]:
    """What a function returns for a list and for what each patch makes of it."""
    history = {"initial": initial, "patches": patches, "call": call, "arguments": arguments}
    done = subprocess.run(
        [BUN, SCRIPT], input=json.dumps([history]), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)[0]


def lists(initial: list[Any], patches: list[Any]) -> list[list[Any]]:
    """The lists that patches make one of the other."""
    values = [initial]
    for patch in patches:
        values.append(patched(values[-1], json.loads(json.dumps(patch))))
    return values


def some_parts(chance: Random) -> list[Any]:
    return [
        {
            "type": chance.choice(["text", "call"]),
            "text": chance.choice(["a", "b\n", "\U0001f600", ""]),
            "level": chance.choice(LEVELS),
        }
        for _ in range(chance.randint(0, 4))
    ]


def some_patches(chance: Random, length: int, most: int | None) -> list[Any]:
    """Patches that make a list longer, and now and then another one."""
    patches = []
    for _ in range(30):
        added = some_parts(chance)
        lost = min(length, max(0, length + len(added) - most)) if most else 0
        patches.append(shifted(lost, length, added))
        length += len(added) - lost
        if length and chance.random() < 0.1:
            patches.append(changed_items({0: replaced({"type": "text", "text": "new"})}))
        if chance.random() < 0.05:
            patches.append(replaced([]))
            length = 0
    return patches


@pytest.fixture(params=[None, 5], ids=["grows", "loses its start"])
def history(request: pytest.FixtureRequest) -> tuple[list[Any], list[Any]]:
    """A list, and the patches that make others of it."""
    chance = Random(3)
    initial = some_parts(chance)
    return initial, some_patches(chance, len(initial), request.param)


class TestStepByStep:
    """It is the same as if it were made of the whole list."""

    def test_joined_text(self, history: Any) -> None:
        texts = ["".join(part["text"] for part in parts) for parts in lists(*history)]
        assert play("joinedText", *history, "text") == texts

    def test_parts_of_a_type(self, history: Any) -> None:
        found = [[part for part in parts if part["type"] == "call"] for parts in lists(*history)]
        assert play("partsOfType", *history, "call", "type") == found

    def test_the_text_of_parts_of_a_type(self, history: Any) -> None:
        texts = [
            "".join(part["text"] for part in parts if part["type"] == "text")
            for parts in lists(*history)
        ]
        assert play("joinedPartsOfType", *history, "text", "text") == texts

    def test_counts_of_levels(self, history: Any) -> None:
        names = {"debug": "debug", "INFO": "info", "Warning": "warning", "fatal": "error"}
        for counts, parts in zip(
            play("levelCounts", *history, "level"), lists(*history), strict=True
        ):
            for level, name in names.items():
                count = sum(part.get("level") == level for part in parts)
                assert counts.get(name, 0) == count

    def test_lines_of_which_some_levels_are_hidden(self, history: Any) -> None:
        shown = [
            [part for part in parts if part.get("level") not in ("debug", "fatal")]
            for parts in lists(*history)
        ]
        played = play("shownLines", *history, "level", ["debug", "error"])
        assert [[line for _, line in lines] for lines in played] == shown

    def test_all_lines(self, history: Any) -> None:
        played = play("shownLines", *history, "level", [])
        assert [[line for _, line in lines] for lines in played] == lists(*history)


def test_each_part_is_looked_at_once() -> None:
    part = {"counted": "text"}
    patches = [shifted(0, 3, [part, part]), shifted(0, 5, [part]), shifted(0, 6, [])]
    assert play("looks", [part] * 3, patches) == [3, 2, 1, 0]


def test_a_line_keeps_its_name_while_others_are_lost_before_it() -> None:
    [_, before, after] = play(
        "shownLines", ["a"], [shifted(0, 1, ["b", "c"]), shifted(2, 3, ["d"])], "level", []
    )
    names = {line: name for name, line in before}
    assert [name for name, line in after if line == "c"] == [names["c"]]


def test_no_parts_are_no_text() -> None:
    assert play("joinedText", None, []) == [""]
    assert play("joinedText", [None, "a"], []) == ["a"]


LINES = [f"line {number} {'-' * 90}\n" for number in range(60)]


def test_the_blocks_of_a_text_are_the_text_and_stay_as_they_are() -> None:
    patches = [shifted(0, length, [line]) for length, line in enumerate(LINES)]
    played = play("blocksOfParts", [], patches)
    assert len(played[-1]) > 4
    for number, blocks in enumerate(played):
        assert "".join(blocks) == "".join(LINES[:number])
        assert blocks[:-1] == played[-1][: len(blocks) - 1]
        assert all(block.endswith("\n") for block in blocks[:-1])


def test_a_block_stays_until_all_of_its_parts_are_lost() -> None:
    patches = [shifted(0, 0, LINES), *[shifted(10, 60, LINES[:10])] * 20]
    shown = ["".join(blocks) for blocks in play("blocksOfParts", [], patches)]
    kept = ["".join(parts) for parts in lists([], patches)]
    for text, parts in zip(shown, kept, strict=True):
        assert text.endswith(parts)
        assert len(text) < len(parts) + 10_000
    assert len(shown[-1]) < len("".join(LINES)) + 10_000


def test_the_blocks_of_another_text_begin_anew() -> None:
    long = "".join(LINES)
    played = play("blocksOfText", "a", [replaced(long), replaced(long + "b"), replaced("c")])
    assert ["".join(blocks) for blocks in played] == ["a", long, long + "b", "c"]


def test_a_time_is_read_as_text_as_seconds_and_as_milliseconds() -> None:
    moments = ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05+00:00", 1767323045, 1767323045000]
    assert play("times", moments, []) == [["2026-01-02T03:04:05.000Z"] * 4]
