"""What `patches.js` does in a page, for browsers without one."""

from __future__ import annotations

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
        items += piece if index % 2 else old[slice(*piece)]
    return items


def merged(known: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any] | None:
    """A state's delta with whole vars in the place of patches; None where they do not fit."""
    step = delta.get("realtime_revision")
    if not isinstance(step, dict):
        return delta
    if known.get("realtime_revision") != step["from"]:
        return None
    whole = {name: patched(known[name], patch) for name, patch in step["vars"].items()}
    return delta | whole | {"realtime_revision": step["to"]}
