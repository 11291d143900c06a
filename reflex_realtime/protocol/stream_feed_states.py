"""The states of a stream feed and what each event makes of them.

`docs/protocol.md` has the table. As for a runs feed, a state is immutable and `after` is the one
transition function. What was read is kept apart, in the `PartLog`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from reflex_realtime.errors import RealtimeError
from reflex_realtime.protocol.feed_inputs import (
    Interrupted,
    Left,
    Malformed,
    Refused,
    Rejected,
    Renewed,
    Woken,
)


class StreamPhase(StrEnum):
    """What a stream feed does."""

    OPENING = "opening"
    """Asks for the stream from where it was read to."""
    READING = "reading"
    """The stream is open; parts come as they are written."""
    PAUSING = "pausing"
    """Waits before it opens the stream again."""
    RENEWING = "renewing"
    """Gets another access token, then opens the stream again."""
    FAILED = "failed"
    """Has ended in an error."""
    CLOSED = "closed"
    """Has ended without one."""


ENDED: Final = frozenset({StreamPhase.FAILED, StreamPhase.CLOSED})


@dataclass(frozen=True, slots=True)
class Opened:
    """The server has begun to answer with an event stream."""


@dataclass(frozen=True, slots=True)
class Received:
    """An event came that was not known."""


@dataclass(frozen=True, slots=True)
class Rested:
    """The server closed the stream for want of data, and more may come.

    Attributes:
        held: Whether it had held the stream open for a while.
    """

    held: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The server closed the stream, and nothing more is to come."""


StreamFeedInput: TypeAlias = (
    Opened
    | Received
    | Rested
    | Finished
    | Malformed
    | Refused
    | Interrupted
    | Rejected
    | Woken
    | Renewed
    | Left
)


@dataclass(frozen=True, slots=True)
class StreamFeedState:
    """Where a stream feed stands.

    Attributes:
        phase: What it does.
        failures: How many connections in a row brought nothing new; sets the length of a pause.
        error: Why it pauses, renews or has failed; None where a pause is mere courtesy.
        renewed: Whether the access token was renewed just before this request.
        proven: Whether the server has ever answered with an event stream.
    """

    phase: StreamPhase = StreamPhase.OPENING
    failures: int = 0
    error: RealtimeError | None = None
    renewed: bool = False
    proven: bool = False


def after(state: StreamFeedState, event: StreamFeedInput) -> StreamFeedState:
    """The state after an event.

    Args:
        state: The state.
        event: What happened. An event that cannot happen in the state leaves it as it is.

    Returns:
        The next state.
    """
    if state.phase in ENDED:
        return state
    if isinstance(event, Left):
        return replace(state, phase=StreamPhase.CLOSED, error=None)
    match state.phase:
        case StreamPhase.OPENING:
            return _after_answer(state, event)
        case StreamPhase.READING:
            return _while_reading(state, event)
        case StreamPhase.PAUSING:
            return _opening(state) if isinstance(event, Woken) else state
        case _:
            return _after_renewal(state, event)


def _after_answer(state: StreamFeedState, event: StreamFeedInput) -> StreamFeedState:
    match event:
        case Opened():
            return replace(state, phase=StreamPhase.READING, renewed=False, proven=True)
        case Refused(error=error, renewable=True) if not state.renewed:
            return replace(state, phase=StreamPhase.RENEWING, error=error)
        case Malformed(error=error) if state.proven:
            return _pausing(state, error)
        case Interrupted(error=error):
            return _pausing(state, error)
        case Malformed(error=error) | Refused(error=error) | Rejected(error=error):
            return _failed(state, error)
        case _:
            return state


def _while_reading(state: StreamFeedState, event: StreamFeedInput) -> StreamFeedState:
    match event:
        case Received():
            return replace(state, failures=0)
        case Rested(held=True):
            return _pausing(replace(state, failures=0), None)
        case Rested():
            return _pausing(state, None)
        case Interrupted(error=error) | Malformed(error=error):
            return _pausing(state, error)
        case Finished():
            return replace(state, phase=StreamPhase.CLOSED)
        case _:
            return state


def _after_renewal(state: StreamFeedState, event: StreamFeedInput) -> StreamFeedState:
    match event:
        case Renewed():
            return replace(_opening(state), renewed=True)
        case Interrupted(error=error):
            return _pausing(state, error)
        case Rejected(error=error):
            return _failed(state, error)
        case _:
            return state


def _opening(state: StreamFeedState) -> StreamFeedState:
    return replace(state, phase=StreamPhase.OPENING, error=None)


def _pausing(state: StreamFeedState, error: RealtimeError | None) -> StreamFeedState:
    failures = state.failures + 1
    phase = StreamPhase.PAUSING
    return replace(state, phase=phase, failures=failures, error=error, renewed=False)


def _failed(state: StreamFeedState, error: RealtimeError) -> StreamFeedState:
    return replace(state, phase=StreamPhase.FAILED, error=error)
