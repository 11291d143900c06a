"""What the rows of both styles have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from reflex_realtime.devserver.http.messages import encode_json
from reflex_realtime.devserver.store.runs import RunRecord

UNSKIPPABLE = frozenset({"id", "taskIdentifier", "friendlyId", "status", "createdAt"})


class Column(NamedTuple):
    """One column.

    Attributes:
        type: Its type as the schema names it.
        text: Its text for a run.
    """

    type: dict[str, Any]
    text: Callable[[RunRecord], str | None]


def columns_without(columns: Mapping[str, Column], skipped: Collection[str]) -> dict[str, Column]:
    """The columns to send; those that no client can do without cannot be skipped."""
    left_out = set(skipped) - UNSKIPPABLE
    return {name: column for name, column in columns.items() if name not in left_out}


def row_values(run: RunRecord, columns: Mapping[str, Column]) -> dict[str, str | None]:
    """A run as a row."""
    return {name: column.text(run) for name, column in columns.items()}


def row_key(run_id: str) -> str:
    """The key of a run's row."""
    return f'"public"."TaskRun"/"{internal_id(run_id)}"'


def internal_id(run_id: str) -> str:
    """The id that keys and handles use."""
    return run_id.removeprefix("run_")


def encode_schema(columns: Mapping[str, Column]) -> str:
    """The `electric-schema` header."""
    return encode_json({name: column.type for name, column in columns.items()})
