"""Who is looking: each visitor's runs carry a tag of their own."""

from secrets import token_hex
from typing import Any

import reflex as rx

from reflex_realtime.feeds import RealtimeClient


class Visitor(rx.State):
    """One browser session. The states of the pages build on it."""

    _visitor_id: rx.Field[str] = rx.field(default_factory=lambda: token_hex(8))

    def _visitor_tag(self) -> str:
        """The tag of everything that this visitor starts."""
        return f"visitor:{self._visitor_id}"


async def visitor_token(state: rx.State, target: Any) -> str:
    """A token that reads what the visitor has started, and nothing else.

    Whatever a browser names, the server shows this token the visitor's own runs only.

    Args:
        state: A state of the visitor.
        target: What the browser has named.

    Returns:
        The token.
    """
    tag = (await state.get_state(Visitor))._visitor_tag()
    async with RealtimeClient() as client:
        return await client.create_public_token(scopes=[f"read:tags:{tag}"], expires_in="1d")
