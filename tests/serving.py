"""Serves an embedded server on a real loopback socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from reflex_realtime.devserver import DevServer


@asynccontextmanager
async def serve(server: DevServer) -> AsyncIterator[str]:
    """Start a server on a free port.

    Args:
        server: The server; it is stopped at the end.

    Yields:
        Its base URL.
    """
    # Naming the protocol is what makes asyncio turn off Nagle's delays.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(server.asgi, lifespan="off", log_level="error", ws="none")
    listener = uvicorn.Server(config)
    async with server:
        serving = asyncio.create_task(listener.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            await server.stop()
            listener.should_exit = True
            await serving
