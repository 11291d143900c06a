"""Runs as rows of a shape: column by column, as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reflex_realtime.devserver.store.runs import RunRecord

UP_TO_DATE = {"headers": {"control": "up-to-date"}}
UNSKIPPABLE = frozenset({"id", "taskIdentifier", "friendlyId", "status", "createdAt"})


class Column(NamedTuple):
    """One column.

    Attributes:
        type: Its type as the schema names it.
        text: Its text for a run.
    """

    type: dict[str, Any]
    text: Callable[[RunRecord], str | None]


def row_message(run: RunRecord, columns: dict[str, Column], operation: str) -> dict[str, Any]:
    """A message that carries a run.

    Args:
        run: The run.
        columns: The columns to send.
        operation: `insert` or `update`.

    Returns:
        The message.
    """
    return {
        "key": f'"public"."TaskRun"/"{internal_id(run.id)}"',
        "value": {name: column.text(run) for name, column in columns.items()},
        "headers": {"operation": operation},
    }


def encode_messages(messages: list[dict[str, Any]], *, with_dequeued: bool) -> str:
    """The body of an answer.

    Args:
        messages: The rows; that they are up to date is added.
        with_dequeued: Whether the client knows the status DEQUEUED; others read EXECUTING.

    Returns:
        JSON text.
    """
    body = json.dumps([*messages, UP_TO_DATE], ensure_ascii=False, separators=(",", ":"))
    return body if with_dequeued else body.replace('"status":"DEQUEUED"', '"status":"EXECUTING"')


def encode_schema(columns: dict[str, Column]) -> str:
    """The `electric-schema` header."""
    types = {name: column.type for name, column in columns.items()}
    return json.dumps(types, separators=(",", ":"))


def columns_without(skipped: Collection[str]) -> dict[str, Column]:
    """The columns to send; those that no client can do without cannot be skipped."""
    left_out = set(skipped) - UNSKIPPABLE
    return {name: column for name, column in COLUMNS.items() if name not in left_out}


def internal_id(run_id: str) -> str:
    """The id that keys and handles use."""
    return run_id.removeprefix("run_")


def iso_time(ms: int | None) -> str | None:
    """A time as rows carry it: UTC without saying so."""
    if ms is None:
        return None
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}"


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
    "outputType": _text(lambda _: "application/json"),
    "runTags": Column(
        {"type": "text", "dims": 1}, lambda run: _array(run.tags) if run.tags else None
    ),
    "error": Column(
        {"type": "jsonb"}, lambda run: None if run.error is None else json.dumps(run.error)
    ),
    "realtimeStreams": Column({"type": "text", "dims": 1}, lambda run: _array(run.streams)),
}
