"""SuperJSON in both directions, against the package that defines it."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reflex_realtime.protocol import superjson
from tests.conformance.sdk import FOLDER
from tests.npm import find_bun
from tests.protocol.superjson_values import describe, graphs, trees

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def javascript(folder: Path, **questions: list[Any]) -> dict[str, list[Any]]:
    """Ask `superjson.ts` about many values at once."""
    file = folder / "questions.json"
    file.write_text(json.dumps({"texts": [], "descriptions": [], "expressions": [], **questions}))
    done = subprocess.run(
        [find_bun(), "superjson.ts", str(file)], cwd=FOLDER, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout, parse_int=_number, parse_float=_number)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def generated(values: st.SearchStrategy[Any], count: int = 400) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(values)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def normal(description: Any) -> Any:
    """A description of JavaScript's with its sets in our order."""
    if not isinstance(description, list):
        return description
    parts = [normal(part) for part in description]
    return [parts[0], sorted(parts[1], key=json.dumps)] if parts[:1] == ["set"] else parts


@pytest.fixture(params=[trees, graphs()], ids=["trees", "graphs"])
def examples(request: pytest.FixtureRequest) -> list[Any]:
    return generated(request.param)


def test_what_is_written_here_is_read_there(
    packages: None, tmp_path: Path, examples: list[Any]
) -> None:
    texts = [superjson.dumps(value) for value in examples]
    answers = javascript(tmp_path, texts=texts)
    for value, *read in zip(examples, answers["read"], answers["readBySdk"], strict=True):
        expected = json.dumps(describe(value))
        assert [json.dumps(normal(description)) for description in read] == [expected] * 2, value


def test_what_is_written_there_is_read_here(
    packages: None, tmp_path: Path, examples: list[Any]
) -> None:
    """Also the cycles that the package itself does not restore from its text."""
    descriptions = [describe(value) for value in examples]
    answers = javascript(tmp_path, descriptions=descriptions)["written"]
    for description, text in zip(descriptions, answers, strict=True):
        assert json.dumps(describe(superjson.loads(text))) == json.dumps(description), text


EXPRESSIONS: list[tuple[str, Any]] = [
    ("undefined", None),
    ("({ a: undefined })", {"a": None}),
    ("new Date(0)", EPOCH),
    ("new Date(8.64e15)", "+275760-09-13T00:00:00.000Z"),
    ("new Date(NaN)", None),
    ("2n ** 64n", 2**64),
    (r"/a\/b/ims", re.compile(r"a\/b", re.IGNORECASE | re.MULTILINE | re.DOTALL)),
    ("/x/u", re.compile("x")),
    ("/x/g", "/x/g"),
    ("/(?<name>x)/", "/(?<name>x)/"),
    ("new URL('https://example.com/?q=1')", "https://example.com/?q=1"),
    ("new RangeError('far')", {"name": "RangeError", "message": "far"}),
    (
        "new Error('out', { cause: new Error('in', { cause: new Date(0) }) })",
        {
            "name": "Error",
            "message": "out",
            "cause": {"name": "Error", "message": "in", "cause": EPOCH},
        },
    ),
    ("new Set([new Set([1])])", {frozenset([1])}),
    ("new Set([1, true])", [1, True]),
    ("new Set([1, 1n])", [1, 1]),
    ("new Set([{ a: 1 }, { a: 1 }])", [{"a": 1}, {"a": 1}]),
    ("new Set([[1, 2]])", {(1, 2)}),
    ("new Set([[1], [1]])", [[1], [1]]),
    ("new Map([[1, 'a'], [new Date(0), 'b']])", {1: "a", EPOCH: "b"}),
    ("new Map([[1, 'a'], [true, 'b']])", [[1, "a"], [True, "b"]]),
    ("new Map([[{ a: new Date(0) }, new Set([1])]])", [[{"a": EPOCH}, {1}]]),
    ("new Map([[[1, 'x'], 'y']])", {(1, "x"): "y"}),
    (r"({ 'a.b': [1n], 'c\\': { d: 1n } })", {"a.b": [1], "c\\": {"d": 1}}),
    ("new Uint8Array([1, 2])", [1, 2]),
    ("({ f: Math.max, g: Math.max, at: new Date(0) })", {"at": EPOCH}),
]


def test_values_that_python_has_otherwise_or_not_at_all_are_read(
    packages: None, tmp_path: Path
) -> None:
    codes = [code for code, _ in EXPRESSIONS]
    texts = javascript(tmp_path, expressions=codes)["evaluated"]
    for (code, value), text in zip(EXPRESSIONS, texts, strict=True):
        assert repr(superjson.loads(text)) == repr(value), code


def test_an_error_is_one_there(packages: None, tmp_path: Path) -> None:
    try:
        raise LookupError("outer") from ValueError("inner")
    except LookupError as error:
        text = superjson.dumps([error])
    read = javascript(tmp_path, texts=[text])["read"]
    inner = ["error", "ValueError", "inner", ["undefined"]]
    assert read == [["array", [["error", "LookupError", "outer", inner]]]]


def test_members_of_a_set_that_are_elsewhere_too_stay_apart(packages: None, tmp_path: Path) -> None:
    """The package restores `b` twice here."""
    code = "(() => { const a = {n: 1}, b = {n: 2}; return {a, b, set: new Set([a, b])}; })()"
    [text] = javascript(tmp_path, expressions=[code])["evaluated"]
    read = superjson.loads(text)
    assert read == {"a": {"n": 1}, "b": {"n": 2}, "set": [{"n": 1}, {"n": 2}]}
    assert read["set"][1] is read["b"]
