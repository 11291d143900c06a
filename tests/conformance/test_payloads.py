"""Payloads with values that JSON has no form for."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime

from tests.conformance.conftest import Clients


async def test_dates_sets_maps_and_large_integers_arrive(clients: Clients) -> None:
    handle = await clients.javascript.run("trigger-values.ts", "my-task")
    async with clients.watch("run", handle["id"]) as both:
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    async with aclosing(clients.python.subscribe_to_run(handle["id"])) as runs:
        run = await anext(runs)
    assert run.payload == {
        "date": datetime(2026, 11, 22, 10, 0, 0, 125_000, UTC),
        "set": {"a", "b"},
        "map": {"key": datetime(1970, 1, 1, tzinfo=UTC)},
        "bigint": 12345678901,
        "dotted.key": [datetime(1970, 1, 1, 0, 0, 0, 1000, UTC)],
    }
