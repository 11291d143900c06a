"""Payloads and outputs with values that JSON has no form for, and those stored apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.options import FeedStyle
from tests.conformance.conftest import Clients, clients_of
from tests.conformance.witnesses import Witnesses
from tests.serving import serve

RICH = {
    "date": datetime(2026, 11, 22, 10, 0, 0, 125_000, UTC),
    "set": {"a", "b"},
    "map": {"key": datetime(1970, 1, 1, tzinfo=UTC)},
    "bigint": 12345678901,
    "dotted.key": [datetime(1970, 1, 1, 0, 0, 0, 1000, UTC)],
}
LARGE = {"text": "æøå€" * 50_000}
"""The payloads of `js/trigger-values.ts`, as they are read here."""


@dataclass(frozen=True, slots=True)
class Echo:
    """A server whose task returns its payload, and both clients on it."""

    clients: Clients

    async def ended(self, run_id: str) -> Witnesses:
        """What both clients emit of a run that has ended."""
        async with aclosing(self.clients.python.subscribe_to_run(run_id)) as runs:
            async for _ in runs:
                pass
        async with self.clients.watch("run", run_id) as both:
            await both.end()
        assert both.python.runs[-1]["status"] == "COMPLETED"
        return both


@pytest.fixture
async def echo(packages: None, style: FeedStyle) -> AsyncIterator[Echo]:
    """The server; it stores apart what is larger than 1,000 bytes."""
    server = DevServer(":memory:", style=style, offload_bytes=1000)

    @server.task("echo")
    async def give_back(payload: Any) -> Any:
        return payload

    async with serve(server) as base_url:
        yield Echo(clients_of(base_url, server.secret_key))


@pytest.mark.parametrize("trigger", ["official client", "ours"])
async def test_dates_sets_maps_and_large_integers_arrive(echo: Echo, trigger: str) -> None:
    if trigger == "ours":
        run_id = (await echo.clients.python.trigger("echo", RICH)).id
    else:
        run_id = (await echo.clients.javascript.run("trigger-values.ts", "echo", "rich"))["id"]
    both = await echo.ended(run_id)
    assert both.python.emitted == both.javascript.emitted
    async with aclosing(echo.clients.python.subscribe_to_run(run_id)) as runs:
        run = await anext(runs)
    assert (run.payload, run.output) == (RICH, RICH)


@pytest.mark.parametrize("value", [LARGE, LARGE["text"]], ids=["object", "text"])
async def test_what_the_server_stores_apart_arrives(echo: Echo, value: Any) -> None:
    run = await echo.clients.python.trigger("echo", value)
    both = await echo.ended(run.id)
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["payload"] == value
    assert both.python.runs[-1]["output"] == value


async def test_what_the_official_client_stores_apart_arrives(echo: Echo) -> None:
    handle = await echo.clients.javascript.run("trigger-values.ts", "echo", "large")
    both = await echo.ended(handle["id"])
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["payload"] == LARGE
    assert both.python.runs[-1]["output"] == LARGE
