"""Packets: payloads, outputs and metadata, read and written by their data type."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from reflex_realtime.errors import PayloadError
from reflex_realtime.protocol.packets import encode_packet, parse_packet
from tests.protocol.superjson_values import describe, trees

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("data", "data_type", "value"),
    [
        ('{"a":[1]}', "application/json", {"a": [1]}),
        ('{"a":1}', "application/json; charset=utf-8", {"a": 1}),
        ('{"json":{"a":1}}', "Application/Super+JSON;charset=utf-8", {"a": 1}),
        ("123", "text/plain; charset=utf-8", "123"),
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
    ],
)
def test_a_packet_that_is_not_of_its_type_is_a_payload_error(data: str, data_type: str) -> None:
    with pytest.raises(PayloadError, match="cannot be read") as caught:
        parse_packet(data, data_type)
    assert data_type in caught.value.message


class Report(BaseModel):
    topic: str
    due: datetime = Field(alias="dueAt")


MOMENT = datetime(2026, 8, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text", "data_type"),
    [
        ("123", "123", "text/plain"),
        ("", "", "text/plain"),
        (None, "null", "application/json"),
        (1.5, "1.5", "application/json"),
        ({"a": [1, None]}, '{"a":[1,null]}', "application/json"),
        ((1, 2), "[1,2]", "application/json"),
        ({"constructor": {}}, '{"constructor":{}}', "application/json"),
        (
            Report(topic="tides", dueAt=MOMENT),
            '{"topic":"tides","dueAt":"2026-08-01T10:00:00Z"}',
            "application/json",
        ),
        (
            {"at": MOMENT},
            '{"json":{"at":"2026-08-01T10:00:00.000Z"},"meta":{"values":{"at":["Date"]}}}',
            "application/super+json",
        ),
        ({1: "a"}, '{"json":[[1,"a"]],"meta":{"values":["map"]}}', "application/super+json"),
        (math.inf, '{"json":"Infinity","meta":{"values":["number"]}}', "application/super+json"),
    ],
)
def test_a_packet_is_written_in_the_plainest_type_that_restores_it(
    value: Any, text: str, data_type: str
) -> None:
    assert encode_packet(value) == (text, data_type)


def test_what_is_only_in_several_places_stays_json() -> None:
    shared = [1]
    assert encode_packet([shared, shared]) == ("[[1],[1]]", "application/json")


@given(JSON.filter(lambda value: value is not None and value != ""))
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_packet(*encode_packet(value)) == value


@given(trees.filter(lambda value: value != ""))
def test_what_json_lacks_is_read_as_it_was_written(value: Any) -> None:
    assert describe(parse_packet(*encode_packet(value))) == describe(value)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (object(), "object"),
        ({"a": [1, {"b.c": object()}]}, r"a.1.b\\.c"),
        ({"a": {"pattern": re.compile(b"x")}}, "a.pattern"),
        ({"a": {1: object()}}, "a.0.1"),
        ([10**5000], "0"),
    ],
)
def test_a_value_without_a_form_is_a_payload_error_that_says_where(value: Any, where: str) -> None:
    with pytest.raises(PayloadError, match="cannot be sent") as caught:
        encode_packet(value)
    assert where in caught.value.message
    assert "Send" in caught.value.remedy


def test_a_value_nested_too_deeply_is_a_payload_error() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(PayloadError, match="deep"):
        encode_packet(value)
