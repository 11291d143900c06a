"""What a feed reports to whoever follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from reflex_realtime.errors import RealtimeError
from reflex_realtime.models import AnyRun, RunStatus, StreamPart

if TYPE_CHECKING:
    # States read these events, and shouldn't bring all decoders with their import.
    from reflex_realtime.protocol.columns import ColumnTypes
    from reflex_realtime.protocol.runs import Packets
    from reflex_realtime.protocol.shape import Row
    from reflex_realtime.protocol.streams import StreamCursor


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
class RowsChanged:
    """Rows of runs appeared, changed or vanished.

    Attributes:
        rows: The rows as they stand now, in the order in which they changed.
        removed: The ids of the runs that are gone.
        snapshot: Whether these are all the rows there are: true for a feed's first answer.
        schema: The column types.
        packets: Packets that are stored elsewhere, by the identity of the row and by field.
    """

    rows: tuple[Row, ...]
    removed: tuple[str, ...]
    snapshot: bool
    schema: ColumnTypes
    packets: Mapping[int, Packets]


@dataclass(frozen=True, slots=True)
class RunsChanged:
    """Runs appeared, changed or vanished.

    Attributes:
        runs: The runs as they stand now, in the order in which they changed.
        removed: The ids of runs that are gone.
        snapshot: Whether these are all the runs there are: true for a feed's first answer.
    """

    runs: tuple[AnyRun, ...] = ()
    removed: tuple[str, ...] = ()
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many runs of a set there are.

    Attributes:
        statuses: How many are in each status; statuses that no run has are missing.
        first_created_at: When the first one was created; None where there is none.
        last_created_at: When the last one was created; None where there is none.
        last_finished_at: When the last of those that have ended did; None where none has.
    """

    statuses: dict[RunStatus, int]
    first_created_at: datetime | None = None
    last_created_at: datetime | None = None
    last_finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunSetChanged:
    """Runs of a set appeared, changed or vanished.

    Attributes:
        changed: All of them.
        shown: Those of them that appeared, changed or vanished in what is shown.
        counts: How many there are now.
        present: Gives all runs of the set as they are when it is called, in order.
    """

    changed: RunsChanged
    shown: RunsChanged
    counts: RunCounts
    present: Callable[[], list[AnyRun]]


@dataclass(frozen=True, slots=True)
class PartsAdded:
    """Parts arrived on a stream.

    Attributes:
        run_id: The run.
        stream: The stream's name.
        parts: The new parts, in order.
        cursor: Where the stream goes on behind them.
    """

    run_id: str
    stream: str
    parts: tuple[StreamPart, ...]
    cursor: StreamCursor


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """A stream of a run ended in an error; the run's feed goes on.

    Attributes:
        run_id: The run.
        stream: The stream's name.
        error: Why.
    """

    run_id: str
    stream: str
    error: RealtimeError


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """A stream that was followed by itself has been quiet for so long that it counts as ended.

    Attributes:
        run_id: The run.
        stream: The stream's name.
    """

    run_id: str
    stream: str


@dataclass(frozen=True, slots=True)
class BatchSized:
    """The size of a batch is known.

    Attributes:
        run_count: How many runs it has in all.
    """

    run_count: int


@dataclass(frozen=True, slots=True)
class BatchSizeUnknown:
    """The server does not say how large a batch is; its feed goes on.

    Attributes:
        error: Why.
    """

    error: RealtimeError


StreamKey: TypeAlias = tuple[str, str]
"""A run and one of its streams."""

RowFeedEvent: TypeAlias = FeedLive | FeedRetrying | RowsChanged
RunFeedEvent: TypeAlias = FeedLive | FeedRetrying | RunsChanged
StreamFeedEvent: TypeAlias = FeedLive | FeedRetrying | PartsAdded
FeedEvent: TypeAlias = (
    FeedLive
    | FeedRetrying
    | RunsChanged
    | RunSetChanged
    | PartsAdded
    | StreamFailed
    | StreamEnded
    | BatchSized
    | BatchSizeUnknown
)
