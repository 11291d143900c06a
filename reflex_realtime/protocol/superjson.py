r"""SuperJSON as the JavaScript SDK writes it: JSON plus a map of the types that JSON lacks.

The form is `{"json": ..., "meta": {"values": {"a.b": ["Date"]}, "referentialEqualities": ...}}`.
Path segments are joined by `.`; inside a key `.` is written `\.` and a backslash `\\`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from reflex_realtime.protocol.json_values import as_list, as_object


def loads(text: str) -> Any:
    """Read a SuperJSON text.

    Args:
        text: The JSON text of a SuperJSON object.

    Returns:
        The value: a Date is a `datetime`, a Map a dict, a Set a list (of unhashable members too),
        a BigInt an int, undefined None, a RegExp or URL its text, an Error a dict of its name and
        message.

    Raises:
        ValueError: It is not SuperJSON.
    """
    document = as_object(json.loads(text))
    if "json" not in document:
        raise ValueError("there is no json member")
    value: Any = document["json"]
    meta = as_object(document.get("meta"))
    if values := meta.get("values"):
        value = _restored(value, values)
    for source, targets in _equalities(meta.get("referentialEqualities")):
        shared = _at(value, source)
        for target in targets:
            value = _replaced(value, target, lambda _, shared=shared: shared)
    return value


def _restored(value: Any, tree: Any) -> Any:
    """Apply an annotation tree: `{path: node}` or `[type, children?]`, innermost first."""
    if isinstance(tree, list):
        kind, *children = as_list(tree)
        if children:
            value = _restored(value, children[0])
        return _retyped(value, kind)
    for path, node in as_object(tree).items():
        value = _replaced(value, _segments(path), lambda leaf, node=node: _restored(leaf, node))
    return value


def _retyped(value: Any, kind: Any) -> Any:
    if isinstance(kind, list):
        return value
    convert = _TYPES.get(kind)
    return convert(value) if convert else value


def _replaced(value: Any, path: list[str], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    key = _key(value, path[0])
    value[key] = _replaced(value[key], path[1:], change)
    return value


def _at(value: Any, path: list[str]) -> Any:
    for segment in path:
        value = value[_key(value, segment)]
    return value


def _key(container: Any, segment: str) -> Any:
    return int(segment) if isinstance(container, list) else segment


def _equalities(tree: Any) -> list[tuple[list[str], list[list[str]]]]:
    """Read `{path: [paths]}`, or `[paths of the root, {...}]`."""
    if isinstance(tree, list):
        root, *rest = as_list(tree)
        own: list[str] = []
        return [(own, [_segments(path) for path in root]), *_equalities(rest[0] if rest else None)]
    return [
        (_segments(path), [_segments(target) for target in targets])
        for path, targets in as_object(tree).items()
    ]


def _segments(path: str) -> list[str]:
    segments = [""]
    for mark in re.findall(r"\\[\\.]|.", path, re.DOTALL):
        if mark == ".":
            segments.append("")
        else:
            segments[-1] += mark[-1]
    return segments


def _number(value: Any) -> float:
    return float(value)


def _nothing(_: Any) -> None:
    return None


_TYPES: Final[dict[str, Callable[[Any], Any]]] = {
    "Date": datetime.fromisoformat,
    "bigint": int,
    "number": _number,
    "undefined": _nothing,
    "map": dict,
}
