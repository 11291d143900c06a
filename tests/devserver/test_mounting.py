"""A server inside a Reflex backend: one more mount, unless a credential is configured."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, cast

import httpx
import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from reflex_realtime.devserver import DevServer
from reflex_realtime.options import configure, resolve_options


@pytest.fixture(autouse=True)
async def own_registrations() -> AsyncIterator[None]:
    """Reflex takes one app for each set of registrations, and each test makes one."""
    with RegistrationContext():
        yield


def backend() -> Starlette:
    return Starlette(routes=[Route("/ping", lambda _: PlainTextResponse("pong"))])


def transformers(app: rx.App) -> list[Any]:
    """What the app's backend is wrapped in."""
    return list(cast("list[Any]", app.api_transformer))


async def get(app: ASGIApp, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.get(path)


async def started(stack: AsyncExitStack, app: rx.App) -> None:
    """Run the lifespan tasks as a worker does."""
    await stack.enter_async_context(app._run_lifespan_tasks(Starlette()))


async def test_the_server_answers_under_its_prefix_and_the_backend_elsewhere(
    server: DevServer,
) -> None:
    app = rx.App()
    server.mount(app)
    [transform] = transformers(app)
    async with AsyncExitStack() as stack:
        await started(stack, app)
        mounted = transform(backend())
        assert "embedded realtime server" in (await get(mounted, "/_realtime/")).text
        assert (await get(mounted, "/_realtime/realtime/v1/runs/run_1")).status_code == 401
        assert (await get(mounted, "/ping")).text == "pong"


async def test_what_the_app_transformed_before_is_kept(server: DevServer) -> None:
    other = Starlette()
    app = rx.App(api_transformer=other)
    server.mount(app)
    assert transformers(app)[0] is other
    assert len(transformers(app)) == 2


async def test_states_talk_to_it_while_the_worker_lives(
    server: DevServer, caplog: pytest.LogCaptureFixture
) -> None:
    app = rx.App()
    server.mount(app)
    with caplog.at_level(logging.INFO):
        async with AsyncExitStack() as stack:
            await started(stack, app)
            options = resolve_options()
            assert options.base_url.startswith("http://127.0.0.1:")
            assert options.base_url.endswith("/_realtime")
            assert options.access_token == server.secret_key
    assert "TRIGGER_SECRET_KEY" in caplog.text
    assert server.secret_key not in caplog.text


async def test_a_configured_token_is_not_replaced(server: DevServer) -> None:
    app = rx.App()
    server.mount(app)
    configure(access_token="tr_dev_mine", base_url="https://trigger.test")
    async with AsyncExitStack() as stack:
        await started(stack, app)
        assert resolve_options().access_token == "tr_dev_mine"
        assert resolve_options().base_url == "https://trigger.test"


@pytest.mark.parametrize("name", ["TRIGGER_SECRET_KEY", "TRIGGER_ACCESS_TOKEN"])
async def test_with_a_credential_in_the_environment_nothing_is_mounted(
    server: DevServer, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(name, "tr_prod_secret")
    app = rx.App()
    server.mount(app)
    assert app.api_transformer is None
    assert f"{name} is set" in caplog.text
    assert "tr_prod_secret" not in caplog.text
