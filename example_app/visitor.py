"""Who is looking: each visitor's runs carry a tag of their own."""

from secrets import token_hex

import reflex as rx


class Visitor(rx.State):
    """One browser session. The states of the pages build on it."""

    _visitor_id: rx.Field[str] = rx.field(default_factory=lambda: token_hex(8))

    def _visitor_tag(self) -> str:
        """The tag of everything that this visitor starts."""
        return f"visitor:{self._visitor_id}"
