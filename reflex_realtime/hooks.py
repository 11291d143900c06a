"""Hooks: what a feed tells whoever observes it.

A hook is a function that takes one frozen `FeedNotice`. Logging is the hook that is always there;
others are given to `configure(hooks=...)`, to a subscription's options or to a `RealtimeClient`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reflex_realtime.errors import RealtimeError


class NoticeKind(StrEnum):
    """What a notice is about."""

    CONNECTED = "connected"
    """The feed shows everything there is and waits for more: at its start, after each recovery."""
    POLLED = "polled"
    """An answer came (runs feed), or an event of a stream."""
    RETRIED = "retried"
    """The feed is down and will ask again."""
    RENEWED = "renewed"
    """Another access token was had, since the server refused the one before."""
    REJECTED = "rejected"
    """Something could not be read and was left out; the feed goes on. Told once for each."""
    LAGGED = "lagged"
    """A page's socket took no more for a while; what changed meanwhile was sent together after."""
    CLOSED = "closed"
    """The feed has ended: nobody follows it any more, it was complete, or it failed for good."""


@dataclass(frozen=True, slots=True)
class FeedNotice:
    """What happened to a feed.

    Attributes:
        kind: What the notice is about.
        feed: What is followed, in words: `the run 'run_1'`; of `lagged`, the state.
        error: Why: of `retried`, `rejected`, and of `closed` where the feed failed.
        seconds: Of `polled`, how long the answer took; of `retried`, the pause before the next
            request; of `lagged`, how long the socket took no more.
        count: Of `polled`, how many runs changed or parts arrived.
    """

    kind: NoticeKind
    feed: str
    error: RealtimeError | None = None
    seconds: float = 0.0
    count: int = 0


class FeedHook(Protocol):
    """Observes feeds.

    It is called in the event loop, so it must not block. An error that it raises is logged and
    does not reach the feed.
    """

    def __call__(self, notice: FeedNotice, /) -> None:
        """Take a notice.

        Args:
            notice: What happened.
        """
        ...
