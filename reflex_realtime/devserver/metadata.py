"""Changes to a run's metadata: set, delete, append, remove, increment, update.

A key that begins with `$.` is a path, such as `$.steps[0].done`.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from pydantic_core import PydanticSerializationError, from_json, to_json

from reflex_realtime.errors import PayloadError

MAX_BYTES = 256 * 1024
"""What a run's metadata may measure as JSON text."""

OperationType: TypeAlias = Literal["set", "delete", "append", "remove", "increment", "update"]

_SEGMENT = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_FORBIDDEN = frozenset({"__proto__", "constructor", "prototype"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One change.

    Attributes:
        type: What to do.
        key: Where; empty for `update`.
        value: With what; None for `delete`.
    """

    type: OperationType
    key: str = ""
    value: Any = None


def parse_operations(items: Any) -> list[Operation]:
    """Read operations from a request body.

    Args:
        items: The JSON value.

    Returns:
        The operations.

    Raises:
        PayloadError: Something in it is not an operation.
    """
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise PayloadError("Metadata operations must be a list.")
    return [_parse_operation(item) for item in items]


def apply_operations(
    metadata: Mapping[str, Any], operations: Sequence[Operation]
) -> dict[str, Any]:
    """Apply changes.

    Args:
        metadata: The metadata as it is, left as it is.
        operations: The changes, in order.

    Returns:
        The metadata as it is then.

    Raises:
        PayloadError: A path is not valid, or a value cannot be incremented.
    """
    root: Any = _copied(metadata)
    for operation in operations:
        if operation.type == "update":
            root.update(_copied(operation.value))
        else:
            _change(root, _path(operation.key), operation)
    return root


def encode_metadata(metadata: Mapping[str, Any]) -> str:
    """Turn metadata into JSON text.

    Args:
        metadata: The metadata.

    Returns:
        The text.

    Raises:
        PayloadError: It is not JSON or too large.
    """
    text = to_json(metadata, inf_nan_mode="null")
    if len(text) > MAX_BYTES:
        raise PayloadError(
            f"The metadata would measure {len(text)} bytes, more than the {MAX_BYTES} allowed.",
            remedy="Keep large values in the output or in a stream.",
        )
    return text.decode()


def encode_value(value: Any, what: str) -> str:
    """Turn a Python value into JSON text.

    Args:
        value: Any JSON value, pydantic model, dataclass, date, ...
        what: What it is, for the error.

    Returns:
        The text; NaN and infinities become null, as in JavaScript.

    Raises:
        PayloadError: It cannot be written as JSON.
    """
    try:
        return to_json(value, inf_nan_mode="null").decode()
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise PayloadError(
            f"{what} cannot be written as JSON: {error}.",
            remedy="Use JSON values, pydantic models or dataclasses.",
        ) from None


def plain_value(value: Any, what: str) -> Any:
    """A copy of a Python value as JSON would give it back."""
    return from_json(encode_value(value, what))


def _parse_operation(item: Any) -> Operation:
    if not isinstance(item, Mapping):
        raise PayloadError(f"A metadata operation must be an object, not {item!r}.")
    kind, key, value = item.get("type"), item.get("key", ""), item.get("value")
    fits = {
        "set": True,
        "delete": True,
        "append": True,
        "remove": True,
        "increment": isinstance(value, int | float) and not isinstance(value, bool),
        "update": isinstance(value, Mapping),
    }
    if not fits.get(cast("str", kind)) or (kind != "update" and not (key and isinstance(key, str))):
        raise PayloadError(f"This is not a metadata operation: {dict(item)!r}.")
    return Operation(cast("OperationType", kind), key, value)


def _path(key: str) -> list[str | int]:
    if not key.startswith("$."):
        return [key]
    segments: list[str | int] = []
    at = 1
    while at < len(key):
        match = _SEGMENT.match(key, at)
        if match is None or match.group(1) in _FORBIDDEN:
            raise PayloadError(f"{key!r} is not a path into the metadata.")
        segments.append(match.group(1) or int(match.group(2)))
        at = match.end()
    return segments


def _change(root: Any, path: list[str | int], operation: Operation) -> None:
    holder, last = _holder(root, path, operation)
    if holder is None:
        return
    old = _get(holder, last)
    match operation.type:
        case "delete":
            with contextlib.suppress(LookupError):
                del holder[last]
        case "append":
            new = [*old, operation.value] if isinstance(old, list) else [old, operation.value]
            _put(holder, last, new if old is not None else [operation.value])
        case "remove":
            if isinstance(old, list):
                holder[last] = [item for item in old if item != operation.value]
        case "increment":
            if old is not None and (isinstance(old, bool) or not isinstance(old, int | float)):
                raise PayloadError(f"The metadata {operation.key!r} is not a number.")
            _put(holder, last, (old or 0) + operation.value)
        case _:
            _put(holder, last, operation.value)


def _holder(root: Any, path: list[str | int], operation: Operation) -> tuple[Any, Any]:
    """The object or list that holds the last segment, made on the way where needed."""
    holder: Any = root
    for segment, following in itertools.pairwise(path):
        _check_segment(holder, segment, operation)
        inner = _get(holder, segment)
        if not isinstance(inner, dict | list):
            if operation.type in ("delete", "remove"):
                return None, None
            inner = [] if isinstance(following, int) else {}
            _put(holder, segment, inner)
        holder = inner
    _check_segment(holder, path[-1], operation)
    return holder, path[-1]


def _check_segment(holder: Any, segment: str | int, operation: Operation) -> None:
    fits = isinstance(segment, int) and segment <= len(holder) if isinstance(holder, list) else True
    if not fits or (isinstance(holder, dict) and isinstance(segment, int)):
        raise PayloadError(f"{operation.key!r} does not lead anywhere in the metadata.")


def _get(holder: Any, segment: Any) -> Any:
    try:
        return holder[segment]
    except LookupError:
        return None


def _put(holder: Any, segment: Any, value: Any) -> None:
    if isinstance(holder, list) and segment == len(holder):
        holder.append(value)
    else:
        holder[segment] = value


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
