"""What docs/protocol.md names and counts is so."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from reflex_realtime.feeds.limits import DEFAULT_LIMITS
from reflex_realtime.feeds.retry import DEFAULT_RETRY
from reflex_realtime.hooks import NoticeKind

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text()


def test_every_test_that_it_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT))
    there = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert named
    assert named <= there


@pytest.mark.parametrize("values", [DEFAULT_RETRY, DEFAULT_LIMITS], ids=["retry", "limits"])
def test_the_defaults_are_those_that_it_gives(values: Any) -> None:
    for field in fields(values):
        [given] = re.findall(rf"^\| `{field.name}` \| ([\d.,]+) \|", DOCUMENT, re.MULTILINE)
        assert float(given.replace(",", "")) == getattr(values, field.name)


def test_it_has_every_kind_of_notice() -> None:
    for kind in NoticeKind:
        assert f"| `{kind}` |" in DOCUMENT
