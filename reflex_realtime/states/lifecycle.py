"""The life of a subscription: one writer, from the claim to a clean end on every path.

`follow` brings the session in line with what its state asks for: it follows the target, or ends
at once when there is nothing to follow. Running it once too often is therefore harmless. A later
run supersedes an earlier one in the same process; across processes the fence does: each run
writes its own mark into the state and stops as soon as it finds another's there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from uuid import uuid4

import reflex as rx
from reflex_base.event.context import EventContext
from reflex_base.utils.exceptions import LockExpiredError

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.connection import connection_from
from reflex_realtime.feeds.events import (
    BatchSizeUnknown,
    FeedLive,
    FeedRetrying,
    StreamFailed,
)
from reflex_realtime.states.mailbox import FeedEnded, Letter, Mailbox
from reflex_realtime.states.trigger import error_info
from reflex_realtime.states.viewers import (
    client_token,
    is_connected_anywhere,
    viewer_back,
    viewer_gone,
)

if TYPE_CHECKING:
    from reflex_realtime.states.subscription import SubscriptionState

_log = logging.getLogger("reflex_realtime.states")

FLUSH_ATTEMPTS: Final = 5

Key: TypeAlias = tuple[str, str]
"""A session and one of its states."""

_writers: dict[Key, str] = {}
"""The fence of the task that writes each session's state in this process."""

_memories: dict[Key, dict[str, Any]] = {}
"""What each state that is written knew last, should its session expire meanwhile."""


def is_followed(state: SubscriptionState) -> bool:
    """Whether a task of this process writes the state."""
    key = (client_token(), state.get_full_name())
    return bool(state._fence) and _writers.get(key) == state._fence


def memory_of(state: SubscriptionState) -> dict[str, Any]:
    """What a state that is being made must know: all of it, if its session expired while followed.

    Args:
        state: The state.

    Returns:
        Vars and their values; none for a new session.
    """
    try:
        token = client_token()
    except LookupError:
        return {}
    return _memories.get((token, state.get_full_name()), {})


async def follow(state: SubscriptionState) -> AsyncGenerator[Any, None]:
    """Follow the state's target until there is nothing more to follow.

    Args:
        state: The state, as a background event has it: outside of its lock.

    Yields:
        The events that deliver completions.
    """
    token = client_token()
    fence = uuid4().hex
    key = (token, state.get_full_name())
    async with state:
        sockets = frozenset(state._viewers.values())
        undelivered = bool(state._outbox)
        throttle = 0.0
        feed = None
        memory: dict[str, Any] = {}
        if state._should_follow():
            state._fence = fence
            state._lasting_error = None
            state.subscription_status = "connecting"
            try:
                options = state._options()
                throttle = options.throttle_ms / 1000
                state._sends_patches = options.patches
                feed = state._open_feed(connection_from(options), options)
                memory = state._remember()
            except RealtimeError as error:
                state._fail(error)
    if undelivered:
        yield state.__class__.deliver_completions
    if feed is None:
        return
    _writers[key], _memories[key] = fence, memory
    try:
        async with aclosing(_write(state, fence, key, sockets, feed, throttle)) as events:
            async for event in events:
                yield event
    finally:
        _forget_writer(key, fence)


async def _write(
    state: SubscriptionState,
    fence: str,
    key: Key,
    sockets: Collection[str],
    feed: Any,
    throttle: float,
) -> AsyncGenerator[Any, None]:
    """Apply what the feed brings, batch by batch, while the viewer is there and the fence is."""
    token, _ = key
    mailbox = Mailbox(hurries_completion=state._hurries_completion)
    filling = asyncio.create_task(mailbox.fill(feed))
    watching = asyncio.create_task(viewer_gone(token, sockets))
    try:
        while await _arrival(mailbox, token, watching):
            flushed = await _flush(state, fence, key, mailbox.take())
            if flushed is None:
                return
            if flushed.has_completions:
                yield state.__class__.deliver_completions
            if flushed.has_ended:
                return
            await mailbox.hold_back(throttle)
        # From here on whoever looks again is not to rely on this writer.
        _forget_writer(key, fence)
        await _leave(state, fence)
    except Exception:
        await _give_up(state, fence)
        raise
    finally:
        filling.cancel()
        watching.cancel()
        await asyncio.gather(filling, watching, return_exceptions=True)


def _forget_writer(key: Key, fence: str) -> None:
    if _writers.get(key) == fence:
        del _writers[key]
        _memories.pop(key, None)


class _Flushed(NamedTuple):
    """What a flush has left.

    Attributes:
        has_ended: Whether the subscription has ended.
        has_completions: Whether there is something to report.
    """

    has_ended: bool
    has_completions: bool


async def _flush(
    state: SubscriptionState, fence: str, key: Key, letters: list[Letter]
) -> _Flushed | None:
    """Bring letters into the state under its lock; None when another writer has the state.

    A lock on Redis may expire while it is held. What was written then is lost there, so it is
    written again.
    """
    for attempt in range(1, FLUSH_ATTEMPTS + 1):
        try:
            async with state:
                if state._fence != fence:
                    return None
                ended = _apply(state, letters)
                _memories[key] = state._remember()
                return _Flushed(ended, bool(state._outbox))
        except LockExpiredError:
            if attempt == FLUSH_ATTEMPTS:
                raise
            _log.warning("A lock on the state expired while it was written; it is written again.")
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _arrival(mailbox: Mailbox, token: str, watching: asyncio.Task[None]) -> bool:
    """Wait until there is something to show and somebody to see it; False when they have gone."""
    showing = asyncio.create_task(_something_to_show(mailbox, token))
    try:
        await asyncio.wait({showing, watching}, return_when=asyncio.FIRST_COMPLETED)
        return showing.done()
    finally:
        showing.cancel()


async def _something_to_show(mailbox: Mailbox, token: str) -> None:
    await mailbox.arrival()
    await viewer_back(token)


def _apply(state: SubscriptionState, letters: list[Letter]) -> bool:
    """Bring a batch into the state; return whether the subscription has ended."""
    state._apply([letter for letter in letters if not isinstance(letter, FeedEnded)])
    for letter in letters:
        match letter:
            case FeedLive():
                state.subscription_status = "live"
                state.error = state._lasting_error
            case FeedRetrying(error=error):
                state.subscription_status = "reconnecting"
                state.error = error_info(error)
            case StreamFailed(error=error) | BatchSizeUnknown(error=error):
                state.error = state._lasting_error = error_info(error)
            case FeedEnded(error=None):
                state.subscription_status = "complete"
                state.error = state._lasting_error
            case FeedEnded(error=RealtimeError() as error):
                state._fail(error)
            case _:
                continue
    if ended := any(isinstance(letter, FeedEnded) for letter in letters):
        state._fence = ""
    return ended


async def _leave(state: SubscriptionState, fence: str) -> None:
    """Let go of a state whose viewer has gone; it says so, should somebody come back to it."""
    if await is_connected_anywhere(client_token()):
        async with state:
            _let_go(state, fence)
        return
    # Reflex would try to send what an event writes, and warn that nobody is there.
    token = rx.BaseStateToken(ident=client_token(), cls=state.__class__)
    async with EventContext.get().state_manager.modify_state(token) as root:
        _let_go(await root.get_state(state.__class__), fence)


def _let_go(state: SubscriptionState, fence: str) -> None:
    if state._fence == fence:
        state._fence = ""
        state.subscription_status = "idle"
        state.error = None


async def _give_up(state: SubscriptionState, fence: str) -> None:
    """Say on the page that the subscription is over, whatever the reason was."""
    async with state:
        if state._fence == fence:
            state._fail(
                RealtimeError(
                    "The subscription ended in an unexpected error.",
                    remedy="The server's log has the details; restart() tries again.",
                )
            )
