"""The two ways in which a backend of Trigger.dev says the same on the runs feed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from reflex_realtime.devserver.options import FeedStyle
from tests.feeds.replay import UP_TO_DATE, answer

TEXT = {"type": "text"}
TEXTS = {"type": "text", "dims": 1}
TIME = {"type": "timestamp"}
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("friendlyId", "taskIdentifier", "status"), TEXT),
    **dict.fromkeys(("createdAt", "updatedAt", "completedAt"), TIME),
    **dict.fromkeys(("payload", "payloadType", "output", "outputType"), TEXT),
    **dict.fromkeys(("metadata", "metadataType"), TEXT),
    **dict.fromkeys(("runTags", "realtimeStreams"), TEXTS),
    "isTest": {"type": "bool"},
    "usageDurationMs": {"type": "int4"},
    "costInCents": {"type": "float8"},
    "error": {"type": "jsonb"},
}
SNAPSHOT_END = {"headers": {"control": "snapshot-end", "xmin": "1", "xmax": "1", "xip_list": []}}


class Dialect:
    """A backend that speaks as the native one or as Electric does.

    Args:
        style: Which.
        handle: The handle of its shape.
    """

    def __init__(self, style: FeedStyle, handle: str = "h1") -> None:
        self.style: FeedStyle = style
        self.handle = handle
        self._said = 0
        self._rows: dict[int, dict[str, Any]] = {}

    @property
    def is_native(self) -> bool:
        """Whether it speaks as the native backend does."""
        return self.style == "native"

    def text(self, value: Any) -> str | None:
        """A value as a column carries it."""
        match value:
            case None | str():
                return value
            case bool():
                return str(value).lower()[: 1 if self.is_native else None]
            case datetime() if self.is_native:
                return value.isoformat("T", timespec="milliseconds")
            case datetime():
                return value.isoformat(" ", timespec="microseconds").rstrip("0").rstrip(".")
            case list():
                return "{" + ",".join(map(self._element, value)) + "}"
            case _:
                return str(value)

    def insert(self, number: int = 1, **columns: Any) -> dict[str, Any]:
        """The message of a run that is new."""
        row = {
            "id": f"internal{number}",
            "friendlyId": f"run_{number}",
            "status": "EXECUTING",
            "createdAt": datetime(2026, 8, 1, 10, 0, number),  # noqa: DTZ001 (so on the wire)
            **columns,
        }
        self._rows[number] = {name: self.text(value) for name, value in row.items()}
        return self._message(number, "insert", self._rows[number])

    def update(self, number: int = 1, **columns: Any) -> dict[str, Any]:
        """The message of a run that changes: whole (native) or what changes of it (Electric)."""
        changed = {name: self.text(value) for name, value in columns.items()}
        self._rows[number] = {**self._rows.get(number, {}), **changed}
        key = {"id": f"internal{number}"}
        return self._message(
            number, "update", self._rows[number] if self.is_native else {**key, **changed}
        )

    def delete(self, number: int = 1) -> dict[str, Any]:
        """The message of a run that is gone; the native backend has none."""
        return self._message(number, "delete", {"id": f"internal{number}"})

    def snapshot(self, *messages: Any) -> list[bytes]:
        """The answers to the first requests of a feed: one (native) or two (Electric)."""
        if self.is_native:
            return [self.loaded(*messages, UP_TO_DATE)]
        return [self.loaded(*messages, SNAPSHOT_END), self.loaded(UP_TO_DATE)]

    def loaded(self, *messages: Any, **more: str) -> bytes:
        """The answer to a request that is not held."""
        headers = {"electric-schema": json.dumps(SCHEMA), **more}
        return self._answer(messages, headers)

    def live(self, *messages: Any, **more: str) -> bytes:
        """The answer to a poll, up to date."""
        self._said += 1
        return self._answer(
            [*messages, UP_TO_DATE], {"electric-cursor": f"cursor{self._said}", **more}
        )

    def voided(self, handle: str | None) -> bytes:
        """The answer that the shape is void; the shape of a handle takes its place."""
        self.handle = handle or f"{self.handle}x"
        body = json.dumps([{"headers": {"control": "must-refetch"}}])
        return answer(409, body, {"electric-handle": handle} if handle else {})

    def _answer(self, messages: Any, headers: dict[str, str]) -> bytes:
        self._said += 1
        offset = f"1795368584973_{self._said}" if self.is_native else f"0_{self._said}"
        fixed = {
            "Content-Type": "application/json; charset=utf-8",
            "electric-offset": offset,
            "electric-handle": self.handle,
        }
        return answer(200, json.dumps(messages), {**fixed, **headers})

    def _element(self, value: Any) -> str:
        if value is None:
            return "NULL"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        plain = value and value.upper() != "NULL" and not set('{}",\\ ') & set(value)
        return value if plain and not self.is_native else f'"{escaped}"'

    def _message(self, number: int, operation: str, row: dict[str, Any]) -> dict[str, Any]:
        message = {
            "key": f'"public"."TaskRun"/"internal{number}"',
            "value": row,
            "headers": {"operation": operation},
        }
        return message if self.is_native else dict(reversed(message.items()))
