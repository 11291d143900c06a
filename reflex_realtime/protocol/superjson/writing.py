"""Writing SuperJSON.

Paths are written as before version 1, which every version reads: the SDK's own knows no other. A
tree has one level for each segment, so that its paths need no joining.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, TypeAlias, cast

from pydantic_core import to_jsonable_python

from reflex_realtime.protocol.superjson.patterns import pattern_to_text

_Path: TypeAlias = "tuple[_Path, str | int] | None"
"""Where a value is: the path of what holds it, and its key there. None is the root."""

_Tree: TypeAlias = "list[Any] | dict[str, Any] | None"
_Written: TypeAlias = tuple[Any, _Tree]

_MAX_NUMBER: Final = 2**53
"""Up to here every integer is a JavaScript number."""

_REFUSED_KEYS: Final = {"__proto__", "constructor", "prototype"}
"""Keys that JavaScript refuses in a path."""


def dumps(value: Any) -> str:
    """Write a value as a SuperJSON text.

    Args:
        value: What JSON holds, what the table above lists, and what pydantic knows a JSON form of.

    Raises:
        ValueError: It has no such form; the message says where.
    """
    return json.dumps(to_document(value), separators=(",", ":"))


def to_document(value: Any) -> dict[str, Any]:
    """Write a value as a SuperJSON object.

    Args:
        value: As `dumps` takes it.

    Returns:
        `json`, and `meta` where JSON alone would not restore an equal value.

    Raises:
        ValueError: It has no such form; the message says where.
    """
    writer = _Writer()
    try:
        written, tree = writer.write(value, None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not tree and not writer.has_cycle:
        return {"json": written}
    equalities = writer.equalities()
    return {
        "json": written,
        "meta": {
            **({"values": tree} if tree else {}),
            **({"referentialEqualities": equalities} if equalities else {}),
        },
    }


@dataclass(slots=True)
class _Container:
    """A container that may be met again.

    Attributes:
        value: The container, kept so that its id stays its own.
        path: Where it was met first.
        written: What was written for it, None as long as it is being written.
        repeats: Where else it is.
    """

    value: Any
    path: _Path
    written: _Written | None = None
    repeats: list[_Path] = field(default_factory=list["_Path"])


class _Writer:
    """Writes one value.

    Attributes:
        has_cycle: Whether something holds itself.
    """

    def __init__(self) -> None:
        self._containers: dict[int, _Container] = {}
        self.has_cycle = False

    def write(self, value: Any, path: _Path) -> _Written:
        """Write a value: its JSON, and the tree of what JSON lacks."""
        if value is None or type(value) in (str, bool):
            return value, None
        if isinstance(value, Enum):
            return self.write(value.value, path)
        is_leaf = isinstance(value, _LEAVES)
        if not is_leaf and isinstance(value, _COLLECTIONS):
            return self._write_collection(value, path)
        try:
            if is_leaf:
                return _write_leaf(value)
            form = to_jsonable_python(value, by_alias=True)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{error}, at {_text(path)!r}" if path else str(error)) from None
        return self.write(form, path)

    def equalities(self) -> Any:
        """Which paths lead to the same container, in the form of `referentialEqualities`."""
        root: list[str] = []
        others: dict[str, list[str]] = {}
        for container in self._containers.values():
            repeats = [_reference(path) for path in container.repeats]
            if container.path is None:
                root = repeats
            elif repeats:
                others[_reference(container.path)] = repeats
        if not root:
            return others
        return [root, others] if others else [root]

    def _write_collection(self, value: Any, path: _Path) -> _Written:
        if isinstance(value, _IMMUTABLE):
            return self._write_parts(value, path)
        known = self._containers.get(id(value))
        if known is None:
            known = self._containers[id(value)] = _Container(value, path)
            known.written = self._write_parts(value, path)
            return known.written
        # No first path goes through a repetition, which is about to become what is here.
        known.repeats.append(path)
        if known.written is None:
            self.has_cycle = True
            return None, None
        return known.written

    def _write_parts(self, value: Any, path: _Path) -> _Written:
        match value:
            case Mapping():
                mapping = cast("Mapping[Any, Any]", value)
                if all(isinstance(key, str) for key in mapping):
                    return self._write_members(mapping, path)
                return _typed("map", self._write_items(mapping.items(), path))
            case AbstractSet():
                return _typed("set", self._write_items(cast("AbstractSet[Any]", value), path))
            case BaseException():
                error = {"name": type(value).__name__, "message": str(value)}
                cause = {"cause": value.__cause__} if value.__cause__ else {}
                return _typed("Error", self._write_members({**error, **cause}, path))
            case _:
                return self._write_items(value, path)

    def _write_members(self, mapping: Mapping[str, Any], path: _Path) -> _Written:
        written: dict[str, Any] = {}
        tree: dict[str, Any] = {}
        for key, item in mapping.items():
            written[key], branch = self.write(item, (path, key))
            if branch:
                tree[_escaped(key)] = branch
                if key in _REFUSED_KEYS:
                    raise ValueError(f"SuperJSON cannot restore anything under the key {key!r}")
        return written, tree

    def _write_items(self, items: Iterable[Any], path: _Path) -> _Written:
        written: list[Any] = []
        tree: dict[str, Any] = {}
        for index, item in enumerate(items):
            value, branch = self.write(item, (path, index))
            written.append(value)
            if branch:
                tree[str(index)] = branch
        return written, tree


_LEAVES: Final = (str, bytes, bytearray, int, float, datetime, re.Pattern)
_COLLECTIONS: Final = (list, dict, BaseException, Mapping, AbstractSet, Sequence)
_IMMUTABLE: Final = (tuple, frozenset, BaseException)


def _write_leaf(value: Any) -> _Written:
    match value:
        case str():
            return value, None
        case int():
            is_number = -_MAX_NUMBER <= value <= _MAX_NUMBER
            return (value, None) if is_number else (str(value), ["bigint"])
        case float():
            if math.isfinite(value):
                return value, None
            return "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity", ["number"]
        case datetime():
            moment = value if value.utcoffset() is None else value.astimezone(UTC)
            text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
            return f"{text}Z", ["Date"]
        case re.Pattern():
            return pattern_to_text(cast("re.Pattern[Any]", value)), ["regexp"]
        case _:
            return to_jsonable_python(value), None


def _typed(kind: str, written: _Written) -> _Written:
    value, tree = written
    return value, [kind, tree] if tree else [kind]


def _escaped(key: str) -> str:
    return key.replace(".", "\\.")


def _keys(path: _Path) -> list[str]:
    keys: list[str] = []
    while path is not None:
        path, key = path
        keys.append(str(key))
    return keys[::-1]


def _text(path: _Path) -> str:
    return ".".join(map(_escaped, _keys(path)))


def _reference(path: _Path) -> str:
    """The path of a container that is in several places.

    Raises:
        ValueError: A key on the way keeps JavaScript from following it.
    """
    keys = _keys(path)
    for depth, key in enumerate(keys, 1):
        if key in _REFUSED_KEYS or (key.endswith("\\") and depth < len(keys)):
            raise ValueError(f"SuperJSON cannot refer to anything under the key {key!r}")
    return _text(path)
