"""Streams of version 1: the text of all entries is one text, and each of its lines an event.

The id of an event is that of the entry that completed the line, so several may share one; a line
that is not complete yet is held back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from reflex_realtime.devserver.http.streams.version import TextProblem, events_until_idle
from reflex_realtime.devserver.store import streams
from reflex_realtime.devserver.store.changes import stream_topic
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.store.streams import START, EntryId

PING = ": ping\n\n"


class StreamsV1:
    """Version 1.

    Args:
        store: Where the streams are.
    """

    headers: Mapping[str, str] = {}

    def __init__(self, store: Store) -> None:
        self._store = store

    def events(
        self, run_id: str, stream: str, last_event_id: str, inactivity: int
    ) -> AsyncIterator[str]:
        """The events behind an id."""
        return self._events(run_id, stream, _parse_entry_id(last_event_id), inactivity)

    async def ingest(
        self, run_id: str, stream: str, texts: AsyncIterator[str], client_id: str | None, start: int
    ) -> None:
        """Write text as it comes, be it whole lines or not."""
        index = start - 1
        async for text in texts:
            index += text.count("\n")
            last = index if index >= start else None
            await self._store.write(
                lambda tx, text=text, last=last: streams.append_entry(
                    tx, run_id, stream, text, client_id=client_id, last_index=last
                )
            )

    def progress(self, tx: Transaction, run_id: str, stream: str, client_id: str) -> int:
        """The index of the last line that a writer got through."""
        return streams.last_index(tx, run_id, stream, client_id)

    async def _events(
        self, run_id: str, stream: str, after: EntryId, inactivity: int
    ) -> AsyncIterator[str]:
        held_back = ""

        async def look() -> str | None:
            nonlocal after, held_back
            position = after
            entries = await self._store.read(
                lambda tx: streams.read_entries(tx, run_id, stream, position)
            )
            if not entries:
                return None
            events = ""
            for entry in entries:
                after = entry.id
                *lines, held_back = (held_back + entry.text).split("\n")
                events += _encode(lines, entry.id)
            return events

        topic = stream_topic(run_id, stream)
        async for events in events_until_idle(
            self._store.changes, topic, inactivity=inactivity, look=look, ping=lambda: PING
        ):
            yield events
        if held_back.strip():
            yield f"data: {held_back}\n\n"


def _encode(lines: list[str], entry_id: EntryId) -> str:
    return "".join(f"id: {entry_id}\ndata: {line}\n\n" for line in lines if line.strip())


def _parse_entry_id(text: str) -> EntryId:
    if not text:
        return START
    ms, _, n = text.partition("-")
    if not ms.isdigit() or not (n or "0").isdigit() or len(text) > 40:
        raise TextProblem(
            400, "Last-Event-ID must be an id of this stream, such as 1795368698748-0"
        )
    return EntryId(int(ms), int(n or 0))
