"""Times as answers carry them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_time(ms: int | None, separator: str = "T") -> str | None:
    """A time as rows carry it: UTC without saying so."""
    if ms is None:
        return None
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%d}{separator}{moment:%H:%M:%S}.{ms % 1000:03d}"
