"""Notes each update that the backend sends: when, and how much processor time it had used."""

from __future__ import annotations

import time
from typing import Any

from reflex.app import EventNamespace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_flushes: list[tuple[float, float]] = []


def install() -> Starlette:
    """Note updates from now on; returns the routes that tell of them."""
    emit_update = EventNamespace.emit_update

    async def emit_and_note(self: EventNamespace, *arguments: Any, **options: Any) -> None:
        await emit_update(self, *arguments, **options)
        _flushes.append((time.time(), time.process_time()))

    EventNamespace.emit_update = emit_and_note
    return Starlette(routes=[Route("/probe", probe)])


async def probe(_: Request) -> JSONResponse:
    """The processor time used so far, and the updates since the last call."""
    flushes = _flushes.copy()
    _flushes.clear()
    return JSONResponse({"cpu": time.process_time(), "flushes": flushes})
