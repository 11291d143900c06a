"""JSON values made by chance, and what becomes of them."""

from __future__ import annotations

from random import Random
from typing import Any

KEYS = ["a", "b", "c", "v", "o", "l", "__proto__", "constructor", "1", "0"]
SCALARS = [None, True, False, 0, 1, 2, -1, 0.0, 1.0, 1.5, "", "a", "b", "__proto__"]


def some_value(chance: Random, depth: int = 3) -> Any:
    """A JSON value."""
    kind = chance.choice(["scalar", "list", "object"]) if depth else "scalar"
    if kind == "list":
        return [some_value(chance, depth - 1) for _ in range(chance.randrange(5))]
    if kind == "object":
        keys = chance.sample(KEYS, chance.randrange(5))
        return {key: some_value(chance, depth - 1) for key in keys}
    return chance.choice(SCALARS)


def changed(chance: Random, value: Any) -> Any:
    """A value that has much in common with another."""
    if isinstance(value, list) and value and chance.random() < 0.8:
        return _changed_list(chance, value)
    if isinstance(value, dict) and value and chance.random() < 0.8:
        return _changed_object(chance, value)
    return some_value(chance)


def _changed_list(chance: Random, value: list[Any]) -> list[Any]:
    index = chance.randrange(len(value))
    before, item, after = value[:index], value[index], value[index + 1 :]
    match chance.choice(["change", "insert", "remove", "append"]):
        case "change":
            return [*before, changed(chance, item), *after]
        case "insert":
            return [*before, some_value(chance), item, *after]
        case "remove":
            return [*before, *after]
        case _:
            return [*value, some_value(chance)]


def _changed_object(chance: Random, value: dict[str, Any]) -> dict[str, Any]:
    key = chance.choice([*value])
    rest = {other: item for other, item in value.items() if other != key}
    match chance.choice(["change", "remove", "add", "reorder"]):
        case "change":
            return value | {key: changed(chance, value[key])}
        case "remove":
            return rest
        case "reorder":
            return rest | {key: value[key]}
        case _:
            return value | {chance.choice(KEYS): some_value(chance)}
