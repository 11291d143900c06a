"""The rows of a shape, merged from its messages.

Facts: an `insert` is the whole row, and may come again, even as it was a moment ago; an `update`
has the changed columns (Electric) or all of them (native backend); a `delete` has the key columns
only. What is merged is shown when the server says that it is complete, and not before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reflex_realtime.protocol.json_values import as_object
from reflex_realtime.protocol.shape import Message, Row


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What a reader sees when a batch is complete.

    Attributes:
        changed: The changed rows, whole, in the order in which they were first touched.
        removed: The rows that are gone, as they last stood.
    """

    changed: tuple[Row, ...] = ()
    removed: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)


@dataclass(slots=True)
class RowLog:
    """Merges messages into rows.

    Any split of the messages into batches and any repetition of a stretch of them come to the
    same rows.
    """

    _rows: dict[str, Row] = field(default_factory=dict[str, Row])
    _shown: dict[str, Row] = field(default_factory=dict[str, Row])
    _touched: dict[str, None] = field(default_factory=dict[str, None])

    def apply(self, messages: Iterable[Message]) -> list[str]:
        """Merge messages into the rows.

        Args:
            messages: The messages that carry a row, in order.

        Returns:
            What could not be merged, in words; it is left out.
        """
        problems: list[str] = []
        for message in messages:
            key: str = message["key"]
            value = as_object(message.get("value"))
            operation = as_object(message.get("headers")).get("operation")
            if operation == "update":
                self._rows[key] = {**self._rows.get(key, {}), **value}
            elif operation == "insert":
                if not _is_older(value, self._rows.get(key, {})):
                    self._rows[key] = value
            elif operation == "delete":
                self._rows.pop(key, None)
            else:
                problems.append(f"a row with the unknown operation {repr(operation)[:80]}")
                continue
            self._touched[key] = None
        return problems

    def complete(self) -> RowChanges:
        """Show what was merged since the last time.

        Returns:
            The rows that are different from what was shown, and those that are gone.
        """
        touched, self._touched = self._touched, {}
        changed: list[Row] = []
        removed: list[Row] = []
        for key in touched:
            row, shown = self._rows.get(key), self._shown.get(key)
            if row is None:
                if shown is not None:
                    removed.append(self._shown.pop(key))
            elif row != shown:
                self._shown[key] = row
                changed.append(row)
        return RowChanges(tuple(changed), tuple(removed))

    def void(self) -> None:
        """Forget all rows; what the refetch does not bring back is shown as removed."""
        self._rows.clear()
        self._touched = dict.fromkeys(self._shown)


def _is_older(row: Row, known: Row) -> bool:
    """Whether a row was read from the database before the one that is known.

    The native back end may answer a catch-up with rows that it has kept for a second. The times
    of one back end have one form, so they can be compared as text.
    """
    was, now = row.get("updatedAt"), known.get("updatedAt")
    return isinstance(was, str) and isinstance(now, str) and was < now
