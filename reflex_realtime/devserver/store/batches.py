"""Batches in the store."""

from __future__ import annotations

from dataclasses import dataclass

from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.ids import new_id


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch as stored.

    Attributes:
        id: `batch_...`.
        run_count: How many runs it will have.
        sealed: Whether it has them all.
        created_at: Milliseconds since 1970.
    """

    id: str
    run_count: int
    sealed: bool
    created_at: int


def insert_batch(
    tx: Transaction, run_count: int, *, sealed: bool, idempotency_key: str | None = None
) -> BatchRecord:
    """Store a new batch."""
    batch = BatchRecord(new_id("batch"), run_count, sealed, tx.now)
    tx.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?, ?)",
        batch.id,
        run_count,
        sealed,
        tx.now,
        idempotency_key,
    )
    return batch


def get_batch(tx: Transaction, batch_id: str) -> BatchRecord | None:
    """The batch with this id, or None."""
    row = tx.execute("SELECT * FROM batches WHERE id = ?", batch_id).fetchone()
    if row is None:
        return None
    return BatchRecord(row["id"], row["run_count"], bool(row["sealed"]), row["created_at"])


def idempotent_batch(tx: Transaction, key: str) -> BatchRecord | None:
    """The batch that this idempotency key led to, or None."""
    batch_id = tx.one("SELECT id FROM batches WHERE idempotency_key = ?", key)
    return None if batch_id is None else get_batch(tx, batch_id)


def batch_indexes(tx: Transaction, batch_id: str) -> set[int]:
    """The indexes of the items that have a run."""
    rows = tx.execute("SELECT batch_index FROM runs WHERE batch_id = ?", batch_id)
    return {row["batch_index"] for row in rows}


def seal_batch(tx: Transaction, batch_id: str) -> None:
    """Note that a batch has all its runs."""
    tx.execute("UPDATE batches SET sealed = 1 WHERE id = ?", batch_id)
