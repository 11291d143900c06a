"""A limit to the size of a server-sent event, so that one event cannot take all the memory."""

from __future__ import annotations

import re
from typing import Final

OVERSIZED: Final = "oversized"
"""The name that an event gets whose data was cut. No server sends one of this name."""

_BLANK_LINE: Final = re.compile(r"(?>\r\n|\r|\n){2}")


class EventLimit:
    """Cuts events that are too large while their text streams through.

    An event that is cut keeps its id, so that reading can be resumed behind it, and is renamed
    to `oversized`. The events around it pass unchanged.

    Args:
        limit: The most characters that an event may have.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._tail = ""

    def pass_on(self, text: str) -> str:
        """Take the next piece of the text.

        Args:
            text: A piece, cut anywhere.

        Returns:
            What of it is let through.
        """
        passed: list[str] = []
        start = 0
        # A blank line may lie across two pieces: its first line end is looked at again.
        shift = len(self._tail)
        for end in _BLANK_LINE.finditer(self._tail + text):
            stop = end.end() - shift
            if stop > 0:
                passed.append(self._part(text[start:stop], ends=True))
                start = stop
        passed.append(self._part(text[start:], ends=False))
        self._tail = (self._tail + text)[-2:] if not start else text[start:][-2:]
        return "".join(passed)

    def _part(self, text: str, *, ends: bool) -> str:
        """A piece of one event."""
        room = self._limit - self._size
        self._size = 0 if ends else self._size + len(text)
        if len(text) <= room:
            return text
        if room < 0:
            return "\n\n" if ends else ""
        return f"{text[:room]}\nevent: {OVERSIZED}\n" + ("\n" if ends else "")
