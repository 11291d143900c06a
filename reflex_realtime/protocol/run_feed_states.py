"""The states of a runs feed and what each event makes of them.

`docs/protocol.md` has the table. A state is immutable; `after` is the one transition function. It
decides what the feed does next and nothing else: asking, waiting and telling are the feed's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from reflex_realtime.errors import ProtocolError, RealtimeError
from reflex_realtime.protocol.feed_inputs import (
    Interrupted,
    Left,
    Malformed,
    Refused,
    Rejected,
    Renewed,
    Woken,
)
from reflex_realtime.protocol.shape import ShapePosition

GIVE_UP_AFTER: Final = 10
"""How many answers in a row may lead nowhere before a feed ends that has never been live. One
that has been live goes on asking: what worked once may work again."""

RESTART_AFTER: Final = 4
"""After every so many of them all is read anew: the position itself may be what is wrong."""

START: Final = ShapePosition()

NEVER_UP_TO_DATE: Final = ProtocolError(
    "The server answers, but never says that everything has been sent.",
    remedy="It may recover; it is asked again, more and more slowly. Check what stands between "
    "here and the server: a cache, a proxy.",
)


class Phase(StrEnum):
    """What a runs feed does."""

    LOADING = "loading"
    """Asks for what there is; the answer comes at once."""
    LIVE = "live"
    """Everything was read; asks for changes, and the server holds the request."""
    PAUSING = "pausing"
    """Waits before it asks again from where it stands; after an error without being held."""
    RENEWING = "renewing"
    """Gets another access token, then asks again for the same."""
    FAILED = "failed"
    """Has ended in an error."""
    CLOSED = "closed"
    """Has ended without one."""


ENDED: Final = frozenset({Phase.FAILED, Phase.CLOSED})


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """An answer after which nothing more is to be read.

    Attributes:
        position: The position after it.
    """

    position: ShapePosition


@dataclass(frozen=True, slots=True)
class Advanced:
    """An answer with rows after which there is more to read.

    Attributes:
        position: The position after it.
    """

    position: ShapePosition


@dataclass(frozen=True, slots=True)
class Idled:
    """An answer that came at once and brought nothing.

    Attributes:
        position: The position after it.
    """

    position: ShapePosition


@dataclass(frozen=True, slots=True)
class Voided:
    """An answer that says that what was read so far is void.

    Attributes:
        headers: The answer's headers, names in lower case; one may name the new handle.
    """

    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stale:
    """An answer of a handle that the server has given up: a cache's, not the server's.

    Attributes:
        cache_buster: Something that no request has said before.
    """

    cache_buster: str


RunFeedInput: TypeAlias = (
    CaughtUp
    | Advanced
    | Idled
    | Voided
    | Stale
    | Malformed
    | Refused
    | Interrupted
    | Rejected
    | Woken
    | Renewed
    | Left
)


@dataclass(frozen=True, slots=True)
class RunFeedState:
    """Where a runs feed stands.

    Attributes:
        phase: What it does.
        position: What it asks for next.
        failures: How many turns brought it no further since a poll was last answered; sets the
            length of a pause.
        barren: How many answers led nowhere since then.
        error: Why it pauses, renews or has failed; None where a pause is mere courtesy.
        renewed: Whether the access token was renewed just before this request.
        proven: Whether the feed has ever been live.
    """

    phase: Phase = Phase.LOADING
    position: ShapePosition = START
    failures: int = 0
    barren: int = 0
    error: RealtimeError | None = None
    renewed: bool = False
    proven: bool = False


def after(state: RunFeedState, event: RunFeedInput) -> RunFeedState:
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
        return replace(state, phase=Phase.CLOSED, error=None)
    if state.phase is Phase.PAUSING:
        return _after_pause(state) if isinstance(event, Woken) else state
    if state.phase is Phase.RENEWING:
        return _after_renewal(state, event)
    return _after_answer(state, event)


def _after_pause(state: RunFeedState) -> RunFeedState:
    """Ask again; after an error for what there is, which shows at once whether the server is back.

    A poll would show it only when the server lets go of it.
    """
    position = state.position.catching_up() if state.error else state.position
    return _asking(state, position)


def _after_renewal(state: RunFeedState, event: RunFeedInput) -> RunFeedState:
    match event:
        case Renewed():
            return replace(_asking(state, state.position), renewed=True)
        case Interrupted(error=error):
            return _pausing(state, error)
        case Rejected(error=error):
            return _failed(state, error)
        case _:
            return state


def _after_answer(state: RunFeedState, event: RunFeedInput) -> RunFeedState:
    match event:
        case CaughtUp(position=position) if state.phase is Phase.LIVE:
            return RunFeedState(Phase.LIVE, position, proven=True)
        case CaughtUp(position=position):
            # The failures are not over: the server may answer this and still fail every poll.
            return replace(_asking(state, position), renewed=False, proven=True)
        case Advanced(position=position):
            return replace(_asking(state, position), renewed=False)
        case Idled(position=position) if position.live:
            return _pausing(replace(state, position=position, barren=0, proven=True), None)
        case Idled(position=position):
            return _led_nowhere(replace(state, position=position), NEVER_UP_TO_DATE)
        case Voided(headers=headers):
            return _voided(state, headers)
        case Stale(cache_buster=cache_buster):
            position = state.position.busting(cache_buster)
            return _led_nowhere(replace(state, position=position), NEVER_UP_TO_DATE)
        case _:
            return _after_fault(state, event)


def _after_fault(state: RunFeedState, event: RunFeedInput) -> RunFeedState:
    match event:
        case Interrupted(error=error):
            return _pausing(state, error)
        case Malformed(error=error) if state.proven:
            return _led_nowhere(state, error)
        case Refused(error=error, renewable=True) if not state.renewed:
            return replace(state, phase=Phase.RENEWING, error=error)
        case Malformed(error=error) | Refused(error=error) | Rejected(error=error):
            return _failed(state, error)
        case _:
            return state


def _voided(state: RunFeedState, headers: Mapping[str, str]) -> RunFeedState:
    """Start over: at once the first time, then more and more slowly until a poll is answered."""
    position = state.position.refetching(headers)
    if state.barren == 0:
        failures = state.failures + 1
        return replace(_asking(state, position), failures=failures, barren=1, renewed=False)
    return _led_nowhere(replace(state, position=position), NEVER_UP_TO_DATE)


def _led_nowhere(state: RunFeedState, error: RealtimeError) -> RunFeedState:
    """Ask again after a pause, now and then from the start; give up what has never worked."""
    barren = state.barren + 1
    if barren >= GIVE_UP_AFTER and not state.proven:
        return _failed(state, error)
    if barren % RESTART_AFTER == 0:
        state = replace(state, position=START)
    return replace(_pausing(state, error), barren=barren)


def _asking(state: RunFeedState, position: ShapePosition) -> RunFeedState:
    phase = Phase.LIVE if position.live else Phase.LOADING
    return replace(state, phase=phase, position=position, error=None)


def _pausing(state: RunFeedState, error: RealtimeError | None) -> RunFeedState:
    failures = state.failures + 1
    return replace(state, phase=Phase.PAUSING, failures=failures, error=error, renewed=False)


def _failed(state: RunFeedState, error: RealtimeError) -> RunFeedState:
    return replace(state, phase=Phase.FAILED, error=error)
