"""Runs and batches as the management API shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reflex_realtime.devserver.http.times import iso_time
from reflex_realtime.devserver.store.batches import BatchRecord
from reflex_realtime.devserver.store.runs import RunRecord
from reflex_realtime.models import (
    EXECUTING_STATUSES,
    QUEUED_STATUSES,
    RunStatus,
)
from reflex_realtime.protocol.packets import STORED, parse_packet
from reflex_realtime.protocol.runs import parse_run_error, run_status

_COMPLETED = frozenset(
    {
        RunStatus.COMPLETED,
        RunStatus.CANCELED,
        RunStatus.FAILED,
        RunStatus.CRASHED,
        RunStatus.SYSTEM_FAILURE,
    }
)
"""What the management API calls completed: unlike the feeds, with CANCELED, without TIMED_OUT."""


def summary(run: RunRecord, environment_id: str) -> dict[str, Any]:
    """A run in a list."""
    return {**_common(run), "env": {"id": environment_id, "name": "dev"}}


def _common(run: RunRecord) -> dict[str, Any]:
    status = run_status(run.status)
    completed = status in _COMPLETED
    success = status is RunStatus.COMPLETED
    return {
        "id": run.id,
        "status": status.value,
        "taskIdentifier": run.task,
        **_present("idempotencyKey", run.idempotency_key),
        "isQueued": status in QUEUED_STATUSES,
        "isExecuting": status in EXECUTING_STATUSES,
        "isWaiting": status is RunStatus.WAITING,
        "isCompleted": completed,
        "isSuccess": success,
        "isFailed": completed and not success,
        "isCancelled": status is RunStatus.CANCELED,
        "isTest": run.is_test,
        "createdAt": _utc(run.created_at),
        "updatedAt": _utc(run.updated_at),
        **_present("startedAt", _utc(run.started_at)),
        **_present("finishedAt", _utc(run.completed_at)),
        **_present("delayedUntil", _utc(run.delay_until)),
        **_present("ttl", run.ttl),
        **_present("expiredAt", _utc(run.expired_at)),
        "tags": run.tags or [],
        "costInCents": 0,
        "baseCostInCents": 0,
        "durationMs": run.usage_ms,
        **_present("metadata", parse_packet(run.metadata, "application/json")),
        "depth": 0,
        "triggerFunction": "batchTrigger" if run.batch_id else "trigger",
        **_present("batchId", run.batch_id),
    }


def retrieved_run(run: RunRecord, presign: Callable[[str], str]) -> dict[str, Any]:
    """A run with its payload, output and error.

    Args:
        run: The run.
        presign: Makes the URL of a payload or output that is stored apart.

    Returns:
        The answer's body.
    """
    error = parse_run_error(run.error)
    details = error and {
        "message": error.message,
        **_present("name", error.name or None),
        **_present("stackTrace", error.stack_trace or None),
    }
    return {
        **_common(run),
        **_packet("payload", run.payload, run.payload_type, presign),
        **_packet("output", run.output, run.output_type, presign),
        **_present("error", details),
        "relatedRuns": {},
        "attemptCount": run.attempt,
    }


def retrieved_batch(batch: BatchRecord, runs: list[RunRecord]) -> dict[str, Any]:
    """A batch and the ids of its runs, in their order."""
    runs = sorted(runs, key=lambda run: run.batch_index or 0)
    ended = batch.sealed and all(run.is_final for run in runs)
    updated_at = max((run.updated_at for run in runs), default=batch.created_at)
    return {
        "id": batch.id,
        "status": "COMPLETED" if ended else "PENDING",
        "createdAt": _utc(batch.created_at),
        "updatedAt": _utc(updated_at),
        "runCount": batch.run_count,
        "runs": [run.id for run in runs],
        "processing": {
            **_present("completedAt", _utc(updated_at) if ended else None),
            "errors": [],
        },
    }


def _packet(
    name: str, text: str | None, data_type: str, presign: Callable[[str], str]
) -> dict[str, Any]:
    if text and data_type == STORED:
        return {f"{name}PresignedUrl": presign(text)}
    return _present(name, _value(text, data_type))


def _value(text: str | None, data_type: str) -> Any:
    """What a packet holds; SuperJSON's dates and the like stay as JSON has them."""
    value = parse_packet(text, "application/json" if data_type != "text/plain" else data_type)
    return value.get("json") if data_type == "application/super+json" and value else value


def _utc(ms: int | None) -> str | None:
    text = iso_time(ms)
    return f"{text}Z" if text else None


def _present(name: str, value: Any) -> dict[str, Any]:
    """The field, unless there is nothing to put into it."""
    return {} if value is None else {name: value}
