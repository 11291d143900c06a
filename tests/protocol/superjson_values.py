"""Values for SuperJSON: how they are generated, and how two of them are compared."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REFUSED_KEYS = {"__proto__", "constructor", "prototype"}

_keys = (st.text() | st.sampled_from([".", "a.b", "\\", "a\\", "\\.", "\\\\b", "0", ""])).filter(
    lambda key: key not in REFUSED_KEYS
)
# SuperJSON cannot refer to anything under the others.
_shareable_keys = _keys.filter(lambda key: not key.endswith("\\"))
_moments = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
_patterns = st.sampled_from(
    [re.compile("a|b"), re.compile("^[a-z]+$", re.IGNORECASE | re.MULTILINE), re.compile(".", re.S)]
)
# JavaScript writes the others as whole numbers, which Python reads as `int`.
_floats = st.floats().filter(lambda number: not 2**53 <= abs(number) < 1e21)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**30), 10**30)
    | _floats
    | st.text()
    | _moments
    | _patterns
)
# JavaScript knows no -0 as a key.
_members = _scalars.filter(lambda value: value != 0 or isinstance(value, int))
_hashables = st.one_of(_members, st.tuples(_scalars, _scalars), st.frozensets(_members, max_size=3))


def _collections(
    inner: st.SearchStrategy[Any], keys: st.SearchStrategy[str] = _keys
) -> st.SearchStrategy[Any]:
    return (
        st.lists(inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.dictionaries(_hashables, inner, max_size=4)
        | st.sets(_hashables, max_size=4)
    )


trees = st.recursive(_scalars, _collections, max_leaves=12)
"""Values in which everything is in one place."""


_graph_roots = st.recursive(
    _scalars, lambda inner: _collections(inner, _shareable_keys), max_leaves=12
).filter(lambda value: isinstance(value, (list, dict)))


@st.composite
def graphs(draw: st.DrawFn) -> Any:
    """Values in which some containers are in several places, perhaps inside themselves.

    There is a Date in them, so that JSON does not do.
    """
    root: Any = draw(_graph_roots)
    containers = _containers(root)
    places = [
        (holder, key)
        for holder in containers
        if not isinstance(holder, set)
        for key in (holder if isinstance(holder, dict) else range(len(holder)))
    ]
    for _ in range(draw(st.integers(1, 4)) if places else 0):
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        holder[key] = containers[draw(st.integers(0, len(containers) - 1))]
    if isinstance(root, list):
        root.append(EPOCH)
    else:
        root["a date"] = EPOCH
    return root


def _containers(value: Any) -> list[Any]:
    match value:
        case dict():
            items = list(value.values())
        case list():
            items = value
        case _:
            items = []
    own = [value] if isinstance(value, (dict, list, set)) else []
    return own + [container for item in items for container in _containers(item)]


def describe(value: Any, seen: dict[int, int] | None = None) -> Any:
    """What a value is in JavaScript, in JSON: equal for equal values, with what they share.

    A description is a JSON scalar, or `[type, ...]`. Containers are numbered in the order in which
    they are met, members of objects by their sorted names; `["again", number]` stands for one met
    before. Inside a key of a Map and a member of a Set the numbers begin anew.
    """
    match value:
        case None | str() | bool():
            return value
        case int():
            return value if abs(value) <= 2**53 else ["bigint", str(value)]
        case float():
            return _describe_float(value)
        case datetime():
            return ["date", (value - EPOCH) // timedelta(milliseconds=1)]
        case re.Pattern():
            flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
            return ["regexp", value.pattern, "".join(f for f in flags if value.flags & flags[f])]
    seen = {} if seen is None else seen
    if id(value) in seen:
        return ["again", seen[id(value)]]
    seen[id(value)] = len(seen)
    match value:
        case set() | frozenset():
            return ["set", sorted(map(describe, value), key=json.dumps)]
        case dict() if all(isinstance(key, str) for key in value):
            names = sorted(value, key=lambda key: key.encode("utf-16-be"))
            return ["object", [[name, describe(value[name], seen)] for name in names]]
        case dict():
            return ["map", [[describe(key), describe(item, seen)] for key, item in value.items()]]
        case _:
            return ["array", [describe(item, seen) for item in value]]


def _describe_float(value: float) -> Any:
    if math.isnan(value):
        return ["number", "NaN"]
    if math.isinf(value):
        return ["number", "Infinity" if value > 0 else "-Infinity"]
    if not value and math.copysign(1, value) < 0:
        return ["number", "-0"]
    return int(value) if value.is_integer() else value
