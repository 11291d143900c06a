"""Runs as rows of Electric's style: columns by name, text as Postgres prints it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from reflex_realtime.devserver.http.styles.rows import Column, internal_id
from reflex_realtime.devserver.http.times import iso_time
from reflex_realtime.devserver.store.runs import RunRecord

_NEEDS_QUOTES = re.compile(r'[{},"\\\s]')


def electric_time(ms: int | None) -> str | None:
    """A time as Postgres prints it: a space in the middle, no zeros at the end of the fraction."""
    text = iso_time(ms, separator=" ")
    if text is None:
        return None
    seconds, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{seconds}.{fraction}" if fraction else seconds


def electric_array(items: Sequence[str] | None) -> str | None:
    """An array as Postgres prints it: only the elements that need it are quoted."""
    return None if items is None else "{" + ",".join(map(_element, items)) + "}"


def _element(item: str) -> str:
    if item and item.upper() != "NULL" and not _NEEDS_QUOTES.search(item):
        return item
    escaped = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _column(kind: str, text: Callable[[RunRecord], str | None], **details: Any) -> Column:
    return Column({"type": kind, **details}, text)


def _time(attribute: str, **details: Any) -> Column:
    return _column(
        "timestamp", lambda run: electric_time(getattr(run, attribute)), precision=3, **details
    )


COLUMNS: dict[str, Column] = {
    "baseCostInCents": _column("float8", lambda _: "0", not_null=True),
    "completedAt": _time("completed_at"),
    "costInCents": _column("float8", lambda _: "0", not_null=True),
    "createdAt": _time("created_at", not_null=True),
    "delayUntil": _time("delay_until"),
    "error": _column("jsonb", lambda run: None if run.error is None else json.dumps(run.error)),
    "expiredAt": _time("expired_at"),
    "friendlyId": _column("text", lambda run: run.id, not_null=True),
    "id": _column("text", lambda run: internal_id(run.id), not_null=True, pk_index=0),
    "isTest": _column("bool", lambda run: "true" if run.is_test else "false", not_null=True),
    "metadata": _column("text", lambda run: run.metadata),
    "metadataType": _column("text", lambda _: "application/json", not_null=True),
    "number": _column("int4", lambda _: "1", not_null=True),
    "output": _column("text", lambda run: run.output),
    "outputType": _column("text", lambda run: run.output_type, not_null=True),
    "payload": _column("text", lambda run: run.payload or "", not_null=True),
    "payloadType": _column("text", lambda run: run.payload_type, not_null=True),
    "queuedAt": _time("queued_at"),
    "realtimeStreams": _column("text", lambda run: electric_array(run.streams), dims=1),
    "runTags": _column("text", lambda run: electric_array(run.tags), dims=1),
    "startedAt": _time("started_at"),
    "status": _column("TaskRunStatus", lambda run: run.status, not_null=True),
    "taskIdentifier": _column("text", lambda run: run.task, not_null=True),
    "ttl": _column("text", lambda run: run.ttl),
    "updatedAt": _time("updated_at", not_null=True),
    "usageDurationMs": _column("int4", lambda run: str(run.usage_ms), not_null=True),
}
