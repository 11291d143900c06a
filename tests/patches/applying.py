"""What `patches.js` does in a page, for browsers without one."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from reflex_realtime.patches.patch import Patch


def patched(value: Any, patch: Patch) -> Any:
    """A value with a patch applied; the value stays as it is."""
    if "v" in patch:
        return patch["v"]
    if "o" in patch:
        result = {key: old for key, old in value.items() if key not in patch.get("d", ())}
        changes = {key: patched(value.get(key), change) for key, change in patch["o"].items()}
        return result | changes
    items = _pieced(value, patch["l"]) if "l" in patch else list(value)
    for index, change in patch.get("c", ()):
        items[index] = patched(items[index], change)
    return items


def _pieced(old: list[Any], pieces: list[list[Any]]) -> list[Any]:
    items: list[Any] = []
    for index, piece in enumerate(pieces):
        items += _new_items(piece) if index % 2 else old[slice(*piece)]
    return items


def _new_items(piece: Any) -> list[Any]:
    if isinstance(piece, list):
        return piece
    units, lengths = piece["t"].encode("utf-16-le", "surrogatepass"), piece["n"]
    if isinstance(lengths, int):
        lengths = [lengths] * (len(units) // 2 // lengths)
    ends = [2 * end for end in accumulate(lengths)]
    starts = [0, *ends[:-1]]
    cut = [units[start:end] for start, end in zip(starts, ends, strict=True)]
    return [part.decode("utf-16-le", "surrogatepass") for part in cut]


def merged(known: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any] | None:
    """A state's delta with whole vars in the place of patches; None where they do not fit."""
    step = delta.get("realtime_revision")
    if not isinstance(step, list):
        return delta
    before, after, vars = step
    if known.get("realtime_revision") != before:
        return None
    whole = {name: patched(known[name], patch) for name, patch in vars.items()}
    return delta | whole | {"realtime_revision": after}
