"""Runs as rows of the native style: whole rows, always the same columns in the same order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reflex_realtime.devserver.http.styles.rows import (
    Column,
    internal_id,
    row_key,
    row_values,
)
from reflex_realtime.devserver.http.times import iso_time
from reflex_realtime.devserver.store.runs import RunRecord

UP_TO_DATE = {"headers": {"control": "up-to-date"}}


def row_message(run: RunRecord, columns: Mapping[str, Column], operation: str) -> dict[str, Any]:
    """A message that carries a run.

    Args:
        run: The run.
        columns: The columns to send.
        operation: `insert` or `update`.

    Returns:
        The message.
    """
    return {
        "key": row_key(run.id),
        "value": row_values(run, columns),
        "headers": {"operation": operation},
    }


def _array(items: list[str]) -> str:
    escaped = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in escaped) + "}"


def _time(attribute: str) -> Column:
    return Column({"type": "timestamp"}, lambda run: iso_time(getattr(run, attribute)))


def _text(text: Callable[[RunRecord], str | None]) -> Column:
    return Column({"type": "text"}, text)


COLUMNS: dict[str, Column] = {
    "id": _text(lambda run: internal_id(run.id)),
    "taskIdentifier": _text(lambda run: run.task),
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "startedAt": _time("started_at"),
    "delayUntil": _time("delay_until"),
    "queuedAt": _time("queued_at"),
    "expiredAt": _time("expired_at"),
    "completedAt": _time("completed_at"),
    "friendlyId": _text(lambda run: run.id),
    "number": Column({"type": "int4"}, lambda _: "1"),
    "isTest": Column({"type": "bool"}, lambda run: "t" if run.is_test else "f"),
    "status": _text(lambda run: run.status),
    "usageDurationMs": Column({"type": "int4"}, lambda run: str(run.usage_ms)),
    "costInCents": Column({"type": "float8"}, lambda _: "0"),
    "baseCostInCents": Column({"type": "float8"}, lambda _: "0"),
    "ttl": _text(lambda run: run.ttl),
    "payload": _text(lambda run: run.payload),
    "payloadType": _text(lambda run: run.payload_type),
    "metadata": _text(lambda run: run.metadata),
    "metadataType": _text(lambda _: "application/json"),
    "output": _text(lambda run: run.output),
    "outputType": _text(lambda run: run.output_type),
    "runTags": Column(
        {"type": "text", "dims": 1}, lambda run: _array(run.tags) if run.tags else None
    ),
    "error": Column(
        {"type": "jsonb"}, lambda run: None if run.error is None else json.dumps(run.error)
    ),
    "realtimeStreams": Column({"type": "text", "dims": 1}, lambda run: _array(run.streams)),
}
