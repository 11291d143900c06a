"""Streams of version 2 in the store: records, numbered from 0, as S2 keeps them."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from reflex_realtime.devserver.store.changes import stream_topic
from reflex_realtime.devserver.store.database import Transaction

_PART_ID_CHARACTERS = string.ascii_letters + string.digits + "_-"


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record.

    Attributes:
        seq_num: Its number in its stream.
        ms: When it was written, milliseconds since 1970.
        body: Its text.
        headers: Its headers. An empty name marks a command to S2, such as `trim`.
    """

    seq_num: int
    ms: int
    body: str
    headers: list[list[str]]


def part_record(part: str, part_id: str | None = None) -> str:
    """The body of a record that carries a part.

    Args:
        part: The part's JSON text.
        part_id: The part's id; one is made when there is none.

    Returns:
        The body.
    """
    part_id = part_id or "".join(secrets.choice(_PART_ID_CHARACTERS) for _ in range(7))
    return f'{{"data":{part},"id":{json.dumps(part_id)}}}'


def append_record(
    tx: Transaction,
    run_id: str,
    stream: str,
    body: str,
    *,
    headers: Sequence[Sequence[str]] = (),
    client_id: str | None = None,
    client_index: int | None = None,
) -> int:
    """Add a record to a stream.

    Args:
        tx: The transaction.
        run_id: The run.
        stream: The stream's key.
        body: The record's text.
        headers: The record's headers: names and values.
        client_id: The writer, where it may have to resume.
        client_index: The index of the part among those of the writer.

    Returns:
        The record's number.
    """
    seq_num, _ = tail(tx, run_id, stream)
    tx.execute(
        "INSERT INTO stream_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        run_id,
        stream,
        seq_num,
        tx.now,
        tx.next_seq(),
        body,
        json.dumps([list(header) for header in headers]),
        client_id,
        client_index,
    )
    tx.topics.add(stream_topic(run_id, stream))
    return seq_num


def tail(tx: Transaction, run_id: str, stream: str) -> tuple[int, int]:
    """The number that the next record will have, and when the last one was written."""
    row = tx.execute(
        "SELECT seq_num, ms FROM stream_records WHERE run_id = ? AND stream = ?"
        " ORDER BY seq_num DESC LIMIT 1",
        run_id,
        stream,
    ).fetchone()
    return (0, 0) if row is None else (row["seq_num"] + 1, row["ms"])


def read_records(
    tx: Transaction, run_id: str, stream: str, start: int, limit: int = 500
) -> list[StreamRecord]:
    """The records from a number on."""
    rows = tx.execute(
        "SELECT seq_num, ms, body, headers FROM stream_records"
        " WHERE run_id = ? AND stream = ? AND seq_num >= ? ORDER BY seq_num LIMIT ?",
        run_id,
        stream,
        start,
        limit,
    )
    return [
        StreamRecord(row["seq_num"], row["ms"], row["body"], json.loads(row["headers"]))
        for row in rows
    ]


def last_client_index(tx: Transaction, run_id: str, stream: str, client_id: str) -> int:
    """The index of the last part that a writer got through, -1 for none."""
    found = tx.one(
        "SELECT max(client_index) FROM stream_records"
        " WHERE run_id = ? AND stream = ? AND client_id = ?",
        run_id,
        stream,
        client_id,
    )
    return -1 if found is None else found
