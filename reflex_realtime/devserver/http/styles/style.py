"""What a style of run feed is: it answers requests that were let through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from reflex_realtime.devserver.store.runs import RunFilter
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.durations import parse_duration
from reflex_realtime.protocol.requests import API_VERSION

MAX_WINDOW_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks to see.

    Attributes:
        where: Which runs, whenever they were created.
        skipped: The columns to leave out.
        created_at: How far back a feed of tags reaches, as asked for; None when nothing was said.
    """

    where: RunFilter
    skipped: tuple[str, ...]
    created_at: str | None = None

    @property
    def is_windowed(self) -> bool:
        """Whether it shows only runs created within a window."""
        return not (self.where.run_id or self.where.batch_id)


class Style(Protocol):
    """Answers the requests for run feeds."""

    async def answer(self, request: Request, target: Target) -> Response:
        """Answer a request; one for changes may be held until there are some."""
        ...

    def void_shapes(self) -> None:
        """Make every subscription begin anew, if that happens in this style."""
        ...


def window_ms(created_at: str | None) -> int | None:
    """How far back a feed of tags reaches: what was asked for, a day at most.

    Args:
        created_at: The duration asked for; None for the default, a day.

    Returns:
        Milliseconds; None when it cannot be read.
    """
    try:
        age = parse_duration(created_at or "24h")
    except ConfigurationError:
        return None
    return round(min(abs(age) / timedelta(milliseconds=1), MAX_WINDOW_MS))


def header_names(request: Request) -> tuple[str, str]:
    """What the headers with the handle and the offset are called: old clients get old names."""
    if "x-trigger-electric-version" in request.headers:
        return "electric-handle", "electric-offset"
    return "electric-shape-id", "electric-chunk-last-offset"


def as_known(request: Request, body: str) -> str:
    """A body as the client's API version knows it: without it there is no status DEQUEUED."""
    if request.headers.get("x-trigger-api-version") == API_VERSION:
        return body
    return body.replace('"status":"DEQUEUED"', '"status":"EXECUTING"')
