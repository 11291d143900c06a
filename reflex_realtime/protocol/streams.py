"""The events of a stream feed, read into parts, and the cursor that resumes it.

Facts: version 1 sends one event per part, and several events may share one id; version 2 sends
`batch` events of numbered records. The answer's `X-Stream-Version` header names the version,
version 1 by its absence.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Protocol

from reflex_realtime.errors import TransportError
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.json_values import as_list, as_object


class ServerSentEvent(Protocol):
    """One server-sent event, as an SSE parser gives it."""

    @property
    def event(self) -> str:
        """The event's name."""
        ...

    @property
    def data(self) -> str:
        """The event's data; empty for a mere keep-alive."""
        ...

    @property
    def id(self) -> str:
        """The last id seen, this event's or an earlier one's."""
        ...


@dataclass(frozen=True, slots=True)
class StreamCursor:
    """How far a stream was read. Immutable: each event makes a new one.

    A connection resumes after the last id that is known to be complete. The events of the id
    that was being read come again then, and are counted off.

    Attributes:
        after: The last id that was read to its end, empty at the start; what `Last-Event-ID` asks.
        current: The id being read (version 1).
        position: How many events of `current` this connection has brought.
        delivered: How many events of `current` were handed out, by whichever connection.
    """

    after: str = ""
    current: str = ""
    position: int = 0
    delivered: int = 0

    def resumed(self) -> StreamCursor:
        """The cursor for a new connection, which starts after `after`."""
        return replace(self, position=0)


def read_event(
    event: ServerSentEvent, version: str, cursor: StreamCursor, stream: str
) -> tuple[list[StreamPart], StreamCursor]:
    """Read one event.

    Args:
        event: The event.
        version: `v1` or `v2`.
        cursor: How far the stream was read.
        stream: The stream's name.

    Returns:
        The parts that are new, and the cursor after them.

    Raises:
        TransportError: The server reports that it cannot go on (version 2); reconnect.
    """
    if version == "v2":
        return _read_records(event, cursor, stream)
    if not event.data:
        return [], cursor
    if event.id == cursor.current:
        cursor = replace(cursor, position=cursor.position + 1)
    else:
        cursor = StreamCursor(cursor.current or cursor.after, event.id, position=1)
    if cursor.position <= cursor.delivered:
        return [], cursor
    part = StreamPart(stream, _json_or_text(event.data), event.id, _milliseconds(event.id))
    return [part], replace(cursor, delivered=cursor.position)


def _read_records(
    event: ServerSentEvent, cursor: StreamCursor, stream: str
) -> tuple[list[StreamPart], StreamCursor]:
    if event.event == "error":
        raise TransportError(f"The stream {stream!r} reports a read error.")
    if event.event != "batch" or not event.data:
        return [], cursor
    parts: list[StreamPart] = []
    last = int(cursor.after) if cursor.after else -1
    for record in map(as_object, as_list(as_object(_json_or_text(event.data)).get("records"))):
        sequence, body = record.get("seq_num"), record.get("body")
        if not isinstance(sequence, int) or sequence <= last:
            continue
        last = sequence
        headers = as_list(record.get("headers"))
        is_command = bool(headers) and as_list(headers[0])[:1] == [""]
        if is_command or not body or not isinstance(body, str):
            continue
        value = _json_or_text(body)
        part = as_object(value).get("data") if isinstance(value, dict) else value
        parts.append(StreamPart(stream, part, str(sequence), record.get("timestamp")))
    return parts, StreamCursor(after=str(last) if last >= 0 else "")


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _milliseconds(event_id: str) -> int | None:
    head = event_id.partition("-")[0]
    return int(head) if head.isdecimal() else None
