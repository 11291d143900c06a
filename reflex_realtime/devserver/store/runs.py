"""Runs in the store."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reflex_realtime.devserver.store.changes import (
    QUEUE,
    RUNS,
    RunChange,
    batch_topic,
    cancel_topic,
    run_topic,
    tag_topic,
)
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.ids import new_id

FINAL_STATUSES = frozenset(
    {
        "CANCELED",
        "COMPLETED_SUCCESSFULLY",
        "COMPLETED_WITH_ERRORS",
        "CRASHED",
        "EXPIRED",
        "SYSTEM_FAILURE",
        "TIMED_OUT",
    }
)
READY_STATUSES = frozenset({"PENDING", "DELAYED", "RETRYING_AFTER_FAILURE"})
JSON_COLUMNS = frozenset({"tags", "streams", "error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as stored. Times are milliseconds since 1970.

    Attributes:
        seq: Number of its last change in the order of all changes.
        created_seq: Number of its first.
        status: The status as rows carry it: `PENDING`, `EXECUTING`, `COMPLETED_SUCCESSFULLY`, ...
        expires_at: When it expires unless its first attempt has begun.
        retry_at: When its next attempt may begin.
        usage_ms: Milliseconds spent executing.
        tags: Its tags; None when it was never given any.
        streams_version: `v1` or `v2`.
        max_duration: Seconds that an attempt may take, or None.
        attempt: The number of the last attempt that began, 0 before the first.
        worker_id: The process that has it, or None.
    """

    id: str
    seq: int = 0
    created_seq: int = 0
    task: str
    status: str
    created_at: int = 0
    updated_at: int = 0
    queued_at: int | None = None
    started_at: int | None = None
    delay_until: int | None = None
    expires_at: int | None = None
    expired_at: int | None = None
    completed_at: int | None = None
    retry_at: int | None = None
    ttl: str | None = None
    is_test: bool = False
    usage_ms: int = 0
    payload: str | None = None
    payload_type: str = "application/json"
    metadata: str | None = None
    output: str | None = None
    output_type: str = "application/json"
    error: dict[str, Any] | None = None
    tags: list[str] | None = None
    streams: list[str] = dataclasses.field(default_factory=list)
    streams_version: str = "v1"
    batch_id: str | None = None
    batch_index: int | None = None
    idempotency_key: str | None = None
    idempotency_expires_at: int | None = None
    max_attempts: int = 1
    max_duration: float | None = None
    attempt: int = 0
    worker_id: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.status in FINAL_STATUSES


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs a feed shows.

    Attributes:
        run_id: Only this run.
        batch_id: Only runs of this batch.
        tags: Only runs that have all of these.
        created_after: Only runs created after this time.
    """

    run_id: str | None = None
    batch_id: str | None = None
    tags: tuple[str, ...] = ()
    created_after: int | None = None

    def matches(self, run: RunRecord) -> bool:
        """Whether it lets a run through."""
        return (
            self.run_id in (None, run.id)
            and self.batch_id in (None, run.batch_id)
            and set(self.tags) <= set(run.tags or ())
            and (self.created_after is None or run.created_at > self.created_after)
        )

    @property
    def topic(self) -> str:
        """The narrowest topic that hears of every change to what the filter lets through."""
        if self.run_id:
            return run_topic(self.run_id)
        if self.batch_id:
            return batch_topic(self.batch_id)
        return tag_topic(self.tags[0]) if self.tags else RUNS


_COLUMNS = tuple(column.name for column in dataclasses.fields(RunRecord))
_INSERT = f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' for _ in _COLUMNS)})"


def new_run(**values: Any) -> RunRecord:
    """A run that is not stored yet, with a new id."""
    return RunRecord(id=new_id("run"), **values)


def insert_run(tx: Transaction, run: RunRecord) -> RunRecord:
    """Store a new run."""
    seq = tx.next_seq()
    ready = tx.now if run.status == "PENDING" else None
    run = dataclasses.replace(
        run, seq=seq, created_seq=seq, created_at=tx.now, updated_at=tx.now, queued_at=ready
    )
    tx.connection.execute(_INSERT, [_to_column(name, getattr(run, name)) for name in _COLUMNS])
    _note(tx, run, topics_of(run))
    return run


def update_run(tx: Transaction, run: RunRecord, **changes: Any) -> RunRecord:
    """Change a run; a change that changes nothing is not told to anybody.

    Args:
        tx: The transaction.
        run: The run as just read in the same transaction.
        **changes: The new values.

    Returns:
        The run as it is now.
    """
    changes = {name: value for name, value in changes.items() if getattr(run, name) != value}
    if not changes:
        return run
    changes |= {"seq": tx.next_seq(), "updated_at": max(tx.now, run.updated_at)}
    assignments = ", ".join(f"{name} = ?" for name in changes)
    values = [_to_column(name, value) for name, value in changes.items()]
    tx.connection.execute(f"UPDATE runs SET {assignments} WHERE id = ?", [*values, run.id])
    changed = dataclasses.replace(run, **changes)
    _note(tx, changed, topics_of(run) | topics_of(changed))
    return changed


def delete_run(tx: Transaction, run: RunRecord) -> None:
    """Delete a run and its streams; work on it is stopped."""
    topics = topics_of(run) | {cancel_topic(run.id), QUEUE}
    for table in ("stream_entries", "stream_records"):
        tx.execute(f"DELETE FROM {table} WHERE run_id = ?", run.id)
    # Its packets are those below `<id>/`; `0` is the character after the slash.
    tx.execute("DELETE FROM packets WHERE path > ? AND path < ?", f"{run.id}/", f"{run.id}0")
    tx.execute("DELETE FROM runs WHERE id = ?", run.id)
    seq = tx.next_seq()
    tx.execute("INSERT INTO deleted_runs VALUES (?, ?, ?)", run.id, seq, json.dumps(list(topics)))
    tx.topics |= topics
    tx.changes.append(RunChange(run.id, seq, None, frozenset(topics)))


def get_run(tx: Transaction, run_id: str) -> RunRecord | None:
    """The run with this id, or None."""
    row = tx.execute("SELECT * FROM runs WHERE id = ?", run_id).fetchone()
    return None if row is None else _from_row(row)


def find_runs(tx: Transaction, where: RunFilter, limit: int | None = None) -> list[RunRecord]:
    """The newest runs a filter lets through, in the order in which they were created."""
    conditions, parameters = _conditions(where)
    newest = f"WHERE {conditions} ORDER BY created_seq DESC LIMIT ?"
    return select_runs(tx, newest, [*parameters, -1 if limit is None else limit])[::-1]


def changed_runs(
    tx: Transaction, where: RunFilter, after_seq: int, limit: int = 1000
) -> list[RunRecord]:
    """The runs a filter lets through that changed after a point, in the order of the changes."""
    conditions, parameters = _conditions(where)
    return select_runs(
        tx,
        f"WHERE seq > ? AND {conditions} ORDER BY seq LIMIT ?",
        [after_seq, *parameters, limit],
    )


def select_runs(tx: Transaction, sql: str, parameters: Sequence[Any] = ()) -> list[RunRecord]:
    """The runs that follow `SELECT * FROM runs`, for queries of other modules."""
    return [_from_row(row) for row in tx.execute(f"SELECT * FROM runs {sql}", *parameters)]


def idempotent_run(tx: Transaction, task: str, key: str) -> RunRecord | None:
    """The run that this idempotency key led to, or None when there is none or it has lapsed."""
    found = select_runs(
        tx,
        "WHERE task = ? AND idempotency_key = ? AND idempotency_expires_at > ?"
        " AND status NOT IN ('COMPLETED_WITH_ERRORS', 'CRASHED', 'TIMED_OUT', 'EXPIRED')"
        " ORDER BY created_seq DESC LIMIT 1",
        (task, key, tx.now),
    )
    return found[0] if found else None


def cancel_run(tx: Transaction, run: RunRecord) -> RunRecord:
    """Cancel a run; one that has ended stays as it is."""
    if run.is_final:
        return run
    usage_ms = run.usage_ms
    if run.status == "EXECUTING" and run.started_at is not None:
        usage_ms = max(usage_ms, tx.now - run.started_at)
    error = {"type": "STRING_ERROR", "raw": "Canceled by user"}
    return update_run(
        tx, run, status="CANCELED", completed_at=tx.now, usage_ms=usage_ms, error=error
    )


def changes_since(tx: Transaction, after_seq: int) -> list[RunChange]:
    """The last change of each run that changed after a point, in the order of the changes."""
    changed = select_runs(tx, "WHERE seq > ?", (after_seq,))
    deleted = tx.execute("SELECT * FROM deleted_runs WHERE seq > ?", after_seq)
    changes = [RunChange(run.id, run.seq, run, frozenset(topics_of(run))) for run in changed]
    changes += [
        RunChange(row["id"], row["seq"], None, frozenset(json.loads(row["topics"])))
        for row in deleted
    ]
    return sorted(changes, key=lambda change: change.seq)


def topics_of(run: RunRecord) -> set[str]:
    """Who wants to hear of a change to this run."""
    topics = {RUNS, run_topic(run.id), *(tag_topic(tag) for tag in run.tags or ())}
    if run.batch_id:
        topics.add(batch_topic(run.batch_id))
    if run.status == "CANCELED":
        topics.add(cancel_topic(run.id))
    if run.status in READY_STATUSES or run.status == "WAITING_TO_RESUME" or run.is_final:
        topics.add(QUEUE)
    return topics


def _note(tx: Transaction, run: RunRecord, topics: set[str]) -> None:
    tx.topics |= topics
    tx.changes.append(RunChange(run.id, run.seq, run, frozenset(topics)))


def _conditions(where: RunFilter) -> tuple[str, list[Any]]:
    conditions = ["1"]
    parameters: list[Any] = []
    if where.run_id is not None:
        conditions.append("id = ?")
        parameters.append(where.run_id)
    if where.batch_id is not None:
        conditions.append("batch_id = ?")
        parameters.append(where.batch_id)
    if where.created_after is not None:
        conditions.append("created_at > ?")
        parameters.append(where.created_after)
    for tag in where.tags:
        conditions.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
        parameters.append(tag)
    return " AND ".join(conditions), parameters


def _from_row(row: sqlite3.Row | Mapping[str, Any]) -> RunRecord:
    values = {name: row[name] for name in _COLUMNS}
    for name in JSON_COLUMNS:
        if values[name] is not None:
            values[name] = json.loads(values[name])
    values["is_test"] = bool(values["is_test"])
    return RunRecord(**values)


def _to_column(name: str, value: Any) -> Any:
    return json.dumps(value) if name in JSON_COLUMNS and value is not None else value
