"""Durations as people write them: `1h`, `15 minutes`, `2 days from now`, `1h30m`."""

from __future__ import annotations

import re
from datetime import timedelta

from reflex_realtime.errors import ConfigurationError

_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400.0),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365.25 * 86_400.0),
}
_PART = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]+) ?")
_WHOLE = re.compile(rf"([+-]?) ?((?:{_PART.pattern})+)(ago|from now)?")


def parse_duration(text: str) -> timedelta:
    """Read a duration.

    The grammar is that of the `jose` library, which reads the expiry of public tokens, and of
    Trigger.dev's delays (`1h30m`): a sign or `ago` or `from now`, then numbers with the units s,
    m, h, d, w, y or their longer names. A year has 365.25 days. There are no months.

    Args:
        text: The duration.

    Returns:
        The duration; negative with `-` or `ago`.

    Raises:
        ConfigurationError: The text is not a duration.
    """
    match = _WHOLE.fullmatch(text.strip().lower())
    if match is None:
        raise _not_a_duration(text)
    sign, parts, suffix = match.group(1), match.group(2), match.group(5)
    amounts = _PART.findall(parts)
    if (sign and suffix) or any(unit not in _SECONDS for _, unit in amounts):
        raise _not_a_duration(text)
    try:
        duration = timedelta(
            seconds=sum(float(number) * _SECONDS[unit] for number, unit in amounts)
        )
    except OverflowError:
        raise _not_a_duration(text) from None
    return -duration if sign == "-" or suffix == "ago" else duration


def _not_a_duration(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"{text!r} is not a duration.",
        remedy="Write a number and a unit (s, m, h, d, w or y), for instance '30m' or '2 days'.",
    )
