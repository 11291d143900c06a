"""Messages of the runs feed, as tests write them."""

from __future__ import annotations

from typing import Any

from reflex_realtime.protocol.shape import Message

UP_TO_DATE: Message = {"headers": {"control": "up-to-date"}}
MUST_REFETCH: Message = {"headers": {"control": "must-refetch"}}
SNAPSHOT_END: Message = {"headers": {"control": "snapshot-end", "xmin": "1", "xip_list": []}}


def insert(key: str, **value: Any) -> Message:
    return {"key": key, "value": value, "headers": {"operation": "insert"}}


def update(key: str, **value: Any) -> Message:
    return {"key": key, "value": value, "headers": {"operation": "update"}}


def delete(key: str) -> Message:
    return {"key": key, "value": {"id": key}, "headers": {"operation": "delete"}}
