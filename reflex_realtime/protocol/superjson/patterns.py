"""Regular expressions, as JavaScript writes them: `/source/flags`."""

from __future__ import annotations

import re
import warnings
from typing import Any, Final

_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_UNNEEDED: Final = re.UNICODE | re.ASCII
_TOKEN: Final = re.compile(r"\\.|\(\?[P#>(aiLmsux-]|[*+?}]\+", re.DOTALL)
"""What is escaped, and what is syntax of Python only."""


def pattern_from_text(text: str) -> re.Pattern[str] | str:
    """Compile a pattern; return its text where Python has no such flag or syntax."""
    body, slash, letters = text.removeprefix("/").rpartition("/")
    flags = re.NOFLAG
    for letter in letters.replace("u", ""):
        if letter not in _FLAGS:
            return text
        flags |= _FLAGS[letter]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(body, flags) if slash else text
    except (re.error, ValueError, OverflowError, RecursionError):
        return text


def pattern_to_text(pattern: re.Pattern[Any]) -> str:
    """Write a pattern as JavaScript does.

    Raises:
        ValueError: JavaScript has no such pattern.
    """
    source = pattern.pattern
    if not isinstance(source, str):
        raise ValueError("JavaScript has no patterns of bytes")
    letters = [letter for letter, flag in _FLAGS.items() if pattern.flags & flag]
    if pattern.flags & ~_UNNEEDED & ~re.IGNORECASE & ~re.MULTILINE & ~re.DOTALL:
        raise ValueError("JavaScript has no verbose patterns")
    for token in _TOKEN.findall(source):
        if token[0] != "\\" or token in ("\\A", "\\Z"):
            raise ValueError(f"JavaScript's patterns have no {token}")
    return f"/{source}/{''.join(letters)}"
