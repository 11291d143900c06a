r"""SuperJSON: JSON, and beside it what JSON lacks, as the JavaScript SDK writes and reads it.

The form is `{"json": ..., "meta": {"values": tree, "referentialEqualities": ..., "v": 1}}`. A tree
is `{path: tree}`, `[type]` or `[type, {path: tree}]`. Segments of a path are joined by `.`, which
is written `\.` inside a key; from version 1 on a backslash is written `\\`. In a Map a path goes by
row and column (`0.1`), in a Set by place.

| JavaScript | read as | written from |
| --- | --- | --- |
| Date | `datetime` in UTC; text beyond year 9999 | `datetime`; a naive one counts as UTC |
| BigInt | `int` | `int` beyond 2**53 |
| NaN, Infinity, -Infinity, -0 | `float` | `float` |
| undefined | None | |
| Map | `dict`; a list of pairs where that loses an entry | mapping with a key that is no text |
| Set | `set`; a list where that loses a member | `set`, `frozenset` |
| RegExp | `re.Pattern`; its text where Python has no such flag or syntax | `re.Pattern` |
| Error | `dict` of its `name`, `message` and perhaps `cause` | exception |
| what is in several places | one object | lists, dicts and sets |
| URL, typed array, symbol, class, custom | what stands in the JSON | |
"""

from __future__ import annotations

from reflex_realtime.protocol.superjson.reading import loads
from reflex_realtime.protocol.superjson.writing import dumps, to_document

__all__ = ["dumps", "loads", "to_document"]
