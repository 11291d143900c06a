"""Packets: the text of a payload, output or metadata and its data type, read into a value."""

from __future__ import annotations

import json
from typing import Any

from reflex_realtime.errors import PayloadError
from reflex_realtime.protocol import superjson

STORED = "application/store"
"""The data type of a packet that is a storage path: fetch it before reading it."""


def parse_packet(data: str | None, data_type: str | None) -> Any:
    """Read a packet.

    Args:
        data: The packet's text.
        data_type: `application/json`, `application/super+json`, `text/plain`; the text of any
            other type is returned as it is.

    Returns:
        The value; None where there is no data or no type.

    Raises:
        PayloadError: The text is not of its type.
    """
    if not data or not data_type:
        return None
    try:
        match data_type.partition(";")[0].strip():
            case "application/json":
                return json.loads(data)
            case "application/super+json":
                return superjson.loads(data)
            case _:
                return data
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise PayloadError(
            f"A packet says it is {data_type} but cannot be read as that: {error}."
        ) from None
