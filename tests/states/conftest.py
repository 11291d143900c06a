"""A Reflex backend in this process, and an embedded server for its tasks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import reflex as rx
import uvicorn
from reflex_base.registry import RegistrationContext

from reflex_realtime import configure
from reflex_realtime.devserver import DevServer
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.options import resolve_options
from tests.serving import serve
from tests.states.tasks import add_tasks


@pytest.fixture
async def realtime() -> AsyncIterator[DevServer]:
    """The embedded server, configured as the app's default."""
    server = DevServer(path=":memory:")
    add_tasks(server)
    async with serve(server) as url:
        configure(base_url=url, access_token=server.secret_key)
        yield server


@pytest.fixture
def client(realtime: DevServer) -> RealtimeClient:
    """A client with the credential of the app."""
    return RealtimeClient.from_options(resolve_options())


@pytest.fixture
async def backend(
    realtime: DevServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """The address of a Reflex backend that serves the states of the tests."""
    # A backend that starts looks at all sessions that there are, those of other tests included.
    monkeypatch.setenv("REFLEX_STATES_WORKDIR", str(tmp_path / "sessions"))
    with RegistrationContext.get().fork():
        app = rx.App()
        app._compile = lambda *_, **__: None
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app(), log_level="error"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving
        await shared_hub().close()
