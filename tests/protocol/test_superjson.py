"""SuperJSON: JSON with what JSON lacks."""

from __future__ import annotations

import gc
import json
import math
import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from reflex_realtime.protocol import superjson
from tests.protocol.superjson_values import describe, graphs, trees

DATE = "2026-08-01T10:00:00.000Z"
MOMENT = datetime(2026, 8, 1, 10, tzinfo=UTC)
ERROR = {"name": "E", "message": "m"}


def read(written: Any, values: Any = None, equalities: Any = None, **meta: Any) -> Any:
    meta |= {"values": values, "referentialEqualities": equalities}
    return superjson.loads(json.dumps({"json": written, "meta": meta}))


def write(value: Any) -> dict[str, Any]:
    return json.loads(superjson.dumps(value))


@pytest.mark.parametrize(
    ("written", "values", "restored"),
    [
        (DATE, ["Date"], MOMENT),
        ("2026-08-01", ["Date"], datetime(2026, 8, 1, tzinfo=UTC)),
        ("2026-08-01T12:00:00+02:00", ["Date"], MOMENT),
        ("+275760-09-13T00:00:00.000Z", ["Date"], "+275760-09-13T00:00:00.000Z"),
        ("0000-01-01T00:00:00.000Z", ["Date"], "0000-01-01T00:00:00.000Z"),
        ({"a": {"b": DATE}}, {"a.b": ["Date"]}, {"a": {"b": MOMENT}}),
        ({"a": {"b": DATE}}, {"a": {"b": ["Date"]}}, {"a": {"b": MOMENT}}),
        ([DATE, 1], {"0": ["Date"]}, [MOMENT, 1]),
        ({"a.b": DATE}, {r"a\.b": ["Date"]}, {"a.b": MOMENT}),
        ({"a": {"b.c": {"d": DATE}}}, {r"a.b\.c.d": ["Date"]}, {"a": {"b.c": {"d": MOMENT}}}),
        ({"": {"": DATE}}, {".": ["Date"]}, {"": {"": MOMENT}}),
        ({"big": "9007199254740993"}, {"big": ["bigint"]}, {"big": 9007199254740993}),
        ({"u": None}, {"u": ["undefined"]}, {"u": None}),
        (["b", "a"], ["set"], {"a", "b"}),
        ([[1, 2]], ["set"], {(1, 2)}),
        ([DATE], ["set", {"0": ["Date"]}], {MOMENT}),
        ([["a"]], ["set", {"0": ["set"]}], {frozenset("a")}),
        ([["k", 1]], ["map"], {"k": 1}),
        ([["k", DATE]], ["map", {"0.1": ["Date"]}], {"k": MOMENT}),
        ([[DATE, 1]], ["map", {"0.0": ["Date"]}], {MOMENT: 1}),
        ([[[1, "x"], 2]], ["map"], {(1, "x"): 2}),
        ({"n": "Infinity"}, {"n": ["number"]}, {"n": math.inf}),
        ({"n": "-Infinity"}, {"n": ["number"]}, {"n": -math.inf}),
        ("/x/", ["regexp"], re.compile("x")),
        ("/a/b/ims", ["regexp"], re.compile("a/b", re.IGNORECASE | re.MULTILINE | re.DOTALL)),
        ("https://example.com/", ["URL"], "https://example.com/"),
        (ERROR, ["Error"], ERROR),
        ({**ERROR, "cause": DATE}, ["Error", {"cause": ["Date"]}], {**ERROR, "cause": MOMENT}),
        ({"__proto__": {"a": DATE}}, {"__proto__.a": ["Date"]}, {"__proto__": {"a": MOMENT}}),
    ],
)
def test_what_json_lacks_is_restored(written: Any, values: Any, restored: Any) -> None:
    found = read(written, values)
    assert (found, type(found)) == (restored, type(restored))


@pytest.mark.parametrize(
    ("text", "check"), [("NaN", math.isnan), ("-0", lambda n: str(n) == "-0.0")]
)
def test_numbers_that_json_cannot_write_are_restored(text: str, check: Any) -> None:
    assert check(read(text, ["number"]))


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ([1, True], "set"),
        ([[1], [1]], "set"),
        ([{}], "set"),
        ([[{}, 1]], "map"),
        ([[1, "a"], [True, "b"]], "map"),
    ],
)
def test_nothing_is_lost_where_python_has_no_such_collection(written: Any, kind: str) -> None:
    assert repr(read(written, [kind])) == repr(written)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("x", ["a type of the future"]),
        ("x", [{}]),
        ("x", [["symbol", "s"]]),
        ({"x": 1}, [["class", "Point"]]),
        ([1, 2], [["typed-array", "Uint8Array"]]),
        ([1, 2], [["custom", "buffer"]]),
        (1, ["Date"]),
        ({}, ["set"]),
        ("x", ["map"]),
        ("/x/g", ["regexp"]),
        ("/(?<name>x)/", ["regexp"]),
        ("/" + "(" * 10_000 + "/", ["regexp"]),
        ("/x{99999999999}/", ["regexp"]),
        ("x", ["regexp"]),
        ("x", []),
        ("x", 1),
    ],
)
def test_what_cannot_be_restored_stays_as_it_is(written: Any, values: Any) -> None:
    assert read(written, values) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"json":' + "[" * 100_000,
        '{"json":"x","meta":{"values":["Date"]}}',
        '{"json":"0001-01-01T00:00:00+23:00","meta":{"values":["Date"]}}',
        '{"json":"x","meta":{"values":["bigint"]}}',
        f'{{"json":"{"9" * 5000}","meta":{{"values":["bigint"]}}}}',
        '{"json":"x","meta":{"values":["number"]}}',
        '{"json":{},"meta":{"values":{"a":["Date"]}}}',
        '{"json":[],"meta":{"values":{"9":["Date"]}}}',
        '{"json":[0],"meta":{"values":{"-1":["Date"]}}}',
        '{"json":[0],"meta":{"values":{"%s":["Date"]}}}' % ("9" * 5000),
        '{"json":"x","meta":{"values":{"a":["Date"]}}}',
        '{"json":[1],"meta":{"values":["map"]}}',
        '{"json":[[1]],"meta":{"values":["map"]}}',
        '{"json":{"ab":1},"meta":{"values":{"a\\\\b":["Date"]},"v":1}}',
        '{"json":[[0,0],[0,0]],"meta":{"values":["map"],"referentialEqualities":[["0"]]}}',
    ],
)
def test_what_is_not_super_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        superjson.loads(text)


def test_a_value_error_does_not_repeat_the_value() -> None:
    with pytest.raises(ValueError, match="Date") as caught:
        read("a secret", ["Date"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "path", "meta"),
    [
        ("a\\", r"a\\.b", {"v": 1}),
        ("a\\.", r"a\\\..b", {"v": 1}),
        ("a\\.", r"a\\..b", {}),
        ("a\\\\", r"a\\\\.b", {"v": 1}),
        ("a\\b", r"a\b.b", {}),
        ("a\\\\b", r"a\\b.b", {"v": 0}),
    ],
)
def test_a_backslash_is_escaped_from_version_1_on(key: str, path: str, meta: Any) -> None:
    assert read({key: {"b": DATE}}, {path: ["Date"]}, **meta) == {key: {"b": MOMENT}}


def test_an_object_in_several_places_is_one() -> None:
    found = read(
        {"first": {"at": DATE}, "second": {"at": DATE}, "list": [None]},
        {"first.at": ["Date"], "second.at": ["Date"]},
        {"first": ["second", "list.0"]},
    )
    assert found["first"] == {"at": MOMENT}
    assert found["first"] is found["second"] is found["list"][0]


@pytest.mark.parametrize("kind", ["set", "map"])
def test_a_set_or_map_in_several_places_is_one(kind: str) -> None:
    found = read({"a": [], "b": None}, {"a": [kind]}, {"a": ["b"]})
    assert isinstance(found["a"], set if kind == "set" else dict)
    assert found["b"] is found["a"]


def test_a_value_can_hold_itself() -> None:
    found = read({"self": None}, None, [["self"]])
    assert found["self"] is found


def test_a_map_can_hold_itself() -> None:
    found = read([["self", None]], ["map"], [["0.1"]])
    assert found["self"] is found


def test_a_set_that_holds_itself_is_a_list() -> None:
    found = read([None], ["set"], [["0"]])
    assert found[0] is found


def test_objects_that_hold_each_other_and_are_elsewhere_too_are_one_each() -> None:
    """JavaScript writes the shortest path first, which goes through what is yet to be joined."""
    found = read({"x": {"b": {"a": None}}, "y": {"a": None}}, None, {"x": ["x.b.a"], "y": ["x.b"]})
    assert found["x"]["b"] is found["y"]
    assert found["y"]["a"] is found["x"]


@pytest.mark.parametrize(
    "equalities", [{"f": ["g"]}, {"a": ["g"]}, {"f": ["a"]}, {r"\x": ["a"]}, [1], 1]
)
def test_an_equality_of_what_json_left_out_is_none(equalities: Any) -> None:
    assert read({"a": 1}, None, equalities, v=1) == {"a": 1}


@given(trees)
def test_a_value_is_read_as_it_was_written(value: Any) -> None:
    assert describe(superjson.loads(superjson.dumps(value))) == describe(value)


@given(graphs())
def test_what_a_value_shares_is_read_as_it_was_written(value: Any) -> None:
    assert describe(superjson.loads(superjson.dumps(value))) == describe(value)


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "0", "1", "x", DATE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["0", "1", "x", "0.1", "x.0", ""]), inner, max_size=3)
    ),
    max_leaves=10,
)
TYPES = st.sampled_from(["map", "set", "Date", "bigint", "number", "regexp", "Error", "undefined"])
PATHS = st.sampled_from(
    ["0", "1", "x", "0.1", "0.0", "x.0", "", "\\", "__proto__", "constructor.x"]
)
TREES = st.recursive(
    st.lists(TYPES, max_size=2) | HOSTILE,
    lambda inner: st.dictionaries(PATHS, inner, max_size=3) | st.tuples(TYPES, inner),
    max_leaves=6,
)
EQUALITIES = st.dictionaries(PATHS, st.lists(PATHS, max_size=3), max_size=3)


@given(
    HOSTILE,
    TREES,
    EQUALITIES | st.tuples(st.lists(PATHS), EQUALITIES) | HOSTILE,
    st.sampled_from([None, 0, 1, "x"]),
)
def test_hostile_annotations_are_contained(
    written: Any, values: Any, equalities: Any, version: Any
) -> None:
    with suppress(ValueError):
        read(written, values, equalities, v=version)


MANY = 100_000


@pytest.mark.parametrize(
    ("written", "values", "equalities"),
    [
        ({"." * MANY: DATE}, {"\\." * MANY: ["Date"]}, None),
        ({"\\" * MANY: DATE}, {"\\\\" * MANY: ["Date"]}, None),
        ([DATE] * MANY, {str(i): ["Date"] for i in range(MANY)}, None),
        (
            [[i, DATE] for i in range(MANY)],
            ["map", {f"{i}.1": ["Date"] for i in range(MANY)}],
            None,
        ),
        ([[], *[None] * MANY], {"0": ["set"]}, {"0": [str(i) for i in range(1, MANY)]}),
        ("/" + "[[" * MANY + "/", ["regexp"], None),
        ("/" + "(a|b)" * MANY + "/", ["regexp"], None),
    ],
    ids=["dots", "backslashes", "leaves", "rows", "equalities", "classes", "groups"],
)
def test_the_cost_of_reading_grows_with_the_text(
    written: Any, values: Any, equalities: Any
) -> None:
    # How long the search for garbage takes depends on all that the process has in memory.
    gc.disable()
    try:
        began = time.process_time()
        read(written, values, equalities, v=1)
        assert time.process_time() - began < 3
    finally:
        gc.enable()


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 2


class Kind(StrEnum):
    NEW = "new"


class Point(BaseModel):
    x: float
    at: datetime = MOMENT


@pytest.mark.parametrize(
    ("value", "written", "values"),
    [
        (MOMENT, DATE, ["Date"]),
        (MOMENT.replace(tzinfo=None), DATE, ["Date"]),
        (MOMENT.astimezone(timezone(timedelta(hours=2))), DATE, ["Date"]),
        (MOMENT.replace(microsecond=999_999), "2026-08-01T10:00:00.999Z", ["Date"]),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z", ["Date"]),
        (2**53, 2**53, None),
        (-(2**53) - 1, "-9007199254740993", ["bigint"]),
        (math.nan, "NaN", ["number"]),
        ([math.inf, -math.inf], ["Infinity", "-Infinity"], {"0": ["number"], "1": ["number"]}),
        ({"a"}, ["a"], ["set"]),
        (frozenset([(1, MOMENT)]), [[1, DATE]], ["set", {"0": {"1": ["Date"]}}]),
        ({1: MOMENT}, [[1, DATE]], ["map", {"0": {"1": ["Date"]}}]),
        ({}, {}, None),
        (MappingProxyType({"a": (1,)}), {"a": [1]}, None),
        (range(2), [0, 1], None),
        ({"a.b": {"c\\": 2**60}}, {"a.b": {"c\\": str(2**60)}}, {r"a\.b": {"c\\": ["bigint"]}}),
        (re.compile("a/b", re.IGNORECASE | re.DOTALL), "/a/b/is", ["regexp"]),
        (re.compile(r"\\A(?:x)"), r"/\\A(?:x)/", ["regexp"]),
        (ValueError("m"), {"name": "ValueError", "message": "m"}, ["Error"]),
        ([Colour.RED, Level.HIGH, Kind.NEW], ["red", 2, "new"], None),
        ([Decimal("1.50"), UUID(int=0)], ["1.50", "00000000-0000-0000-0000-000000000000"], None),
        (MOMENT.date(), "2026-08-01", None),
        (b"text", "text", None),
        ([Point(x=1)], [{"x": 1.0, "at": "2026-08-01T10:00:00Z"}], None),
    ],
)
def test_values_have_the_form_that_javascript_restores(
    value: Any, written: Any, values: Any
) -> None:
    meta: dict[str, Any] = {"meta": {"values": values}} if values else {}
    assert write(value) == {"json": written, **meta}


def test_a_negative_zero_is_one_in_json() -> None:
    assert superjson.dumps(-0.0) == '{"json":-0.0}'


def test_a_value_that_holds_itself_refers_to_itself() -> None:
    value: dict[str, Any] = {"list": []}
    value["list"].append(value)
    assert write(value) == {
        "json": {"list": [None]},
        "meta": {"referentialEqualities": [["list.0"]]},
    }


def test_a_shared_container_is_written_in_full_wherever_it_is() -> None:
    shared = {MOMENT}
    assert write({"a": shared, "b.c": shared}) == {
        "json": {"a": [DATE], "b.c": [DATE]},
        "meta": {
            "values": {"a": ["set", {"0": ["Date"]}], r"b\.c": ["set", {"0": ["Date"]}]},
            "referentialEqualities": {"a": [r"b\.c"]},
        },
    }


@pytest.mark.parametrize("key", ["__proto__", "constructor", "prototype"])
def test_a_key_that_javascript_refuses_holds_json_only(key: str) -> None:
    assert write({"at": MOMENT, key: {"a": 1}})["json"] == {"at": DATE, key: {"a": 1}}
    with pytest.raises(ValueError, match=key):
        superjson.dumps({"a": {key: MOMENT}})


def test_nothing_shared_can_be_under_a_key_that_ends_with_a_backslash() -> None:
    shared: list[Any] = []
    with pytest.raises(ValueError, match="cannot refer"):
        superjson.dumps({"at": MOMENT, "a\\": [shared, shared]})


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        (r"\Ax", 0),
        (r"x\Z", 0),
        (r"(?P<name>x)", 0),
        (r"(?i)x", 0),
        (r"(?>x)", 0),
        (r"(x)(?(1)y|z)", 0),
        (r"x++", 0),
        ("x", re.VERBOSE),
        (b"x", 0),
    ],
)
def test_a_pattern_that_javascript_would_read_otherwise_is_refused(
    pattern: Any, flags: int
) -> None:
    with pytest.raises(ValueError, match="JavaScript"):
        superjson.dumps(re.compile(pattern, flags))


def test_a_moment_that_has_no_utc_is_refused() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(ValueError, match="at 'a'"):
        superjson.dumps({"a": early})


def test_an_error_that_caused_itself_is_refused() -> None:
    error = ValueError("m")
    error.__cause__ = error
    with pytest.raises(ValueError, match="deep"):
        superjson.dumps(error)
