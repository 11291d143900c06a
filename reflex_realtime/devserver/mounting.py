"""The server inside a Reflex backend: one more ASGI mount, started and stopped with each worker."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from reflex_realtime.options import configure, resolve_options

if TYPE_CHECKING:
    from reflex import App

    from reflex_realtime.devserver.server import DevServer

logger: logging.Logger = logging.getLogger("reflex_realtime.devserver")

PREFIX = "/_realtime"
CREDENTIALS = ("TRIGGER_SECRET_KEY", "TRIGGER_ACCESS_TOKEN")


def mount(server: DevServer, app: App) -> None:
    """Serve from inside a Reflex backend, see `DevServer.mount`."""
    if credential := next((name for name in CREDENTIALS if os.environ.get(name)), None):
        logger.warning("%s is set: the embedded realtime server is not used", credential)
        return
    present = app.api_transformer
    transformers = list(present) if isinstance(present, Sequence) else [present]
    app.api_transformer = [*(item for item in transformers if item is not None), _add_mount(server)]

    @asynccontextmanager
    async def embedded_realtime_server() -> AsyncIterator[None]:
        async with server:
            _use(server)
            yield

    app.register_lifespan_task(embedded_realtime_server)


def _add_mount(server: DevServer):
    def transform(backend: ASGIApp) -> ASGIApp:
        return Starlette(routes=[Mount(PREFIX, server.asgi), Mount("", backend)])

    return transform


def _use(server: DevServer) -> None:
    """Make it what the app's states talk to, unless the app configured something else."""
    from reflex.config import get_config
    from reflex.constants import DefaultPorts

    if resolve_options().access_token:
        logger.warning("An access token is configured: the embedded realtime server is not used")
        return
    port = get_config().backend_port or DefaultPorts.BACKEND_PORT
    base_url = f"http://127.0.0.1:{port}{PREFIX}"
    configure(base_url=base_url, access_token=server.secret_key)
    logger.warning(
        "The embedded realtime server runs the tasks of this app and keeps their runs in %s. "
        "It is for development; to use Trigger.dev instead, set TRIGGER_SECRET_KEY.",
        server.path,
    )
