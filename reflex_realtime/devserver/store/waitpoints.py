"""Wait tokens in the store: what a run waits for until somebody completes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from reflex_realtime.devserver.store.changes import waitpoint_topic
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.ids import new_id


@dataclass(frozen=True, slots=True)
class Waitpoint:
    """One wait token. Times are milliseconds since 1970.

    Attributes:
        id: `waitpoint_...`.
        created_at: When it was made.
        timeout_at: When it times out, or None.
        completed_at: When it was completed, or None.
        output: What it was completed with, as a packet's text.
        output_type: The packet's data type.
        tags: Its tags.
        idempotency_key: What it was asked for with, or None.
        idempotency_expires_at: Until when the key leads to it.
    """

    id: str
    created_at: int
    timeout_at: int | None
    completed_at: int | None
    output: str | None
    output_type: str
    tags: list[str]
    idempotency_key: str | None
    idempotency_expires_at: int | None

    def status(self, now: int) -> str:
        """`WAITING`, `COMPLETED` or `TIMED_OUT`."""
        if self.completed_at is not None:
            return "COMPLETED"
        return "TIMED_OUT" if self.timeout_at is not None and self.timeout_at <= now else "WAITING"


def insert_waitpoint(
    tx: Transaction,
    *,
    timeout_at: int | None,
    tags: Sequence[str] = (),
    idempotency_key: str | None = None,
    idempotency_expires_at: int | None = None,
) -> Waitpoint:
    """Store a new wait token."""
    waitpoint = Waitpoint(
        new_id("waitpoint"),
        tx.now,
        timeout_at,
        None,
        None,
        "application/json",
        list(tags),
        idempotency_key,
        idempotency_expires_at,
    )
    tx.execute(
        "INSERT INTO waitpoints VALUES (?, ?, ?, ?, NULL, NULL, ?, ?, ?, ?)",
        waitpoint.id,
        tx.next_seq(),
        tx.now,
        timeout_at,
        waitpoint.output_type,
        json.dumps(waitpoint.tags),
        idempotency_key,
        idempotency_expires_at,
    )
    return waitpoint


def complete_waitpoint(tx: Transaction, waitpoint: Waitpoint, output: str, data_type: str) -> None:
    """Complete a wait token, unless it is over already."""
    if waitpoint.status(tx.now) != "WAITING":
        return
    tx.execute(
        "UPDATE waitpoints SET seq = ?, completed_at = ?, output = ?, output_type = ? WHERE id = ?",
        tx.next_seq(),
        tx.now,
        output,
        data_type,
        waitpoint.id,
    )
    tx.topics.add(waitpoint_topic(waitpoint.id))


def get_waitpoint(tx: Transaction, waitpoint_id: str) -> Waitpoint | None:
    """The wait token with this id, or None."""
    row = tx.execute("SELECT * FROM waitpoints WHERE id = ?", waitpoint_id).fetchone()
    return None if row is None else _from_row(row)


def list_waitpoints(tx: Transaction, limit: int) -> list[Waitpoint]:
    """The newest wait tokens, newest first."""
    rows = tx.execute("SELECT * FROM waitpoints ORDER BY created_at DESC, id DESC LIMIT ?", limit)
    return [_from_row(row) for row in rows]


def idempotent_waitpoint(tx: Transaction, key: str) -> Waitpoint | None:
    """The wait token that this idempotency key led to, or None when there is none or it lapsed."""
    row = tx.execute(
        "SELECT * FROM waitpoints WHERE idempotency_key = ? AND idempotency_expires_at > ?"
        " ORDER BY created_at DESC LIMIT 1",
        key,
        tx.now,
    ).fetchone()
    return None if row is None else _from_row(row)


def completed_topics(tx: Transaction, after_seq: int) -> set[str]:
    """The topics of wait tokens that changed after a point."""
    rows = tx.execute("SELECT id FROM waitpoints WHERE seq > ?", after_seq)
    return {waitpoint_topic(row["id"]) for row in rows}


def _from_row(row: sqlite3.Row) -> Waitpoint:
    return Waitpoint(
        row["id"],
        row["created_at"],
        row["timeout_at"],
        row["completed_at"],
        row["output"],
        row["output_type"],
        json.loads(row["tags"]),
        row["idempotency_key"],
        row["idempotency_expires_at"],
    )
