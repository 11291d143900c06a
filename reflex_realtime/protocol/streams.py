"""The events of a stream feed, read into parts, and the cursor that resumes it.

Facts: version 1 sends one event per part, and several events may share one id; version 2 sends
`batch` events of numbered records. The answer's `X-Stream-Version` header names the version,
version 1 by its absence.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from reflex_realtime.errors import TransportError
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.event_limit import OVERSIZED
from reflex_realtime.protocol.json_values import as_list, as_object

RECORD_WINDOW: Final = 5000
"""How many ids of version 2 records are remembered: a writer that is unsure sends a record again,
under another number."""

_ENTRY_ID: Final = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")

TOO_LARGE: Final = "an event that is larger than the limit"


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


@dataclass(slots=True)
class PartLog:
    """Reads the events of a stream into parts, across connections: none is lost, none comes twice.

    Attributes:
        stream: The stream's name.
        start_index: How many parts to leave out at the start.
        cursor: How far the stream was read.
        problems: What could not be read since the last look, in words.
    """

    stream: str
    start_index: int = 0
    cursor: StreamCursor = field(default_factory=StreamCursor)
    problems: list[str] = field(default_factory=list[str])
    _version: str = ""
    _left_out: int = 0
    _recent: deque[str] = field(default_factory=lambda: deque[str](maxlen=RECORD_WINDOW))
    _seen: set[str] = field(default_factory=set[str])

    @property
    def resume_after(self) -> str:
        """What `Last-Event-ID` asks, empty to ask for everything.

        Version 2 numbers its records from 0, so that the start index is a place to resume from.
        To version 1, of which one cannot know before it answers, it is a time long ago.
        """
        if not self.cursor.after and self.start_index:
            return str(self.start_index - 1)
        return self.cursor.after

    def opened(self, version: str) -> None:
        """Begin with a new connection.

        Args:
            version: `v1` or `v2`, as the answer's `X-Stream-Version` says; `v1` when it does not.
        """
        if not self._version:
            self._version = version
            self._left_out = self.start_index if version == "v1" else 0
        self.cursor = self.cursor.resumed()

    def read(self, event: ServerSentEvent) -> list[StreamPart]:
        """Read one event.

        Args:
            event: The event.

        Returns:
            The parts that are new.

        Raises:
            TransportError: The server reports that it cannot go on (version 2); reconnect.
        """
        if self._version == "v2":
            return self._read_records(event)
        if not event.data:
            return []
        if not self._is_new(event.id):
            return []
        if self._left_out:
            self._left_out -= 1
            return []
        if event.event == OVERSIZED:
            self.problems.append(TOO_LARGE)
            return []
        value = _json_or_text(event.data)
        return [StreamPart(self.stream, value, event.id, _milliseconds(event.id))]

    def _is_new(self, event_id: str) -> bool:
        """Count an event of version 1; tell whether it was not handed out before."""
        cursor = self.cursor
        if cursor.after and _comes_no_later(event_id, cursor.after):
            return False
        if event_id == cursor.current:
            cursor = replace(cursor, position=cursor.position + 1)
        else:
            cursor = StreamCursor(cursor.current or cursor.after, event_id, position=1)
        is_new = cursor.position > cursor.delivered
        self.cursor = replace(cursor, delivered=cursor.position) if is_new else cursor
        return is_new

    def _read_records(self, event: ServerSentEvent) -> list[StreamPart]:
        if event.event == "error":
            raise TransportError(f"The stream {self.stream!r} reports a read error.")
        if event.event == OVERSIZED:
            self.problems.append(TOO_LARGE)
        elif event.event not in ("batch", "ping", "message"):
            self.problems.append(f"an unknown event: {event.event[:80]!r}")
        if event.event != "batch" or not event.data:
            return []
        records = as_object(_json_or_text(event.data)).get("records")
        if not isinstance(records, list):
            self.problems.append("a batch without records")
        read = (self._read_record(as_object(record)) for record in as_list(records))
        return [part for part in read if part is not None]

    def _read_record(self, record: dict[str, Any]) -> StreamPart | None:
        """Read one record; None for what is no part: a command, a control, one that came before."""
        sequence, body = record.get("seq_num"), record.get("body")
        if not isinstance(sequence, int):
            self.problems.append("a record without a number")
            return None
        if self.cursor.after and sequence <= int(self.cursor.after):
            return None
        self.cursor = StreamCursor(after=str(sequence))
        headers = as_list(record.get("headers"))
        is_command = bool(headers) and as_list(headers[0])[:1] == [""]
        if is_command or not body or not isinstance(body, str):
            return None
        value = _json_or_text(body)
        members = as_object(value)
        if not self._is_first(members.get("id")):
            return None
        part = members.get("data") if isinstance(value, dict) else value
        timestamp = record.get("timestamp")
        written = timestamp if isinstance(timestamp, int) else None
        return StreamPart(self.stream, part, str(sequence), written)

    def _is_first(self, record_id: Any) -> bool:
        """Whether a record of this id has not come before, as far as is remembered."""
        if not isinstance(record_id, str):
            return True
        if record_id in self._seen:
            return False
        if len(self._recent) == RECORD_WINDOW:
            self._seen.discard(self._recent[0])
        self._recent.append(record_id)
        self._seen.add(record_id)
        return True


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _comes_no_later(event_id: str, other: str) -> bool:
    """Whether an id of version 1, `<milliseconds>-<number>`, is another one or lies before it."""
    one, two = _ENTRY_ID.fullmatch(event_id), _ENTRY_ID.fullmatch(other)
    if one is None or two is None:
        return False
    return tuple(map(int, one.groups())) <= tuple(map(int, two.groups()))


def _milliseconds(event_id: str) -> int | None:
    head = event_id.partition("-")[0]
    return int(head) if head.isdecimal() and len(head) < 20 else None
