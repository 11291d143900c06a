"""Looking into JSON whose shape is not known: a value of the right kind, or nothing."""

from __future__ import annotations

from typing import Any, cast


def as_object(value: Any) -> dict[str, Any]:
    """The value when it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value when it is a JSON array, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_strings(value: Any) -> list[str]:
    """The texts of a JSON array, without its other elements."""
    return [item for item in as_list(value) if isinstance(item, str)]
