"""What changed in a JSON value, said in a JSON value.

A patch is one of

- `{"v": value}`: another value altogether;
- `{"o": {key: patch}, "d": [key, ...]}`: an object, some of whose keys changed, were added (at the
  end) or deleted;
- `{"l": [[from, to], [item, ...], [from, to], ...], "c": [[index, patch], ...]}`: a list, put
  together from stretches of the old one and new items by turns; then some of its items changed,
  by their new index. Each of the two may be left out. New items that are texts may come as
  `{"t": text, "n": lengths}`: all of them joined, and how many UTF-16 units each has, which is one
  number where it is the same for all.

`patches.js` applies them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Patch: TypeAlias = dict[str, Any]


def replaced(value: Any) -> Patch:
    """Another value altogether.

    Args:
        value: The value as it is now.
    """
    return {"v": value}


def changed_keys(changes: Mapping[str, Patch], deleted: Iterable[str] = ()) -> Patch:
    """An object, some of whose keys changed.

    Args:
        changes: What changed, by key; keys that are new are behind the others.
        deleted: The keys that are gone.
    """
    gone = list(deleted)
    return {"o": dict(changes)} | ({"d": gone} if gone else {})


def shifted(start: int, length: int, items: Sequence[Any]) -> Patch:
    """A list that grew at its end, and maybe lost its start.

    Args:
        start: How many items it has lost.
        length: How long it was.
        items: What was appended.
    """
    return {"l": [[start, length], _joined(items)]}


def _joined(items: Sequence[Any]) -> Any:
    if len(items) < 2 or not all(isinstance(item, str) for item in items):
        return list(items)
    lengths = [_utf16_length(item) for item in items]
    is_even = lengths[0] > 0 and lengths.count(lengths[0]) == len(lengths)
    return {"t": "".join(items), "n": lengths[0] if is_even else lengths}


def _utf16_length(text: str) -> int:
    """How long JavaScript takes a text for."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def changed_items(changes: Mapping[int, Patch]) -> Patch:
    """A list, some of whose items changed.

    Args:
        changes: What changed, by index.
    """
    return {"c": [list(change) for change in changes.items()]}


def rearranged(
    old: Sequence[str],
    new: Sequence[str],
    added: Mapping[str, Any],
    changes: Mapping[str, Patch],
) -> Patch:
    """A list of rows, some of which were added, removed or moved, or changed meanwhile.

    Args:
        old: The keys of the rows as they were, in order.
        new: The keys of the rows as they are now, in order.
        added: The rows that are new, by key.
        changes: What changed in rows that were there before, by key.
    """
    places = {key: index for index, key in enumerate(old)}
    pieces: list[list[Any]] = [[0, 0]]
    for key in new:
        place = places.get(key)
        is_copying = len(pieces) % 2 == 1
        if place is None:
            if is_copying:
                pieces.append([])
            pieces[-1].append(added[key])
        elif is_copying and pieces[-1][1] == place:
            pieces[-1][1] += 1
        elif is_copying and pieces[-1][1] == pieces[-1][0]:
            pieces[-1] = [place, place + 1]
        else:
            pieces += [[], [place, place + 1]] if is_copying else [[place, place + 1]]
    patch: Patch = {"l": pieces}
    if changes:
        indices = {key: index for index, key in enumerate(new)}
        patch["c"] = [[indices[key], change] for key, change in changes.items()]
    return patch


def difference(old: Any, new: Any) -> Patch | None:
    """What makes one JSON value of another.

    Args:
        old: The value as it was.
        new: The value as it is now.

    Returns:
        The patch; None where they are the same.
    """
    if old is new:
        return None
    if isinstance(old, dict) and isinstance(new, dict):
        return _object_difference(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _list_difference(old, new)
    # True, 1 and 1.0 are equal to Python, and three things to a page.
    return None if type(old) is type(new) and old == new else replaced(new)


def _object_difference(old: dict[str, Any], new: dict[str, Any]) -> Patch | None:
    deleted = [key for key in old if key not in new]
    changes = {
        key: change
        for key, value in new.items()
        if (change := difference(old[key], value) if key in old else replaced(value))
    }
    if not changes and list(old) == list(new):
        return None
    # A page shows keys in their order.
    kept = [key for key in old if key in new]
    return changed_keys(changes, deleted) if [*new][: len(kept)] == kept else replaced(new)


def _list_difference(old: list[Any], new: list[Any]) -> Patch | None:
    if len(old) == len(new):
        changes = {
            index: change
            for index, (before, after) in enumerate(zip(old, new, strict=True))
            if (change := difference(before, after))
        }
        return changed_items(changes) if changes else None
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if difference(old[i], new[i])), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if difference(old[-1 - i], new[-1 - i])), rest)
    pieces = [[0, start], new[start : len(new) - end], [len(old) - end, len(old)]]
    return {"l": pieces if end else pieces[:2]}
