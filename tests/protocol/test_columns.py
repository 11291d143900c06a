"""Column values: what Postgres prints, and what Python gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.errors import ProtocolError
from reflex_realtime.protocol.columns import (
    decode_column,
    parse_array,
    parse_schema,
    parse_text_array,
    parse_timestamp,
)

TEXT_ARRAY = {"type": "text", "dims": 1}


@pytest.mark.parametrize(
    ("column_type", "text", "value"),
    [
        ("int2", "5", 5),
        ("int4", "-7", -7),
        ("int8", "9007199254740993", 9007199254740993),
        ("float4", "0.5", 0.5),
        ("float8", "1e-7", 1e-7),
        ("bool", "t", True),
        ("bool", "true", True),
        ("bool", "f", False),
        ("bool", "false", False),
        ("json", '{"a":1}', {"a": 1}),
        ("jsonb", "null", None),
        ("text", "5", "5"),
        ("uuid", "x", "x"),
        ("a type of the future", "5", "5"),
    ],
)
def test_a_scalar_is_read_by_its_type(column_type: str, text: str, value: Any) -> None:
    decoded = decode_column(text, {"type": column_type})
    assert (decoded, type(decoded)) == (value, type(value))


def test_a_column_that_the_schema_does_not_know_stays_text() -> None:
    assert decode_column("5", None) == "5"


@pytest.mark.parametrize("column_type", ["int4", "bool", "jsonb", "text"])
def test_null_is_none_in_every_type(column_type: str) -> None:
    assert decode_column(None, {"type": column_type}) is None


def test_a_scalar_with_zero_dimensions_is_no_array() -> None:
    assert decode_column("{a}", {"type": "text", "dims": 0}) == "{a}"


@pytest.mark.parametrize(
    ("column_type", "text"), [("int4", "many"), ("jsonb", "{"), ("bool", "maybe")]
)
def test_text_that_is_not_of_its_type_is_refused(column_type: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_column(text, {"type": column_type})


@pytest.mark.parametrize(
    ("literal", "items"),
    [
        ("{}", []),
        ("{el,it's}", ["el", "it's"]),
        ('{"a","b"}', ["a", "b"]),
        (r'{a,"b c","q\"x","back\\s","co,m",""}', ["a", "b c", 'q"x', "back\\s", "co,m", ""]),
        ('{NULL,"NULL",null}', [None, "NULL", "null"]),
        ('{"{a}","}"}', ["{a}", "}"]),
        ("{{a,b},{c,d}}", [["a", "b"], ["c", "d"]]),
        ("{{},{}}", [[], []]),
    ],
)
def test_an_array_literal_is_read_as_postgres_means_it(literal: str, items: list[Any]) -> None:
    assert decode_column(literal, TEXT_ARRAY) == items


def test_an_array_decodes_its_elements_by_its_type() -> None:
    assert decode_column("{1,NULL,3}", {"type": "int4", "dims": 1}) == [1, None, 3]


@pytest.mark.parametrize("literal", ["", "a", "{", "{a", '{"a', '{"a"b}', "{a}b", '{"a\\', "{{a}"])
def test_what_is_no_array_literal_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="array"):
        decode_column(literal, TEXT_ARRAY)


def quoted(items: list[Any]) -> str:
    """An array literal with every element quoted, as the native backend prints it."""
    return "{" + ",".join(quoted_element(item) for item in items) + "}"


def quoted_element(item: Any) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return quoted(item)
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def sparsely_quoted(items: list[Any]) -> str:
    """An array literal that quotes only where it must, as Postgres prints it."""
    return "{" + ",".join(sparsely_quoted_element(item) for item in items) + "}"


def sparsely_quoted_element(item: Any) -> str:
    if isinstance(item, list):
        return sparsely_quoted(item)
    plain = item and item.upper() != "NULL" and not set('{}",\\') & set(item)
    plain = plain and not any(char.isspace() for char in item)
    return item if plain else quoted_element(item)


ITEMS = st.recursive(
    st.lists(st.text() | st.none()), lambda inner: st.lists(inner, min_size=1), max_leaves=8
)


@given(ITEMS)
def test_an_array_survives_being_written_and_read(items: list[Any]) -> None:
    assert parse_array(quoted(items), str) == items
    assert parse_text_array(quoted(items)) == items


@given(st.lists(st.text()))
def test_an_array_survives_being_written_with_few_quotes(items: list[Any]) -> None:
    assert parse_array(sparsely_quoted(items), str) == items
    assert parse_text_array(sparsely_quoted(items)) == items


@given(st.text('{},"\\aNUL ', max_size=12).map("{{{}}}".format))
def test_the_quick_way_to_read_an_array_of_texts_is_the_same_as_the_careful_one(text: str) -> None:
    def outcome(read: Callable[[str], Any]) -> Any:
        try:
            return read(text)
        except ValueError as error:
            return str(error)

    assert outcome(parse_text_array) == outcome(lambda text: parse_array(text, str))


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-08-01 10:00:01.5", 500_000),
        ("2026-08-01T10:00:01.500", 500_000),
        ("2026-08-01 10:00:01.04", 40_000),
        ("2026-08-01 10:00:01", 0),
        ("2026-08-01T10:00:01.123456", 123_456),
        ("2026-08-01T10:00:01.1234567", 123_456),
    ],
)
def test_a_timestamp_is_utc_in_either_form(text: str, microseconds: int) -> None:
    expected = datetime(2026, 8, 1, 10, 0, 1, microseconds, tzinfo=UTC)
    assert parse_timestamp(text) == expected


def test_a_timestamp_with_a_zone_is_moved_to_utc() -> None:
    assert parse_timestamp("2026-08-01T12:00:01+02:00") == datetime(
        2026, 8, 1, 10, 0, 1, tzinfo=UTC
    )


@given(st.datetimes(min_value=datetime(1970, 1, 1)), st.sampled_from(" T"))  # noqa: DTZ001
def test_any_instant_survives_losing_its_trailing_zeros(moment: datetime, mark: str) -> None:
    text = moment.isoformat(mark, timespec="microseconds").rstrip("0").rstrip(".")
    assert parse_timestamp(text) - moment.replace(tzinfo=UTC) == timedelta()


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "17:00"])
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_timestamp(text)


def test_the_schema_header_gives_each_columns_type() -> None:
    schema = {"id": {"type": "text"}, "runTags": {"type": "text", "dims": 1}}
    assert parse_schema(json.dumps(schema)) == schema


@pytest.mark.parametrize("header", ["", "{", "[]", "{}", '"text"', '{"id": "text"}'])
def test_a_schema_header_that_is_none_is_a_protocol_error(header: str) -> None:
    with pytest.raises(ProtocolError, match="electric-schema"):
        parse_schema(header)
