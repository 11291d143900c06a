"""Packets and SuperJSON: payloads, outputs and metadata, read by their data type."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.errors import PayloadError
from reflex_realtime.protocol import superjson
from reflex_realtime.protocol.packets import parse_packet

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("data", "data_type", "value"),
    [
        ('{"a":[1]}', "application/json", {"a": [1]}),
        ('{"a":1}', "application/json; charset=utf-8", {"a": 1}),
        ("123", "text/plain", "123"),
        ('{"json":{"a":1}}', "application/super+json", {"a": 1}),
        ("path/in/store", "application/store", "path/in/store"),
        ("{", "a/type-of-the-future", "{"),
        (None, "application/json", None),
        ("", "text/plain", None),
        ("{}", None, None),
    ],
)
def test_a_packet_is_read_by_its_type(data: str | None, data_type: str | None, value: Any) -> None:
    assert parse_packet(data, data_type) == value


@pytest.mark.parametrize(
    ("data", "data_type"),
    [
        ("{", "application/json"),
        ("[" * 100_000, "application/json"),
        ("{}", "application/super+json"),
        ("[]", "application/super+json"),
        ('{"json":"x","meta":{"values":["Date"]}}', "application/super+json"),
        ('{"json":{},"meta":{"values":{"a":["Date"]}}}', "application/super+json"),
        ('{"json":[],"meta":{"values":{"9":["Date"]}}}', "application/super+json"),
        ('{"json":[[{},1]],"meta":{"values":["map"]}}', "application/super+json"),
        ('{"json":1,"meta":{"values":[{}]}}', "application/super+json"),
    ],
)
def test_a_packet_that_is_not_of_its_type_is_a_payload_error(data: str, data_type: str) -> None:
    with pytest.raises(PayloadError, match="cannot be read") as caught:
        parse_packet(data, data_type)
    assert data_type in caught.value.message


@given(JSON)
def test_super_json_without_annotations_is_json(value: Any) -> None:
    assert superjson.loads(json.dumps({"json": value})) == value


DATE = "2026-08-01T10:00:00.000Z"
MOMENT = datetime(2026, 8, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "values", "restored"),
    [
        (DATE, ["Date"], MOMENT),
        ({"a": {"b": DATE}}, {"a.b": ["Date"]}, {"a": {"b": MOMENT}}),
        ([DATE, 1], {"0": ["Date"]}, [MOMENT, 1]),
        ({"a.b": DATE}, {r"a\.b": ["Date"]}, {"a.b": MOMENT}),
        ({"a": {"b.c": {"d": DATE}}}, {r"a.b\.c.d": ["Date"]}, {"a": {"b.c": {"d": MOMENT}}}),
        ({"big": "9007199254740993"}, {"big": ["bigint"]}, {"big": 9007199254740993}),
        ({"u": None}, {"u": ["undefined"]}, {"u": None}),
        (["b", "a"], ["set"], ["b", "a"]),
        ([["k", 1]], ["map"], {"k": 1}),
        ([DATE], ["set", {"0": ["Date"]}], [MOMENT]),
        ([["k", DATE]], ["map", {"0.1": ["Date"]}], {"k": MOMENT}),
        ({"n": "Infinity"}, {"n": ["number"]}, {"n": math.inf}),
        ({"n": "-Infinity"}, {"n": ["number"]}, {"n": -math.inf}),
        ("/x/g", ["regexp"], "/x/g"),
        ("https://example.com/", ["URL"], "https://example.com/"),
        ({"name": "E", "message": "m"}, ["Error"], {"name": "E", "message": "m"}),
        ("x", ["a type of the future"], "x"),
        ({"x": 1}, [["class", "Point"]], {"x": 1}),
    ],
)
def test_super_json_restores_what_json_lacks(written: Any, values: Any, restored: Any) -> None:
    text = json.dumps({"json": written, "meta": {"values": values}})
    assert superjson.loads(text) == restored


@pytest.mark.parametrize(("text", "check"), [("NaN", math.isnan), ("-0", lambda n: n == 0)])
def test_super_json_restores_numbers_that_json_cannot_write(text: str, check: Any) -> None:
    assert check(superjson.loads(json.dumps({"json": text, "meta": {"values": ["number"]}})))


def test_super_json_repeats_an_object_that_was_referred_to_twice() -> None:
    document = {
        "json": {"first": {"at": DATE}, "second": None, "list": [None]},
        "meta": {
            "values": {"first.at": ["Date"]},
            "referentialEqualities": {"first": ["second", "list.0"]},
        },
    }
    shared = {"at": MOMENT}
    expected = {"first": shared, "second": shared, "list": [shared]}
    assert superjson.loads(json.dumps(document)) == expected


def test_super_json_can_hold_itself() -> None:
    document = {"json": {"self": None}, "meta": {"referentialEqualities": [["self"]]}}
    restored = superjson.loads(json.dumps(document))
    assert restored["self"] is restored


def test_a_backslash_at_the_end_of_a_key_is_told_from_an_escaped_dot() -> None:
    document = {"json": {"a\\": {"b": DATE}}, "meta": {"values": {r"a\\.b": ["Date"]}, "v": 1}}
    assert superjson.loads(json.dumps(document)) == {"a\\": {"b": MOMENT}}
