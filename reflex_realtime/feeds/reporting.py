"""What a feed tells its hooks."""

from __future__ import annotations

from typing import Final

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.hooks import FeedNotice, NoticeKind

REMEMBERED: Final = 1000
"""How many rejections a feed remembers, so as to tell each of them once."""


class Reporter:
    """Tells the hooks of a connection about one feed.

    Args:
        connection: Has the hooks.
        feed: What is followed, in words.
    """

    def __init__(self, connection: Connection, feed: str) -> None:
        self.feed = feed
        self._connection = connection
        self._rejected: dict[str, None] = {}

    def tell(
        self, kind: NoticeKind, error: RealtimeError | None = None, *, seconds: float = 0.0
    ) -> None:
        """Tell what happened.

        Args:
            kind: What it is about.
            error: Why, where something went wrong.
            seconds: How long the pause is, of `retried`.
        """
        self._connection.tell(FeedNotice(kind, self.feed, error, seconds))

    def polled(self, seconds: float, count: int) -> None:
        """Tell that an answer came.

        Args:
            seconds: How long it took.
            count: How many runs changed, or parts came.
        """
        notice = FeedNotice(NoticeKind.POLLED, self.feed, seconds=seconds, count=count)
        self._connection.tell(notice)

    def rejected(self, error: RealtimeError) -> None:
        """Tell that something could not be read, unless that was told before.

        Args:
            error: What, and why.
        """
        if error.message in self._rejected:
            return
        if len(self._rejected) == REMEMBERED:
            del self._rejected[next(iter(self._rejected))]
        self._rejected[error.message] = None
        self.tell(NoticeKind.REJECTED, error)
