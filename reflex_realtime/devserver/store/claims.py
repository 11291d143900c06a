"""Who works on which run: claims, attempts, and what becomes of runs whose process is gone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunRecord, get_run, select_runs, update_run

LEASE_MS = 30_000
"""A process that has not been seen for so long counts as gone."""

WORKING_STATUSES = frozenset({"EXECUTING", "WAITING_TO_RESUME"})

PROCESS_STOPPED = {
    "type": "BUILT_IN_ERROR",
    "name": "ProcessStopped",
    "message": "The process that ran the task stopped before the task had ended, "
    "and the run has no attempts left.",
    "stackTrace": "",
}


def note_worker(tx: Transaction, worker_id: str) -> None:
    """Note that a process is there."""
    tx.execute("INSERT OR REPLACE INTO workers VALUES (?, ?, ?)", worker_id, os.getpid(), tx.now)


def drop_worker(tx: Transaction, worker_id: str) -> None:
    """Note that a process stops and hand its runs back."""
    tx.execute("DELETE FROM workers WHERE id = ?", worker_id)
    recover_runs(tx)


def recover_runs(tx: Transaction) -> None:
    """Hand back the runs of processes that are gone."""
    for worker in tx.execute("SELECT * FROM workers").fetchall():
        if worker["seen_at"] < tx.now - LEASE_MS or not _is_alive(worker["pid"]):
            tx.execute("DELETE FROM workers WHERE id = ?", worker["id"])
    held = "WHERE worker_id IS NOT NULL AND worker_id NOT IN (SELECT id FROM workers)"
    for run in select_runs(tx, held):
        _hand_back(tx, run)


def claim_runs(
    tx: Transaction, worker_id: str, concurrency_limits: Mapping[str, int | None], free: int
) -> list[RunRecord]:
    """Claim runs that are ready, oldest first; each is claimed by exactly one process.

    Args:
        tx: The transaction.
        worker_id: Who claims.
        concurrency_limits: The tasks it knows, each with the number of runs it may have at once.
        free: How many runs it has room for.

    Returns:
        The claimed runs.
    """
    _expire(tx)
    _queue_delayed(tx)
    ready: list[RunRecord] = []
    for task, limit in concurrency_limits.items():
        room = free if limit is None else min(free, limit - _working(tx, task))
        ready += select_runs(
            tx,
            "WHERE task = ? AND worker_id IS NULL AND (status = 'PENDING'"
            " OR (status = 'RETRYING_AFTER_FAILURE' AND retry_at <= ?))"
            " ORDER BY queued_at, created_seq LIMIT ?",
            (task, tx.now, max(0, room)),
        )
    ready.sort(key=lambda run: (run.queued_at, run.created_seq))
    return [_claim(tx, run, worker_id) for run in ready[:free]]


def next_due(tx: Transaction) -> int | None:
    """When a run becomes ready or expires next, in milliseconds since 1970."""
    return tx.one(
        "SELECT min(due) FROM (SELECT min(delay_until) AS due FROM runs WHERE status = 'DELAYED'"
        " UNION ALL SELECT min(retry_at) FROM runs WHERE status = 'RETRYING_AFTER_FAILURE'"
        " AND worker_id IS NULL AND retry_at > ?"
        " UNION ALL SELECT min(expires_at) FROM runs WHERE status = 'PENDING')",
        tx.now,
    )


def begin_attempt(tx: Transaction, run_id: str, worker_id: str) -> RunRecord | None:
    """Begin a run's next attempt; None when somebody else has decided on it meanwhile."""
    run = held_run(tx, run_id, worker_id)
    if run is None:
        return None
    started_at = run.started_at or tx.now
    return update_run(
        tx, run, status="EXECUTING", attempt=run.attempt + 1, started_at=started_at, retry_at=None
    )


def end_attempt(
    tx: Transaction, run_id: str, worker_id: str, *, usage_ms: int, **changes: Any
) -> None:
    """Write how an attempt ended, unless somebody else has decided on the run meanwhile.

    Args:
        tx: The transaction.
        run_id: The run.
        worker_id: Who worked on it.
        usage_ms: How long the attempt took.
        **changes: What becomes of the run.
    """
    run = held_run(tx, run_id, worker_id)
    if run is not None:
        ended = {"completed_at": tx.now} if "retry_at" not in changes else {}
        usage_ms += run.usage_ms
        update_run(tx, run, worker_id=None, usage_ms=usage_ms, **ended, **changes)


def held_run(tx: Transaction, run_id: str, worker_id: str) -> RunRecord | None:
    """The run, if this worker still has it and it has not ended."""
    run = get_run(tx, run_id)
    held = run is not None and run.worker_id == worker_id and not run.is_final
    return run if held else None


def _claim(tx: Transaction, run: RunRecord, worker_id: str) -> RunRecord:
    status = "DEQUEUED" if run.status == "PENDING" else run.status
    return update_run(tx, run, status=status, worker_id=worker_id)


def _hand_back(tx: Transaction, run: RunRecord) -> None:
    if run.is_final:
        tx.execute("UPDATE runs SET worker_id = NULL WHERE id = ?", run.id)
    elif run.status in WORKING_STATUSES and run.attempt >= run.max_attempts:
        error = PROCESS_STOPPED
        update_run(tx, run, status="CRASHED", completed_at=tx.now, worker_id=None, error=error)
    else:
        update_run(tx, run, status="PENDING", queued_at=tx.now, worker_id=None)


def _expire(tx: Transaction) -> None:
    for run in select_runs(tx, "WHERE status = 'PENDING' AND expires_at <= ?", (tx.now,)):
        reason = f"Run expired because the TTL ({run.ttl}) was reached"
        update_run(
            tx,
            run,
            status="EXPIRED",
            expired_at=tx.now,
            completed_at=tx.now,
            error={"type": "STRING_ERROR", "raw": reason},
        )


def _queue_delayed(tx: Transaction) -> None:
    for run in select_runs(tx, "WHERE status = 'DELAYED' AND delay_until <= ?", (tx.now,)):
        update_run(tx, run, status="PENDING", queued_at=tx.now)


def _working(tx: Transaction, task: str) -> int:
    return tx.one(
        "SELECT count(*) FROM runs WHERE task = ? AND worker_id IS NOT NULL"
        " AND status IN ('DEQUEUED', 'EXECUTING')",
        task,
    )


def _is_alive(pid: int) -> bool:
    if os.name != "posix":  # elsewhere signal 0 would end the process: wait for the lease
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
