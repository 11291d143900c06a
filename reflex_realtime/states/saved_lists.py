"""Growing lists in a state that is saved: in pieces that are pickled once."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from reflex_realtime.patches.patch import Patch, replaced, shifted
from reflex_realtime.states.saved import Saved

PIECE: Final = 256
"""How many items a piece has."""

Path: TypeAlias = tuple[str, ...]
"""Where a list is in a value: the keys or the fields that lead to it."""


class SavedLists(Saved):
    """A value of lists that are in pieces.

    Args:
        value: Lists in models or mappings, in models or mappings...

    Attributes:
        rest: The value, its lists empty.
    """

    def __init__(self, value: Any) -> None:
        self._lists = {path: _Pieces(items) for path, items in _lists_in(value)}
        self.rest: Any = _without_lists(value)

    def append(self, path: Path, items: list[Any], most: int | None) -> Patch:
        """Append items to a list; see the function `append`."""
        if path not in self._lists:
            append(self.rest, path, [])
            self._lists[path] = _Pieces([])
        pieces = self._lists[path]
        before, dropped = pieces.length, pieces.extend(items, most)
        return _grown(before, dropped, items)

    def put(self, key: str, inner: Any) -> None:
        """Add something to a mapping; see the function `put`."""
        self._lists |= {(key, *path): _Pieces(items) for path, items in _lists_in(inner)}
        self.rest[key] = _without_lists(inner)

    def drop(self, key: str) -> None:
        """Take something out of a mapping; see the function `drop`."""
        self._lists = {path: items for path, items in self._lists.items() if path[0] != key}
        del self.rest[key]

    def restored(self) -> Any:
        """The value."""
        for path, items in _lists_in(self.rest):
            items[:] = self._lists[path].items()
        return self.rest


class _Pieces:
    def __init__(self, items: list[Any]) -> None:
        self.length = 0
        self._sealed: list[bytes] = []
        self._open: list[Any] = []
        self._dropped = 0
        self.extend(items, None)

    def extend(self, items: list[Any], most: int | None) -> int:
        """Append items; return how many were dropped from the start."""
        self._open = [*self._open, *items]
        while len(self._open) >= PIECE:
            self._sealed.append(pickle.dumps(self._open[:PIECE]))
            del self._open[:PIECE]
        self.length += len(items)
        excess = max(0, self.length - most) if most else 0
        self.length -= excess
        self._dropped += excess
        while self._dropped >= PIECE and self._sealed:
            self._dropped -= PIECE
            del self._sealed[0]
        return excess

    def items(self) -> list[Any]:
        items = [item for piece in self._sealed for item in pickle.loads(piece)] + self._open
        return items[self._dropped :]


def append(value: Any, path: Path, items: list[Any], most: int | None = None) -> Patch:
    """Append items to a list in a value, wherever the value has its lists.

    Args:
        value: The value.
        path: Where the list is, empty for a value that is one. Where there is none it is added to
            the mapping that it leads to.
        items: What is appended.
        most: How many items are kept, the last; None for all.

    Returns:
        What has changed in the list.
    """
    if isinstance(value, SavedLists):
        return value.append(path, items, most)
    known = _list_at(value, path)
    before = len(known)
    known.extend(items)
    dropped = max(0, len(known) - most) if most else 0
    del known[:dropped]
    return _grown(before, dropped, items)


def _list_at(value: Any, path: Path) -> list[Any]:
    if not path:
        return value
    *way, name = path
    for key in way:
        value = _inside(value)[key]
    return value.setdefault(name, []) if isinstance(value, dict) else getattr(value, name)


def keys(value: Any) -> set[str]:
    """The keys of a mapping, wherever it has its lists."""
    return {*(value.rest if isinstance(value, SavedLists) else value)}


def put(value: Any, key: str, inner: Any) -> None:
    """Add something to a mapping, wherever it has its lists.

    Args:
        value: The mapping.
        key: The key, a new one.
        inner: What is added, with lists of its own.
    """
    if isinstance(value, SavedLists):
        value.put(key, inner)
    else:
        value[key] = inner


def drop(value: Any, key: str) -> None:
    """Take something out of a mapping, wherever it has its lists."""
    if isinstance(value, SavedLists):
        value.drop(key)
    else:
        del value[key]


def _grown(before: int, dropped: int, items: list[Any]) -> Patch:
    """What became of a list of so many items, of which some were dropped before others came."""
    kept = items[max(0, dropped - before) :]
    return shifted(dropped, before, kept) if dropped < before else replaced(kept)


def saved(value: Any) -> Any:
    """A value as it is to be saved: in pieces where it is long."""
    is_long = any(len(items) > PIECE for _, items in _lists_in(value))
    return SavedLists(value) if is_long else value


def _lists_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    if isinstance(value, list):
        yield path, value
    else:
        for key, inner in _inside(value).items():
            yield from _lists_in(inner, (*path, key))


def _without_lists(value: Any) -> Any:
    if isinstance(value, list):
        return []
    inside = {key: _without_lists(inner) for key, inner in _inside(value).items()}
    return value.model_copy(update=inside) if isinstance(value, BaseModel) else inside or value


def _inside(value: Any) -> Mapping[str, Any]:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return value if isinstance(value, dict) else {}
