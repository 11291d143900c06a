"""Word of what changed: waiters per topic, woken when a commit touches theirs, and listeners."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from reflex_realtime.devserver.store.runs import RunRecord

QUEUE = "queue"
"""Topic: a run became ready to be worked on."""
RUNS = "runs"
"""Topic: any run changed."""


def run_topic(run_id: str) -> str:
    """Topic: this run changed."""
    return f"run:{run_id}"


def cancel_topic(run_id: str) -> str:
    """Topic: this run was cancelled."""
    return f"cancel:{run_id}"


def tag_topic(tag: str) -> str:
    """Topic: a run with this tag changed."""
    return f"tag:{tag}"


def batch_topic(batch_id: str) -> str:
    """Topic: a run of this batch changed."""
    return f"batch:{batch_id}"


def stream_topic(run_id: str, stream: str) -> str:
    """Topic: this stream grew."""
    return f"stream:{run_id}/{stream}"


def waitpoint_topic(waitpoint_id: str) -> str:
    """Topic: this wait token was completed."""
    return f"waitpoint:{waitpoint_id}"


@dataclass(frozen=True, slots=True)
class RunChange:
    """One change of one run.

    Attributes:
        run_id: The run.
        seq: Number of the change in the order of all changes.
        run: The run after it; None when it was deleted.
        topics: The topics of the run before and after it.
    """

    run_id: str
    seq: int
    run: RunRecord | None
    topics: frozenset[str]


Listener: TypeAlias = Callable[[Sequence[RunChange]], None]
"""Called with the changes of each transaction, in their order, before waiters are woken."""


class Changes:
    """Who waits for what.

    Attributes:
        closed: Whether the server is stopping; nothing waits any more.
    """

    def __init__(self) -> None:
        self.closed: bool = False
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Have every change told, one transaction at a time."""
        self._listeners.append(listener)

    def tell(self, changes: Sequence[RunChange]) -> None:
        """Tell the listeners what one transaction changed."""
        for listener in self._listeners:
            listener(changes)

    def publish(self, topics: Iterable[str]) -> None:
        """Wake whoever waits for one of these topics."""
        for topic in topics:
            for waiter in self._waiters.get(topic, ()):
                waiter.set()

    def open(self) -> None:
        """Let waiters wait again."""
        self.closed = False

    def close(self) -> None:
        """Wake everybody: the server stops."""
        self.closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.set()

    @contextlib.contextmanager
    def watching(self, *topics: str) -> Iterator[asyncio.Event]:
        """Watch topics. Clear the event, look at the store, then wait for the event.

        Args:
            *topics: What to watch.

        Yields:
            An event that is set by every change of a topic.
        """
        waiter = asyncio.Event()
        for topic in topics:
            self._waiters.setdefault(topic, set()).add(waiter)
        try:
            yield waiter
        finally:
            for topic in topics:
                waiters = self._waiters[topic]
                waiters.discard(waiter)
                if not waiters:
                    del self._waiters[topic]
