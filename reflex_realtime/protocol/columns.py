"""Column values of the runs feed: Postgres text in, Python values out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias

from reflex_realtime.errors import ProtocolError
from reflex_realtime.protocol.json_values import as_object

ColumnTypes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The `electric-schema` header, decoded: `{"runTags": {"type": "text", "dims": 1}, ...}`."""


def parse_schema(header: str) -> ColumnTypes:
    """Read the `electric-schema` header.

    Args:
        header: The header's value, JSON.

    Returns:
        Each column's type information.

    Raises:
        ProtocolError: The header is not a JSON object of objects.
    """
    try:
        schema: Any = json.loads(header)
    except ValueError:
        schema = None
    columns = as_object(schema)
    if not columns or not all(isinstance(column, dict) for column in columns.values()):
        raise ProtocolError("The server's electric-schema header is not a JSON object.")
    return columns


def decode_column(value: Any, column: Mapping[str, Any] | None) -> Any:
    """Decode one column of a row.

    Args:
        value: The wire value: a string or None. Anything else passes through.
        column: The column's entry in the schema, None when it has none.

    Returns:
        The Python value; the string itself for types that need no decoding.

    Raises:
        ValueError: The string is not a value of its type.
    """
    return column_decoder(column)(value) if isinstance(value, str) else value


def column_decoder(column: Mapping[str, Any] | None) -> Callable[[str], Any]:
    """Choose how the values of a column are decoded.

    Args:
        column: The column's entry in the schema, None when it has none.

    Returns:
        A function of the wire value, which raises ValueError when that is not of the type;
        `plain_text` for types that need no decoding.
    """
    if column is None:
        return plain_text
    decode = _SCALARS.get(str(column.get("type")), plain_text)
    if column.get("dims"):
        return parse_text_array if decode is plain_text else partial(parse_array, decode=decode)
    return decode


def plain_text(value: str) -> str:
    """Decode a value that is text already."""
    return value


def parse_timestamp(text: str) -> datetime:
    """Read a timestamp as Electric (space, short fraction) or the native backend (`T`) prints it.

    Args:
        text: For example `2026-08-01 10:00:01.5` or `2026-08-01T10:00:01.500`.

    Returns:
        The instant, in UTC: the wire has no time zone.

    Raises:
        ValueError: It is not a timestamp.
    """
    try:
        return datetime.fromisoformat(text + "+00:00")
    except ValueError:
        moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_array(text: str, decode: Callable[[str], Any]) -> list[Any]:
    r"""Read a Postgres array literal such as `{a,"b c",NULL,{nested}}`.

    Args:
        text: The literal.
        decode: The decoder of one element.

    Returns:
        The elements; an unquoted NULL is None.

    Raises:
        ValueError: It is not an array literal.
    """
    items, end = _array_at(text, 0, decode)
    if end != len(text):
        raise ValueError("trailing text after an array literal")
    return items


def parse_text_array(text: str) -> list[Any]:
    """Read a Postgres array literal of texts; see `parse_array`."""
    flat = flat_elements(text)
    return parse_array(text, plain_text) if flat is None else flat


def flat_elements(text: str) -> list[str] | None:
    """Read the usual literals: one dimension, nothing escaped; None where it may be another."""
    inner = text[1:-1]
    if f"{{{inner}}}" != text or "{" in inner or "}" in inner or "NULL" in inner:
        return None
    if '"' in inner:
        return inner[1:-1].split('","') if _QUOTED.fullmatch(inner) else None
    return inner.split(",") if inner else []


def _array_at(text: str, start: int, decode: Callable[[str], Any]) -> tuple[list[Any], int]:
    """Read the literal that begins at `start`; return its items and where it ends."""
    if text[start : start + 1] != "{":
        raise ValueError("an array literal begins with {")
    items: list[Any] = []
    at = start + 1
    if text[at : at + 1] == "}":
        return items, at + 1
    while True:
        item, at = _element_at(text, at, decode)
        items.append(item)
        mark = text[at : at + 1]
        at += 1
        if mark == "}":
            return items, at
        if mark != ",":
            raise ValueError("an array literal ends with }")


def _element_at(text: str, at: int, decode: Callable[[str], Any]) -> tuple[Any, int]:
    mark = text[at : at + 1]
    if mark == "{":
        return _array_at(text, at, decode)
    if mark == '"':
        return _quoted_at(text, at + 1, decode)
    end = at
    while end < len(text) and text[end] not in ",}":
        end += 1
    word = text[at:end]
    return (None if word == "NULL" else decode(word)), end


def _quoted_at(text: str, at: int, decode: Callable[[str], Any]) -> tuple[Any, int]:
    chars: list[str] = []
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\"
        chars.append(text[at : at + 1])
        at += 1
    if at >= len(text):
        raise ValueError("an array element has no closing quote")
    return decode("".join(chars)), at + 1


def _boolean(value: str) -> bool:
    if value in ("t", "true"):
        return True
    if value in ("f", "false"):
        return False
    raise ValueError(f"{value[:20]!r} is not a boolean")


_QUOTED: Final = re.compile(r'"[^"\\]*"(?:,"[^"\\]*")*')
_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "int2": int,
    "int4": int,
    "int8": int,
    "float4": float,
    "float8": float,
    "bool": _boolean,
    "json": json.loads,
    "jsonb": json.loads,
}
