"""Word of what changed: waiters per topic, woken when a commit touches theirs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator

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


class Changes:
    """Who waits for what.

    Attributes:
        closed: Whether the server is stopping; nothing waits any more.
    """

    def __init__(self) -> None:
        self.closed = False
        self._waiters: dict[str, set[asyncio.Event]] = {}

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
