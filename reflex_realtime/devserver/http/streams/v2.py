"""Streams of version 2: numbered records, sent in batches, as S2 sends them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from reflex_realtime.devserver.http.messages import encode_json
from reflex_realtime.devserver.http.streams.version import events_until_idle
from reflex_realtime.devserver.store import records
from reflex_realtime.devserver.store.changes import stream_topic
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.records import StreamRecord
from reflex_realtime.devserver.store.store import Store


class StreamsV2:
    """Version 2.

    Args:
        store: Where the streams are.
    """

    headers: Mapping[str, str] = {"x-stream-version": "v2", "access-control-expose-headers": "*"}

    def __init__(self, store: Store) -> None:
        self._store = store

    def events(
        self, run_id: str, stream: str, last_event_id: str, inactivity: int
    ) -> AsyncIterator[str]:
        """The batches of records behind a number; what is no number means all."""
        return self._events(run_id, stream, _start(last_event_id), inactivity)

    async def ingest(
        self, run_id: str, stream: str, texts: AsyncIterator[str], client_id: str | None, start: int
    ) -> None:
        """Write each line, once it is complete, as a record."""
        index, held_back = start, ""
        async for text in texts:
            *lines, held_back = (held_back + text).split("\n")
            await self._append(run_id, stream, lines, client_id, index)
            index += len(lines)
        await self._append(run_id, stream, [held_back], client_id, index)

    def progress(self, tx: Transaction, run_id: str, stream: str, client_id: str) -> int:
        """The index of the last line that a writer got through."""
        return records.last_client_index(tx, run_id, stream, client_id)

    async def _append(
        self, run_id: str, stream: str, lines: list[str], client_id: str | None, index: int
    ) -> None:
        def append(tx: Transaction) -> None:
            for number, line in enumerate(lines, start=index):
                if line.strip():
                    records.append_record(
                        tx,
                        run_id,
                        stream,
                        records.part_record(_json(line)),
                        client_id=client_id,
                        client_index=number,
                    )

        if any(lines):
            await self._store.write(append)

    async def _events(
        self, run_id: str, stream: str, start: int, inactivity: int
    ) -> AsyncIterator[str]:
        def read(tx: Transaction) -> tuple[list[StreamRecord], tuple[int, int]]:
            end = records.tail(tx, run_id, stream)
            return records.read_records(tx, run_id, stream, min(start, end[0])), end

        async def look() -> str | None:
            nonlocal start
            found, end = await self._store.read(read)
            start = found[-1].seq_num + 1 if found else min(start, end[0])
            return _batch(found, end) if found else None

        topic = stream_topic(run_id, stream)
        async for events in events_until_idle(
            self._store.changes, topic, inactivity=inactivity, look=look, ping=_ping
        ):
            yield events


def _batch(found: list[StreamRecord], end: tuple[int, int]) -> str:
    sent = [_sent(record) for record in found]
    size = sum(len(record.body) for record in found)
    data = {"records": sent, "tail": {"seq_num": end[0], "timestamp": end[1]}}
    place = f"{found[-1].seq_num},{len(found)},{size}"
    return f"event: batch\ndata: {encode_json(data)}\nid: {place}\n\n"


def _sent(record: StreamRecord) -> dict[str, Any]:
    headers = {"headers": record.headers} if record.headers else {}
    return {"seq_num": record.seq_num, "timestamp": record.ms, **headers, "body": record.body}


def _ping() -> str:
    return f"event: ping\ndata: {encode_json({'timestamp': time.time_ns() // 1_000_000})}\n\n"


def _start(last_event_id: str) -> int:
    digits = last_event_id.partition("-")[0]
    return int(digits) + 1 if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0


def _json(line: str) -> str:
    """A line as JSON text; one that is not JSON is a text."""
    try:
        json.loads(line)
    except ValueError:
        return json.dumps(line, ensure_ascii=False)
    return line.strip()
