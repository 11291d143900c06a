"""What can happen to a feed of either kind: the inputs that their states have in common."""

from __future__ import annotations

from dataclasses import dataclass

from reflex_realtime.errors import RealtimeError


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not accept the access token (401, 403).

    Attributes:
        error: The refusal.
        renewable: Whether another token can be had.
    """

    error: RealtimeError
    renewable: bool


@dataclass(frozen=True, slots=True)
class Interrupted:
    """No answer, or one that may be another the next time (408, 429, 5xx); a broken connection.

    Attributes:
        error: Why.
    """

    error: RealtimeError


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that will be the same the next time (other 4xx), or a request that can't be sent.

    Attributes:
        error: Why.
    """

    error: RealtimeError


@dataclass(frozen=True, slots=True)
class Malformed:
    """A success that is not the protocol.

    Attributes:
        error: What is wrong with it.
    """

    error: RealtimeError


@dataclass(frozen=True, slots=True)
class Woken:
    """The pause is over, or was cut short."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """Another access token was had."""


@dataclass(frozen=True, slots=True)
class Left:
    """Nobody follows the feed any more."""
