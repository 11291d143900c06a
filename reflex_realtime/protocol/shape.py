"""The shape protocol of the runs feed: what to ask next, and which rows there are.

Facts: the offset, handle and cursor are opaque and echoed as they came; a batch ends in an
`up-to-date` control, in the snapshot (native backend) or in a later answer (Electric); a 409 or
a `must-refetch` control means that what was read so far is void.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reflex_realtime.errors import ProtocolError
from reflex_realtime.protocol.columns import ColumnTypes, parse_schema
from reflex_realtime.protocol.json_values import as_list, as_object

Row: TypeAlias = dict[str, Any]
"""One row as it is on the wire: column name to text or None."""
Message: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShapePosition:
    """Where a reader stands in a shape's log. Immutable: each answer makes a new one.

    Attributes:
        offset: The last offset read; `-1` before the first answer.
        handle: The shape's handle, None before the first answer.
        cursor: The last cursor; empty until a live answer gives one.
        live: Whether everything there is was read, so that the next request is held open.
        schema: The column types; the first answer's, until a refetch.
        expired_handle: A handle that the server has given up.
    """

    offset: str = "-1"
    handle: str | None = None
    cursor: str = ""
    live: bool = False
    schema: ColumnTypes | None = None
    expired_handle: str | None = None

    def params(self) -> dict[str, str]:
        """The protocol's query parameters for the next request."""
        params = {"log": "full", "offset": self.offset}
        if self.handle is not None:
            params["handle"] = self.handle
        if self.expired_handle is not None:
            params["expired_handle"] = self.expired_handle
        if self.live:
            params |= {"live": "true", "cursor": self.cursor}
        return params

    def advanced(self, headers: Mapping[str, str], messages: list[Message]) -> ShapePosition:
        """The position after a 2xx answer without a `must-refetch`.

        Args:
            headers: The answer's headers; names are matched as given, in lower case.
            messages: The answer's messages.

        Returns:
            The next position.

        Raises:
            ProtocolError: A header that the protocol requires is missing.
        """
        schema = self.schema
        if schema is None:
            schema = parse_schema(_required(headers, "electric-schema"))
        cursor = _required(headers, "electric-cursor") if self.live else self.cursor
        up_to_date = is_up_to_date(messages[-1]) if messages else self.live
        return ShapePosition(
            offset=_required(headers, "electric-offset", "electric-chunk-last-offset"),
            handle=_required(headers, "electric-handle", "electric-shape-id"),
            cursor=headers.get("electric-cursor", cursor),
            live=up_to_date,
            schema=schema,
            expired_handle=None,
        )

    def refetching(self, headers: Mapping[str, str]) -> ShapePosition:
        """The position after a 409 or a `must-refetch`: from the start, under another handle.

        Args:
            headers: The answer's headers; Electric names the new handle, unless it has none yet.

        Returns:
            The position to start over from.
        """
        handle = headers.get("electric-handle")
        return ShapePosition(
            handle=handle if handle != self.handle else None, expired_handle=self.handle
        )


def parse_messages(body: bytes) -> list[Message]:
    """Read the body of a shape answer.

    Args:
        body: JSON, an array of messages. An empty body stands for no messages.

    Returns:
        The messages.

    Raises:
        ProtocolError: The body is not a JSON array of objects.
    """
    if not body.strip():
        return []
    try:
        messages: Any = json.loads(body)
    except ValueError:
        raise ProtocolError(
            "The server answered with something that is not JSON.",
            remedy="Check that the base URL is that of a Trigger.dev server.",
        ) from None
    found = as_list(messages)
    if not isinstance(messages, list) or not all(isinstance(item, dict) for item in found):
        raise ProtocolError("The server's answer is JSON, but not a list of messages.")
    return found


def is_up_to_date(message: Message) -> bool:
    """Whether a message says that everything there is has been sent."""
    return _control(message) == "up-to-date"


def is_must_refetch(message: Message) -> bool:
    """Whether a message voids everything sent so far."""
    return _control(message) == "must-refetch"


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What a reader sees when a batch is complete.

    Attributes:
        changed: The changed rows, whole, in the order in which they were first touched.
        removed: The rows that are gone, as they last stood.
    """

    changed: tuple[Row, ...]
    removed: tuple[Row, ...]


@dataclass(slots=True)
class RowLog:
    """The rows of a shape, merged from its messages and handed out only when they are complete."""

    _rows: dict[str, Row] = field(default_factory=dict[str, Row])
    _shown: dict[str, Row] = field(default_factory=dict[str, Row])
    _touched: dict[str, None] = field(default_factory=dict[str, None])

    def apply(self, messages: list[Message]) -> RowChanges | None:
        """Merge a batch of messages.

        Args:
            messages: The messages, in order. Unknown ones are ignored.

        Returns:
            What changed since the last time, when the batch says that it is up to date, else None.
        """
        complete = False
        for message in messages:
            if is_up_to_date(message):
                complete = True
            elif isinstance(message.get("key"), str):
                self._change(message)
        return self._changes() if complete else None

    def void(self) -> None:
        """Forget all rows; what the refetch does not bring back is reported as removed."""
        self._rows.clear()
        self._touched = dict.fromkeys(self._shown)

    def _change(self, message: Message) -> None:
        key: str = message["key"]
        value = as_object(message.get("value"))
        match as_object(message.get("headers")).get("operation"):
            case "insert":
                self._rows[key] = dict(value)
            case "update":
                self._rows[key] = {**self._rows.get(key, {}), **value}
            case "delete":
                self._rows.pop(key, None)
            case _:
                return
        self._touched[key] = None

    def _changes(self) -> RowChanges:
        touched, self._touched = self._touched, {}
        changed: list[Row] = []
        removed: list[Row] = []
        for key in touched:
            row, shown = self._rows.get(key), self._shown.get(key)
            if row is None:
                if shown is not None:
                    removed.append(self._shown.pop(key))
            elif row != shown:
                self._shown[key] = row
                changed.append(row)
        return RowChanges(tuple(changed), tuple(removed))


def _control(message: Message) -> Any:
    return as_object(message.get("headers")).get("control")


def _required(headers: Mapping[str, str], *names: str) -> str:
    for name in names:
        if (value := headers.get(name)) is not None:
            return value
    raise ProtocolError(
        f"The server's answer lacks the header {names[0]}.",
        remedy="Check that the base URL is that of a Trigger.dev server and that no proxy "
        "removes headers.",
    )
