"""A run's life, as both clients see it."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import Clients, clients_of
from tests.conformance.worker import Worker

ERROR = {
    "type": "BUILT_IN_ERROR",
    "name": "ValueError",
    "message": "too deep: 4,000 m",
    "stackTrace": 'Traceback (most recent call last):\n  File "tides.py", line 3, in measure',
}


async def test_a_run_lives_from_its_queue_to_its_output(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"}, tags=["user:1", 'say "hi"'])
    async with clients.watch("run", run.id) as both:
        await both.see()
        await worker.claim(run.id)
        await both.see()
        await worker.begin(run.id)
        await both.see()
        await worker.change(run.id, metadata='{"progress": 0.5, "log": ["größer", null]}')
        await both.see()
        await worker.change(run.id, tags=["user:1", "a, {b}", "back\\slash"])
        await both.see()
        await worker.complete(run.id, {"url": "/tides", "pages": 3})
        await both.see()
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    statuses = [run["status"] for run in both.python.runs]
    assert statuses == ["QUEUED", "DEQUEUED", *["EXECUTING"] * 3, "COMPLETED"]
    assert both.python.runs[-1]["output"] == {"url": "/tides", "pages": 3}


async def test_a_run_fails(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", "text")
    async with clients.watch("run", run.id) as both:
        await both.see()
        await worker.claim(run.id)
        await both.see()
        await worker.begin(run.id)
        await both.see()
        await worker.fail(run.id, ERROR)
        await both.see()
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["status"] == "FAILED"
    assert both.python.runs[-1]["error"] == {n: text for n, text in ERROR.items() if n != "type"}


@pytest.mark.parametrize("canceller", ["official client", "ours"])
async def test_a_run_is_cancelled(clients: Clients, worker: Worker, canceller: str) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"})
    async with clients.watch("run", run.id) as both:
        await both.see()
        if canceller == "ours":
            await clients.python.cancel_run(run.id)
        else:
            assert await clients.javascript.call("runs.cancel", run.id) == {"id": run.id}
        await both.see()
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["status"] == "CANCELED"
    assert both.python.runs[-1]["isCancelled"]
    assert not both.python.runs[-1]["isCompleted"]


async def test_a_run_that_has_finished_is_shown_once(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"})
    await worker.claim(run.id)
    await worker.complete(run.id, [1, 2.5, "three"])
    async with clients.watch("run", run.id) as both:
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    assert [run["output"] for run in both.python.runs] == [[1, 2.5, "three"]]


async def test_a_finished_run_can_be_followed_further(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"})
    await worker.claim(run.id)
    await worker.complete(run.id, "done")
    async with clients.watch("run", run.id, stop_on_completion=False) as both:
        await both.see()
        await worker.change(run.id, metadata='{"read": true}')
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[-1]["metadata"] == {"read": True}


async def test_skipped_columns_are_absent(clients: Clients, worker: Worker) -> None:
    run = await clients.python.trigger("my-task", {"topic": "tides"}, tags="t", metadata={"a": 1})
    skipped = ["payload", "metadata", "startedAt", "runTags", "usageDurationMs"]
    async with clients.watch("run", run.id, skip_columns=skipped) as both:
        await both.see()
        await worker.claim(run.id)
        await both.see()
        await worker.begin(run.id)
        await both.see()
        await worker.complete(run.id, "done")
        await both.see()
        await both.end()
    assert both.python.emitted == both.javascript.emitted
    last = both.python.runs[-1]
    assert not {"payload", "metadata", "startedAt"} & set(last)
    assert (last["tags"], last["durationMs"], last["output"]) == ([], 0, "done")


async def test_the_token_of_a_handle_follows_its_run(clients: Clients, worker: Worker) -> None:
    handle = await clients.javascript.call("tasks.trigger", "my-task", {"topic": "tides"})
    holders = clients_of(clients.javascript.base_url, handle["publicAccessToken"])
    async with holders.watch("run", handle["id"]) as both:
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    assert both.python.runs[0]["payload"] == {"topic": "tides"}
