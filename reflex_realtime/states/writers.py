"""The writers of this process: the tasks that bring feeds into the states of sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from uuid import uuid4

from reflex_realtime.hooks import FeedNotice
from reflex_realtime.states.mailbox import Mailbox
from reflex_realtime.states.viewers import client_token

if TYPE_CHECKING:
    from reflex_realtime.states.subscription import SubscriptionState

Key: TypeAlias = tuple[str, str]
"""A session and one of its states."""


class Flushed(NamedTuple):
    """What a flush has left of a subscription.

    Attributes:
        is_ours: Whether it was still this writer's to write.
        is_broken: Whether it broke off, so that only the state itself knows what it has taken up.
        has_ended: Whether it has ended.
        has_completions: Whether there is something to report.
    """

    is_ours: bool = True
    is_broken: bool = False
    has_ended: bool = False
    has_completions: bool = False


@dataclass(eq=False)
class Session:
    """What is written in a session.

    Attributes:
        writers: Who writes its states, by the state's name.
        flushed_at: When one of them was flushed last.
    """

    writers: dict[str, Writer] = field(default_factory=dict)
    flushed_at: float = 0.0

    def seconds_left(self) -> float:
        """How long after the last flush the next one is to wait, so that they go together."""
        gap = min(writer.throttle for writer in self.writers.values())
        return self.flushed_at + gap - asyncio.get_running_loop().time()

    def due(self, first: Writer) -> list[Writer]:
        """Who is to be flushed together with a writer, that one first."""
        others = [other for other in self.writers.values() if other is not first and other.is_due]
        return [first, *others]


@dataclass(eq=False)
class Writer:
    """Who writes a state.

    Attributes:
        state: The state, as the background event has it: outside of its lock.
        key: The session and the state.
        mailbox: What the feed has brought and the page has not shown yet.
        throttle: Seconds between two flushes.
        tell: Tells the hooks of the subscription.
        fence: Its mark in the state.
        flushed_at: When the state was flushed last.
        flushed: What the last flush has left; None where that was dealt with.
        session: What else is written in the session.
    """

    state: SubscriptionState
    key: Key
    mailbox: Mailbox
    throttle: float = 0.0
    tell: Callable[[FeedNotice], None] = lambda notice: None
    fence: str = field(default_factory=lambda: uuid4().hex)
    flushed_at: float = 0.0
    flushed: Flushed | None = None
    session: Session = field(default_factory=Session)

    @property
    def is_due(self) -> bool:
        """Whether there is something to show, and the throttle lets it."""
        now = asyncio.get_running_loop().time()
        has_something = self.mailbox.has_letters and self.flushed is None
        return has_something and now >= self.flushed_at + self.throttle

    def taken_over(self) -> Flushed | None:
        """What the last flush has left, once; None where there was none."""
        flushed, self.flushed = self.flushed, None
        self.mailbox.calm()
        return flushed


_sessions: dict[str, Session] = {}

memories: dict[Key, SubscriptionState] = {}
"""Each state that is written, as it was written last, should its session expire meanwhile."""


def enter(writer: Writer, state: SubscriptionState) -> None:
    """Let a writer be known as the one of its state.

    Args:
        writer: The writer.
        state: The state, as it is now.
    """
    token, name = writer.key
    writer.session = _sessions.setdefault(token, Session())
    writer.session.writers[name] = writer
    memories[writer.key] = state


def remember(writer: Writer, state: SubscriptionState) -> None:
    """Keep a state as it is now, as long as its writer is known as the one of it."""
    if _is_known(writer):
        memories[writer.key] = state


def leave(writer: Writer) -> None:
    """Let nobody rely on a writer any more."""
    token, name = writer.key
    if _is_known(writer):
        del writer.session.writers[name]
        memories.pop(writer.key, None)
        if not writer.session.writers:
            del _sessions[token]


def _is_known(writer: Writer) -> bool:
    return _writer_of(*writer.key) is writer


def _writer_of(token: str, name: str) -> Writer | None:
    session = _sessions.get(token)
    return session.writers.get(name) if session else None


def present() -> set[Key]:
    """The sessions and states that are written in this process."""
    return {(token, name) for token, session in _sessions.items() for name in session.writers}


def is_followed(state: SubscriptionState) -> bool:
    """Whether a task of this process writes the state."""
    writer = _writer_of(client_token(), state.get_full_name())
    return writer is not None and state._fence == writer.fence


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
    known = memories.get((token, state.get_full_name()))
    return known._remember() if known else {}
