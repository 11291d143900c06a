"""Tells what the backend does: its processor time, and each update that it sends if asked to."""

from __future__ import annotations

import time
from typing import Any

from reflex.app import EventNamespace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_flushes: list[tuple[float, float]] = []
_emit_update = EventNamespace.emit_update


def probe() -> Starlette:
    """The routes that tell."""
    return Starlette(routes=[Route("/cpu", cpu), Route("/flushes", flushes)])


async def cpu(_: Request) -> JSONResponse:
    """The processor time used so far, in seconds."""
    return JSONResponse(time.process_time())


async def flushes(_: Request) -> JSONResponse:
    """The updates since the last call, and when and at which processor time they were sent.

    They are noted from the first call on: reading the clock takes some percent of an update.
    """
    EventNamespace.emit_update = _emit_and_note
    noted = _flushes.copy()
    _flushes.clear()
    return JSONResponse(noted)


async def _emit_and_note(self: EventNamespace, *arguments: Any, **options: Any) -> None:
    await _emit_update(self, *arguments, **options)
    _flushes.append((time.time(), time.process_time()))
