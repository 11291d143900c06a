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
    to `oversized`. The events around it pass unchanged. Where the text is cut into pieces makes
    no difference.

    Args:
        limit: The most characters that an event may have, without the blank line behind it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._tail = ""
        self._line_feed: str | None = None

    def pass_on(self, text: str) -> str:
        """Take the next piece of the text.

        Args:
            text: A piece, cut anywhere, not empty.

        Returns:
            What of it is let through.
        """
        passed: list[str] = []
        if self._line_feed is not None and text.startswith("\n"):
            # It belongs to the carriage return that the piece before ended in.
            passed.append(self._line_feed)
            text = text[1:]
        self._line_feed = None
        start = 0
        # A blank line may lie across two pieces: its first line end is looked at again.
        shift = len(self._tail)
        for blank in _BLANK_LINE.finditer(self._tail + text):
            stop = blank.end() - shift
            if stop > 0:
                passed.append(self._end(text[start:stop]))
                start = stop
        if start < len(text):
            self._line_feed = None
            passed.append(self._content(text[start:]))
            self._tail = (self._tail + text[start:])[-2:]
        return "".join(passed)

    def _end(self, text: str) -> str:
        """The last piece of an event, the end of its blank line included."""
        line_end = "\r\n" if text.endswith("\r\n") else text[-1]
        content = self._content(text.removesuffix(line_end))
        is_cut = self._size > self._limit
        self._line_feed = ("" if is_cut else "\n") if line_end == "\r" else None
        self._size = 0
        self._tail = ""
        return content + ("\n" if is_cut else line_end)

    def _content(self, text: str) -> str:
        """A piece of one event."""
        room = self._limit - self._size
        self._size += len(text)
        if len(text) <= room:
            return text
        if room < 0:
            return ""
        kept = text[:room]
        # A line end behind a line end would be a blank line, and end the event under its old name.
        line_end = "\n" if (kept or self._tail)[-1:] not in ("", "\r", "\n") else ""
        return f"{kept}{line_end}event: {OVERSIZED}\n"
