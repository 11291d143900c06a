"""Streams of version 1 in the store: entries of text, numbered `<ms>-<n>` as Redis does.

An entry is what was written at once: whole lines, part of one, or several and a part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reflex_realtime.devserver.store.changes import stream_topic
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunRecord, update_run


class EntryId(NamedTuple):
    """Where an entry stands in its stream.

    Attributes:
        ms: When it was written, milliseconds since 1970.
        n: Its number within that millisecond.
    """

    ms: int
    n: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.n}"


START = EntryId(0, 0)


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One entry.

    Attributes:
        id: Where it stands.
        text: Its text.
    """

    id: EntryId
    text: str


def register_stream(tx: Transaction, run: RunRecord, stream: str) -> RunRecord:
    """Note that a run has this stream."""
    if stream in run.streams:
        return run
    return update_run(tx, run, streams=[*run.streams, stream])


def append_entry(
    tx: Transaction,
    run_id: str,
    stream: str,
    text: str,
    *,
    client_id: str | None = None,
    last_index: int | None = None,
) -> EntryId:
    """Add text to a stream.

    Args:
        tx: The transaction.
        run_id: The run.
        stream: The stream's key.
        text: The text; a line feed ends a part.
        client_id: The writer, where it may have to resume.
        last_index: The index of the writer's last part in this text.

    Returns:
        Where the entry stands.
    """
    last = last_entry(tx, run_id, stream)
    entry = EntryId(tx.now, 0) if tx.now > last.ms else EntryId(last.ms, last.n + 1)
    tx.execute(
        "INSERT INTO stream_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        run_id,
        stream,
        *entry,
        tx.next_seq(),
        text,
        client_id,
        last_index,
    )
    tx.topics.add(stream_topic(run_id, stream))
    return entry


def last_entry(tx: Transaction, run_id: str, stream: str) -> EntryId:
    """Where a stream ends; `START` when it is empty."""
    row = tx.execute(
        "SELECT ms, n FROM stream_entries WHERE run_id = ? AND stream = ?"
        " ORDER BY ms DESC, n DESC LIMIT 1",
        run_id,
        stream,
    ).fetchone()
    return START if row is None else EntryId(row["ms"], row["n"])


def read_entries(
    tx: Transaction, run_id: str, stream: str, after: EntryId, limit: int = 500
) -> list[StreamEntry]:
    """The entries behind a point, oldest first."""
    rows = tx.execute(
        "SELECT ms, n, text FROM stream_entries WHERE run_id = ? AND stream = ?"
        " AND (ms, n) > (?, ?) ORDER BY ms, n LIMIT ?",
        run_id,
        stream,
        *after,
        limit,
    )
    return [StreamEntry(EntryId(row["ms"], row["n"]), row["text"]) for row in rows]


def last_index(tx: Transaction, run_id: str, stream: str, client_id: str) -> int:
    """The index of the last part that a writer got through, -1 for none."""
    found = tx.one(
        "SELECT max(last_index) FROM stream_entries"
        " WHERE run_id = ? AND stream = ? AND client_id = ?",
        run_id,
        stream,
        client_id,
    )
    return -1 if found is None else found


def grown_topics(tx: Transaction, after_seq: int) -> set[str]:
    """The topics of streams, of either version, that grew after a point."""
    rows = tx.execute(
        "SELECT run_id, stream FROM stream_entries WHERE seq > ?"
        " UNION SELECT run_id, stream FROM stream_records WHERE seq > ?",
        after_seq,
        after_seq,
    )
    return {stream_topic(row["run_id"], row["stream"]) for row in rows}
