"""What a feed reports to whoever follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from reflex_realtime.errors import RealtimeError
from reflex_realtime.models import RealtimeRun, StreamPart


@dataclass(frozen=True, slots=True)
class FeedLive:
    """The feed has shown everything there is and waits for changes."""


@dataclass(frozen=True, slots=True)
class FeedRetrying:
    """The feed is down and will ask again.

    Attributes:
        error: Why.
        delay: In how many seconds it asks again.
    """

    error: RealtimeError
    delay: float


@dataclass(frozen=True, slots=True)
class RunsChanged:
    """Runs appeared, changed or vanished.

    Attributes:
        runs: The runs as they stand now, in the order in which they changed.
        removed: The ids of runs that are gone.
        snapshot: Whether these are all the runs there are: true for a feed's first answer.
    """

    runs: tuple[RealtimeRun[Any, Any], ...] = ()
    removed: tuple[str, ...] = ()
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class PartsAdded:
    """Parts arrived on a stream.

    Attributes:
        stream: The stream's name.
        parts: The new parts, in order.
    """

    stream: str
    parts: tuple[StreamPart, ...]


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """A stream of the run ended in an error; the run's feed goes on.

    Attributes:
        stream: The stream's name.
        error: Why.
    """

    stream: str
    error: RealtimeError


RunFeedEvent: TypeAlias = FeedLive | FeedRetrying | RunsChanged
StreamFeedEvent: TypeAlias = FeedLive | FeedRetrying | PartsAdded
FeedEvent: TypeAlias = FeedLive | FeedRetrying | RunsChanged | PartsAdded | StreamFailed
