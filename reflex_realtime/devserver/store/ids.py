"""Identifiers that look like Trigger.dev's: a prefix, the time, a count and chance."""

from __future__ import annotations

import itertools
import secrets
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_COUNT_DIGITS = 4

_counter = itertools.count()


def new_id(prefix: str) -> str:
    """Make an id such as `run_cmws43m6g000bji7dcx2i8t85`.

    Later ones sort after earlier ones, those that this process made in one millisecond too.

    Args:
        prefix: `run` or `batch`.

    Returns:
        The id.
    """
    count = _base36(next(_counter) % len(_DIGITS) ** _COUNT_DIGITS).zfill(_COUNT_DIGITS)
    chance = "".join(secrets.choice(_DIGITS) for _ in range(12))
    return f"{prefix}_c{_base36(time.time_ns() // 1_000_000)}{count}{chance}"


def new_secret_key() -> str:
    """Make a secret key for a development environment."""
    return f"tr_dev_{secrets.token_hex(16)}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
