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
from typing import TYPE_CHECKING, Any, Final, cast

import reflex as rx
from reflex_base.event.context import EventContext
from reflex_base.utils.exceptions import LockExpiredError

from reflex_realtime import feeds
from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.events import (
    BatchSizeUnknown,
    FeedLive,
    FeedRetrying,
    StreamFailed,
)
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.states import writers
from reflex_realtime.states.mailbox import FeedEnded, Letter, Mailbox
from reflex_realtime.states.models import plain
from reflex_realtime.states.trigger import error_info
from reflex_realtime.states.viewers import (
    READY_POLL_SECONDS,
    client_token,
    is_connected,
    is_connected_anywhere,
    is_ready,
    viewer_gone,
)
from reflex_realtime.states.writers import Flushed, Writer

if TYPE_CHECKING:
    from reflex_realtime.states.subscription import SubscriptionState

_log = logging.getLogger("reflex_realtime.states")

FLUSH_ATTEMPTS: Final = 5

LAG_SECONDS: Final = 0.1
"""How long a socket may take no more before the hooks are told."""


async def follow(state: SubscriptionState) -> AsyncGenerator[Any, None]:
    """Follow the state's target until there is nothing more to follow.

    Args:
        state: The state, as a background event has it: outside of its lock.

    Yields:
        The events that deliver completions.
    """
    mailbox = Mailbox(hurries_completion=state._hurries_completion)
    writer = Writer(state, (client_token(), state.get_full_name()), mailbox)
    async with state:
        sockets = frozenset(state._viewers.values())
        undelivered = bool(state._outbox)
        feed = _claim(state, writer)
        present = plain(state)
    if undelivered:
        yield state.__class__.deliver_completions
    if feed is None:
        return
    writers.enter(writer, present)
    try:
        async with aclosing(_write(writer, feed, sockets)) as events:
            async for event in events:
                yield event
    finally:
        writers.leave(writer)


def _claim(state: SubscriptionState, writer: Writer) -> Any:
    """Make a writer the one of a state; return the feed that it is to follow, None for none."""
    if not state._should_follow():
        return None
    state._fence = writer.fence
    state._lasting_error = None
    state.subscription_status = "connecting"
    try:
        options = state._options()
        writer.throttle = options.throttle_ms / 1000
        state._sends_patches = options.patches
        connection = feeds.connection_from(options)
        writer.tell = connection.tell
        return state._open_feed(connection, options)
    except RealtimeError as error:
        state._fail(error)
        return None


async def _write(writer: Writer, feed: Any, sockets: Collection[str]) -> AsyncGenerator[Any, None]:
    """Apply what the feed brings, batch by batch, while the viewer is there and the fence is."""
    mailbox = writer.mailbox
    filling = asyncio.create_task(mailbox.fill(feed))
    watching = asyncio.create_task(viewer_gone(writer.key[0], sockets))
    watching.add_done_callback(lambda _: mailbox.wake())
    try:
        while await _arrival(writer, watching):
            flushed = writer.taken_over() or await _flush(writer)
            if flushed.is_broken:
                yield writer.state.__class__.follow
            if flushed.is_broken or not flushed.is_ours:
                return
            if flushed.has_completions:
                yield writer.state.__class__.deliver_completions
            if flushed.has_ended:
                return
            await mailbox.hold_back(writer.throttle)
        # From here on whoever looks again is not to rely on this writer.
        writers.leave(writer)
        await _leave(writer)
    except Exception:
        await _give_up(writer)
        raise
    finally:
        filling.cancel()
        watching.cancel()
        await asyncio.gather(filling, watching, return_exceptions=True)


async def _flush(writer: Writer) -> Flushed:
    """Bring what has arrived into a state, and into others of its session that are due.

    A lock on Redis may expire while it is held. What was written then is lost there, so it is
    written again.
    """
    taken: dict[Writer, list[Letter]] = {}
    try:
        for attempt in range(1, FLUSH_ATTEMPTS + 1):
            try:
                await _flush_all(writer, taken)
                break
            except LockExpiredError:
                if attempt == FLUSH_ATTEMPTS:
                    raise
                _log.warning("A lock on the state expired while it was written; again.")
    except BaseException:
        for other in taken.keys() - {writer}:
            other.flushed = Flushed(is_broken=True)
        raise
    finally:
        writer.session.flushed_at = asyncio.get_running_loop().time()
        for due in taken:
            due.flushed_at = writer.session.flushed_at
            if due is not writer:
                due.mailbox.wake()
    return cast("Flushed", writer.taken_over())


async def _flush_all(writer: Writer, taken: dict[Writer, list[Letter]]) -> None:
    """Bring letters into the states, those that were taken before and did not get there first."""
    async with writer.state as state:
        for due in [*taken] or writer.session.due(writer):
            taken[due] = taken.get(due) or due.mailbox.take()
            own = state if due is writer else await state.get_state(due.state.__class__)
            # The proxy of a background event guards what is not locked; this is, and is hot.
            try:
                due.flushed = _bring(plain(own), due, taken[due])
            except Exception:
                if due is writer:
                    raise
                _log.exception("What arrived for %s could not be brought into it", due.key[1])
                due.flushed = Flushed(is_broken=True)


def _bring(state: SubscriptionState, writer: Writer, letters: list[Letter]) -> Flushed:
    if state._fence != writer.fence:
        return Flushed(is_ours=False)
    has_ended = _apply(state, letters)
    writers.remember(writer, state)
    return Flushed(has_ended=has_ended, has_completions=bool(state._outbox))


async def _arrival(writer: Writer, watching: asyncio.Task[None]) -> bool:
    """Wait until there is something to show and somebody to see it; False when they have gone."""
    if not watching.done():
        await writer.mailbox.arrival()
    if writer.flushed is None and not is_ready(writer.key[0]):
        await _page_ready(writer, watching)
    if writer.flushed is None and (left := writer.session.seconds_left()) > 0:
        await writer.mailbox.hold_back(left)
    return not watching.done()


async def _page_ready(writer: Writer, watching: asyncio.Task[None]) -> None:
    """Wait until a page is there and its socket has taken what it was sent, or nobody is.

    What is sent to a socket that takes no more waits for it in memory, and is old when it gets
    there.
    """
    loop = asyncio.get_running_loop()
    lagging_since = loop.time()
    while not (watching.done() or is_ready(writer.key[0])):
        if not is_connected(writer.key[0]):
            lagging_since = loop.time()
        await asyncio.sleep(READY_POLL_SECONDS)
    if (seconds := loop.time() - lagging_since) > LAG_SECONDS:
        writer.tell(FeedNotice(NoticeKind.LAGGED, writer.key[1], seconds=seconds))


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


async def _leave(writer: Writer) -> None:
    """Let go of a state whose viewer has gone; it says so, should somebody come back to it."""
    token, _ = writer.key
    if await is_connected_anywhere(token):
        async with writer.state as state:
            _let_go(state, writer)
        return
    # Reflex would try to send what an event writes, and warn that nobody is there.
    kind = writer.state.__class__
    manager = EventContext.get().state_manager
    async with manager.modify_state(rx.BaseStateToken(ident=token, cls=kind)) as root:
        _let_go(await root.get_state(kind), writer)


def _let_go(state: SubscriptionState, writer: Writer) -> None:
    if state._fence == writer.fence:
        state._fence = ""
        state.subscription_status = "idle"
        state.error = None


async def _give_up(writer: Writer) -> None:
    """Say on the page that the subscription is over, whatever the reason was."""
    async with writer.state as state:
        if state._fence == writer.fence:
            state._fail(
                RealtimeError(
                    "The subscription ended in an unexpected error.",
                    remedy="The server's log has the details; restart() tries again.",
                )
            )
