"""Durations are read as the `jose` library and Trigger.dev read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("10s", timedelta(seconds=10)),
        ("15 minutes", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("1.5 hrs", timedelta(minutes=90)),
        ("2 days from now", timedelta(days=2)),
        ("1W", timedelta(weeks=1)),
        ("1 year", timedelta(days=365.25)),
        ("1h30m", timedelta(minutes=90)),
        ("+5 secs", timedelta(seconds=5)),
        ("-5s", timedelta(seconds=-5)),
        ("3 days ago", timedelta(days=-3)),
    ],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "h", "5", "1 month", "-5s ago", "one hour", "9" * 400 + "y"])
def test_what_is_no_duration_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a duration") as caught:
        parse_duration(text)
    assert "30m" in caught.value.remedy
