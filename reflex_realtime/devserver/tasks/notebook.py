"""What a task wants written, noted by its thread and written by the event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from reflex_realtime.devserver.metadata import Operation


class RunCancelled(BaseException):
    """Raised in a plain function to stop it: its run was cancelled or took too long.

    Like `asyncio.CancelledError` it is no `Exception`, so that `except Exception` lets it pass.
    """


@dataclass(slots=True)
class Notes:
    """What is to be written.

    Attributes:
        operations: Changes to the metadata.
        tags: New tags.
        lines: New lines per stream.
    """

    operations: list[Operation] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)


class Notebook:
    """The notes of one attempt.

    Args:
        changed: Called, from any thread, when there is something to write again.

    Attributes:
        lock: Held by whoever reads and then changes.
        stopped: Whether the task is to stop; nothing is noted any more.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.lock: threading.RLock = threading.RLock()
        self.stopped = False
        self._changed = changed
        self._notes: Notes | None = None

    def edit(self, change: Callable[[Notes], None]) -> None:
        """Note something.

        Raises:
            RunCancelled: The task is to stop.
        """
        with self.lock:
            self.check()
            first = self._notes is None
            self._notes = self._notes or Notes()
            change(self._notes)
        if first:
            self._changed()

    def check(self) -> None:
        """Stop the task if it is to stop.

        Raises:
            RunCancelled: It is.
        """
        if self.stopped:
            raise RunCancelled("The run was cancelled or took too long.")

    def take(self) -> Notes | None:
        """Take what is to be written, None when there is nothing."""
        with self.lock:
            notes, self._notes = self._notes, None
            return notes
