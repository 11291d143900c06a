"""The life of a subscription: one writer, from the claim to a clean end on every path.

`follow` brings the session in line with what its state asks for: it follows the target, or ends
at once when there is nothing to follow. Running it once too often is therefore harmless. A later
run supersedes an earlier one in the same process; across processes the fence does: each run
writes its own mark into the state and stops as soon as it finds another's there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

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
from reflex_realtime.states.viewers import client_token, viewer_back, viewer_gone

if TYPE_CHECKING:
    from reflex_realtime.states.subscription import SubscriptionState

_writers: dict[tuple[str, str], str] = {}
"""The fence of the task that writes each session's state in this process."""


def is_followed(state: SubscriptionState) -> bool:
    """Whether a task of this process writes the state."""
    key = (client_token(), state.get_full_name())
    return bool(state._fence) and _writers.get(key) == state._fence


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
        undelivered = bool(state._outbox)
        throttle = 0.0
        feed = None
        if state._should_follow():
            state._fence = fence
            state._lasting_error = None
            state.subscription_status = "connecting"
            try:
                options = state._options()
                throttle = options.throttle_ms / 1000
                feed = state._open_feed(connection_from(options), options)
            except RealtimeError as error:
                state._fail(error)
    if undelivered:
        yield state.__class__.deliver_completions
    if feed is None:
        return
    _writers[key] = fence
    try:
        async with aclosing(_write(state, fence, token, feed, throttle)) as events:
            async for event in events:
                yield event
    finally:
        if _writers.get(key) == fence:
            del _writers[key]


async def _write(
    state: SubscriptionState, fence: str, token: str, feed: Any, throttle: float
) -> AsyncGenerator[Any, None]:
    """Apply what the feed brings, batch by batch, while the viewer is there and the fence is."""
    mailbox = Mailbox(hurries_completion=state._hurries_completion)
    filling = asyncio.create_task(mailbox.fill(feed))
    watching = asyncio.create_task(viewer_gone(token))
    try:
        while await _arrival(mailbox, token, watching):
            letters = mailbox.take()
            async with state:
                if state._fence != fence:
                    return
                ended = _apply(state, letters)
                completed = bool(state._outbox)
            if completed:
                yield state.__class__.deliver_completions
            if ended:
                return
            await mailbox.hold_back(throttle)
        await _leave(state, fence)
    except Exception:
        await _give_up(state, fence)
        raise
    finally:
        filling.cancel()
        watching.cancel()
        await asyncio.gather(filling, watching, return_exceptions=True)


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
    async with state:
        if state._fence == fence:
            state._fence = ""
            state.subscription_status = "idle"


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
