"""Packets: the text of a payload, output or metadata and its data type."""

from __future__ import annotations

import json
from typing import Any, Final

from reflex_realtime.errors import PayloadError
from reflex_realtime.protocol import superjson

JSON: Final = "application/json"
SUPER_JSON: Final = "application/super+json"
TEXT: Final = "text/plain"

STORED: Final = "application/store"
"""The data type of a packet that is a storage path: fetch it before reading it."""


def parse_packet(data: str | None, data_type: str | None) -> Any:
    """Read a packet.

    Args:
        data: The packet's text.
        data_type: `application/json`, `application/super+json`, `text/plain`, perhaps with
            parameters such as `; charset=utf-8`; the text of any other type is returned as it is.

    Returns:
        The value; None where there is no data or no type.

    Raises:
        PayloadError: The text is not of its type.
    """
    if not data or not data_type:
        return None
    try:
        match data_type.partition(";")[0].strip().lower():
            case "application/json":
                return json.loads(data)
            case "application/super+json":
                return superjson.loads(data)
            case _:
                return data
    except (ValueError, RecursionError) as error:
        raise PayloadError(
            f"A packet says it is {data_type} but cannot be read as that: {error}."
        ) from None


def encode_packet(value: Any) -> tuple[str, str]:
    """Write a packet.

    Args:
        value: A pydantic model, or any value that SuperJSON can write.

    Returns:
        The packet's text and its data type: `text/plain` for text, `application/json` for what
        JSON restores, `application/super+json` for the rest, so that a task in TypeScript gets a
        Date, a Set, a Map or a BigInt.

    Raises:
        PayloadError: The value has no form in any of them.
    """
    try:
        document = superjson.to_document(value)
        form, data_type = (document, SUPER_JSON) if "meta" in document else (document["json"], JSON)
        if isinstance(form, str):
            return form, TEXT
        return json.dumps(form, separators=(",", ":")), data_type
    except (ValueError, RecursionError) as error:
        raise PayloadError(
            f"A value cannot be sent: {error}.",
            remedy="Send pydantic models, dicts, lists, sets, text, numbers, dates or patterns.",
        ) from None
