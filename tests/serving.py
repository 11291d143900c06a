"""Serves an embedded server on a real loopback socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from uvicorn import Config
from uvicorn.server import ServerState

from reflex_realtime.devserver import DevServer


@asynccontextmanager
async def serve(server: DevServer, port: int = 0) -> AsyncIterator[str]:
    """Start a server.

    Uvicorn's protocol is used without its `Server`, which takes over signals and polls.

    Args:
        server: The server; it is stopped at the end.
        port: The port, 0 for a free one.

    Yields:
        Its base URL.
    """
    config = Config(server.asgi, log_level="error", ws="none")
    config.load()
    state = ServerState()
    async with server:
        listener = await asyncio.get_running_loop().create_server(
            lambda: config.http_protocol_class(config, state, {}),  # pyright: ignore[reportCallIssue]
            "127.0.0.1",
            port,
        )
        try:
            yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        finally:
            await server.stop()
            listener.close()
            for connection in list(state.connections):
                connection.shutdown()
            if state.tasks:
                await asyncio.wait(state.tasks)
