"""Every item of the conformance checklist has a test that is named after it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ITEMS = range(1, 81)
NAME = re.compile(r"test_item_(\d\d)_\w+")


def names_by_item() -> dict[int, list[str]]:
    """The tests of each item."""
    found: dict[int, list[str]] = {}
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "name", "")
            if match := NAME.fullmatch(str(name)):
                found.setdefault(int(match[1]), []).append(name)
    return found


def test_each_item_has_a_test() -> None:
    assert set(ITEMS) <= set(names_by_item())


def test_no_test_is_of_an_item_that_there_is_not() -> None:
    assert set(names_by_item()) <= set(ITEMS)
