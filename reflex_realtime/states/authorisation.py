"""Whether a page may see what it names: a browser can name anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from reflex_realtime.errors import ConfigurationError, PermissionDeniedError, RealtimeError
from reflex_realtime.states.trigger import patience

if TYPE_CHECKING:
    from reflex_realtime.states.subscription import SubscriptionState

MAX_TAGS: Final = 20
MAX_NAME: Final = 256
"""What a browser may name: so many tags, of so many characters."""


async def subscribe_if_granted(state: SubscriptionState, target: Any) -> Any:
    """Follow a target that the browser has named, or say that it may not be seen.

    Args:
        state: The state.
        target: What the browser has named; empty for nothing.

    Returns:
        The event that starts or ends following; None where nothing changes.
    """
    if not target:
        state._reset()
        return state.__class__.follow
    try:
        _require_reasonable(target)
        state._parse_target(target)
        granted = await _granted(state, target)
    except RealtimeError as error:
        return _refuse(state, error)
    if isinstance(granted, str) and granted:
        return state._subscribe(target, access_token=granted)
    if granted is True:
        return state._subscribe(target)
    return _refuse(
        state,
        PermissionDeniedError(
            f"The app does not let this page see {target!r:.80}.",
            remedy=f"Let {state._decision()} return True or a scoped token for what its viewer "
            "may see.",
            status=403,
        ),
    )


async def _granted(state: SubscriptionState, target: Any) -> bool | str | None:
    try:
        async with asyncio.timeout(patience(state)):
            return await state._authorize(target)
    except TimeoutError:
        raise RealtimeError(
            "The app takes too long to decide whether this page may see that.",
            remedy=f"Let {state._decision()} answer sooner: the session is locked meanwhile.",
        ) from None


def _refuse(state: SubscriptionState, error: RealtimeError) -> Any:
    """Show nothing of what was followed before, and why."""
    state._reset()
    state._fail(error)
    return state.__class__.follow


def _require_reasonable(target: Any) -> None:
    """Refuse what no page names.

    Raises:
        ConfigurationError: It is neither text nor a list of text, or too much of it.
    """
    names = target if isinstance(target, list) else [target]
    if len(names) > MAX_TAGS or not all(isinstance(n, str) and len(n) <= MAX_NAME for n in names):
        raise ConfigurationError(
            "The page names something that cannot be followed.",
            remedy="Name a run id, a batch id, a tag, or a short list of tags.",
        )
