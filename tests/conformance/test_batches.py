"""The runs of a batch, as both clients see them, whichever of them has triggered it."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import Clients, clients_of
from tests.conformance.worker import Worker

SIZE = 12


@pytest.mark.parametrize("trigger", ["official client", "ours"])
async def test_a_batch_fills(clients: Clients, worker: Worker, trigger: str) -> None:
    if trigger == "ours":
        payloads = [{"n": n} for n in range(SIZE)]
        handle = await clients.python.batch_trigger("my-task", payloads, tags="all")
        batch_id, token = handle.id, handle.public_access_token
    else:
        items = [{"payload": {"n": n}, "options": {"tags": ["all"]}} for n in range(SIZE)]
        answer = await clients.javascript.call("tasks.batchTrigger", "my-task", items)
        batch_id, token = answer["batchId"], answer["publicAccessToken"]
    async with clients_of(clients.javascript.base_url, token).watch("batch", batch_id) as both:
        await both.see(SIZE)
        runs = [run["id"] for run in both.python.runs]
        await worker.claim(runs[7])
        await both.see()
        await worker.claim(runs[2])
        await both.see()
        await worker.complete(runs[7], 49)
        await both.see()
        await worker.fail(runs[2], {"type": "STRING_ERROR", "raw": "boom"})
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    assert [run["payload"]["n"] for run in both.python.runs] == [*range(SIZE), 7, 2, 7, 2]
    assert both.python.runs[-2]["output"] == 49
