"""Reading SuperJSON.

The JSON is annotated in place, then what is the same is joined, then the Maps and Sets are made:
every path goes through the JSON as written, so that none depends on what was restored before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

from reflex_realtime.protocol.json_values import as_list, as_object, as_strings
from reflex_realtime.protocol.superjson.patterns import pattern_from_text


def loads(text: str) -> Any:
    """Read a SuperJSON text.

    Args:
        text: The JSON text of a SuperJSON object.

    Returns:
        The value. What several places refer to is one object, and it may hold itself. An
        annotation of an unknown type, or that does not suit its value, leaves it as it is.

    Raises:
        ValueError: It is not SuperJSON, or holds what Python cannot.
    """
    try:
        document = as_object(json.loads(text))
        if "json" not in document:
            raise ValueError("there is no json member")
        return _restored(document) if document.get("meta") else document["json"]
    except (RecursionError, OverflowError):
        raise ValueError("it is nested too deeply") from None


def _restored(document: dict[str, Any]) -> Any:
    meta = as_object(document["meta"])
    version = meta.get("v")
    is_legacy = not isinstance(version, (int, float)) or version < 1
    segments = _legacy_segments if is_legacy else _segments
    collections = _Collections()

    def retype(container: Any, key: Any, kind: Any) -> None:
        value = container[key]
        if isinstance(value, list) and kind in ("map", "set"):
            collections.add(kind, as_list(value))
        elif isinstance(value, str) and isinstance(kind, str) and kind in _FROM_TEXT:
            container[key] = _FROM_TEXT[kind](value)

    _annotate(document, "json", meta.get("values"), segments, retype)
    equalities = list(_equalities(meta.get("referentialEqualities")))
    # Twice: joining two containers can put back a place inside them that was joined before.
    for source, target in equalities * 2:
        try:
            container, key = _place(document, "json", [] if source is None else segments(source))
            shared = container[key]
            container, key = _place(document, "json", segments(target))
        except ValueError:
            continue  # JavaScript lists places that JSON has no value for, such as functions.
        container[key] = shared
    return collections.made(document["json"]) if collections else document["json"]


def _annotate(
    container: Any,
    key: Any,
    tree: Any,
    segments: Callable[[str], list[str]],
    retype: Callable[[Any, Any, Any], None],
) -> None:
    """Walk an annotation tree from the innermost out."""
    is_typed = isinstance(tree, list)
    kind, branches = (*as_list(tree), None, None)[:2] if is_typed else (None, tree)
    for path, branch in as_object(branches).items():
        _annotate(*_place(container, key, segments(path)), branch, segments, retype)
    if is_typed:
        retype(container, key, kind)


def _place(container: Any, key: Any, path: list[str]) -> tuple[Any, Any]:
    """Follow a path to the container of its last segment, and the key there.

    Raises:
        ValueError: It leads nowhere.
    """
    for segment in path:
        container = container[key]
        elements = as_list(container)
        if elements and segment.isdecimal():
            key = int(segment)
            is_there = key < len(elements)
        else:
            key = segment
            is_there = key in as_object(container)
        if not is_there:
            raise ValueError("a path leads nowhere")
    return container, key


def _equalities(tree: Any) -> Iterator[tuple[str | None, str]]:
    """Read `{path: [paths]}`, or `[paths of the root, {...}]`: source and target."""
    if isinstance(tree, list):
        targets, tree = (*as_list(tree), None, None)[:2]
        yield from ((None, target) for target in as_strings(targets))
    for source, targets in as_object(tree).items():
        yield from ((source, target) for target in as_strings(targets))


def _segments(path: str) -> list[str]:
    if "\\" not in path:
        return path.split(".")
    segments: list[list[str]] = [[]]
    for mark in re.findall(r"[^\\.]+|\\.?|\.", path, re.DOTALL):
        if mark == ".":
            segments.append([])
        elif mark[0] != "\\":
            segments[-1].append(mark)
        elif mark in ("\\\\", "\\."):
            segments[-1].append(mark[1])
        else:
            raise ValueError("a path is not written as one")
    return ["".join(segment) for segment in segments]


def _legacy_segments(path: str) -> list[str]:
    """Split a path of the versions before 1, where a backslash escapes a dot and nothing else."""
    return [segment.replace("\\.", ".") for segment in re.split(r"(?<!\\)\.", path)]


class _Collections:
    """The Maps and Sets among the containers of the JSON, and what has been made of them."""

    def __init__(self) -> None:
        # The containers are kept with their ids, so that the ids stay theirs.
        self._kinds: dict[int, tuple[str, list[Any]]] = {}
        self._made: dict[int, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def add(self, kind: str, items: list[Any]) -> None:
        """Note that an array is the rows of a Map or the members of a Set."""
        self._kinds[id(items)] = kind, items

    def made(self, value: Any) -> Any:
        """The value with its Maps and Sets made."""
        if not isinstance(value, (dict, list)):
            return value
        container = cast("dict[Any, Any] | list[Any]", value)
        identity = id(container)
        if identity not in self._made:
            kind, _ = self._kinds.get(identity, ("", None))
            if kind == "map":
                self._make_map(identity, as_list(container))
            else:
                self._made[identity] = container
                pairs = container.items() if isinstance(container, dict) else enumerate(container)
                for key, item in pairs:
                    container[key] = self.made(item)
                if kind == "set":
                    self._made[identity] = _as_set(as_list(container))
        return self._made[identity]

    def _make_map(self, identity: int, rows: list[Any]) -> None:
        pairs = [as_list(row) for row in rows]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError("a Map is not written as pairs")
        keys = [self.made(key) for key, _ in pairs]
        made = _as_dict(keys)
        # A Map is there before its values are made: one of them may be the Map.
        self._made[identity] = rows if made is None else made
        for key, row, place in zip(keys, pairs, keys if made is None else made, strict=True):
            item = self.made(row[1])
            if made is None:
                row[:] = key, item
            else:
                made[place] = item


def _as_dict(keys: list[Any]) -> dict[Any, None] | None:
    """A dict of these keys, None where Python cannot tell them apart or hash them."""
    try:
        made = dict.fromkeys(map(_hashable, keys))
    except TypeError:
        return None
    return made if len(made) == len(keys) else None


def _as_set(members: list[Any]) -> set[Any] | list[Any]:
    try:
        made = set(map(_hashable, members))
    except TypeError:
        return members
    return made if len(made) == len(members) else members


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(as_list(value))
    return frozenset(cast("set[Any]", value)) if isinstance(value, set) else value


def _date(text: str) -> datetime | str:
    if text.startswith(("+", "-", "0000")):
        return text
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("a Date is not written as one") from None


def _bigint(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a BigInt is not written as one, or has too many digits") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number is not written as one") from None


_FROM_TEXT: Final[dict[str, Callable[[str], Any]]] = {
    "Date": _date,
    "bigint": _bigint,
    "number": _number,
    "regexp": pattern_from_text,
}
