"""Tasks: how they are called, stopped, retried, and what they can report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from reflex_realtime.devserver import DevServer, TaskContext, TaskRetry
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.columns import parse_timestamp
from tests.devserver.client import Client

ENDED = (
    *("COMPLETED_SUCCESSFULLY", "COMPLETED_WITH_ERRORS"),
    *("CANCELED", "TIMED_OUT", "CRASHED", "EXPIRED"),
)


async def test_a_failing_task_shows_its_error_with_a_trace_that_begins_in_its_file(
    client: Client,
) -> None:
    row = await client.until(await client.trigger("fail", "no tide"), *ENDED)
    assert row["status"] == "COMPLETED_WITH_ERRORS"
    error = json.loads(row["error"])
    assert error["type"] == "BUILT_IN_ERROR"
    assert error["name"] == "ValueError"
    assert error["message"] == "no tide"
    trace = error["stackTrace"].splitlines()
    assert trace[0] == "Traceback (most recent call last):"
    assert "conftest.py" in trace[1]
    assert trace[-1] == "ValueError: no tide"


async def test_a_task_is_retried_until_it_succeeds(client: Client) -> None:
    row = await client.until(await client.trigger("recover", 3), *ENDED)
    assert row["status"] == "COMPLETED_SUCCESSFULLY"
    assert row["output"] == "3"


async def test_a_task_fails_when_its_attempts_are_used_up(client: Client) -> None:
    run_id = await client.trigger("recover", 9, maxAttempts=2)
    row = await client.until(run_id, *ENDED)
    assert json.loads(row["error"])["message"] == "attempt 2"
    assert (await client.get(f"/api/v3/runs/{run_id}")).json()["attemptCount"] == 2


async def test_a_task_can_say_that_it_must_not_be_retried(client: Client) -> None:
    run_id = await client.trigger("abort")
    row = await client.until(run_id, *ENDED)
    assert row["status"] == "COMPLETED_WITH_ERRORS"
    assert (await client.get(f"/api/v3/runs/{run_id}")).json()["attemptCount"] == 1


@pytest.mark.parametrize("task", ["slow", "slow-thread"])
async def test_a_task_that_takes_too_long_is_stopped(
    client: Client, server: DevServer, task: str
) -> None:
    row = await client.until(await client.trigger(task), *ENDED)
    assert row["status"] == "TIMED_OUT"
    assert json.loads(row["error"])["code"] == "MAX_DURATION_EXCEEDED"
    assert int(row["usageDurationMs"]) >= 100
    await all_work_ends(server)


@pytest.mark.parametrize("task", ["wait", "spin"])
async def test_cancelling_shows_at_once_and_stops_the_work(
    client: Client, server: DevServer, task: str
) -> None:
    run_id = await client.trigger(task)
    await client.until(run_id, "EXECUTING")
    answer = await client.post(f"/api/v2/runs/{run_id}/cancel")
    assert answer.json() == {"id": run_id}
    row = (await client.get(f"/realtime/v1/runs/{run_id}")).json()[0]["value"]
    assert row["status"] == "CANCELED"
    assert row["completedAt"] is not None
    await all_work_ends(server)


async def test_a_cancelled_run_counts_the_time_it_took(client: Client) -> None:
    run_id = await client.trigger("one-at-a-time")
    await client.until(run_id, "EXECUTING")
    await client.post(f"/api/v2/runs/{run_id}/cancel")
    row = await client.until(run_id, *ENDED)
    took = parse_timestamp(row["completedAt"]) - parse_timestamp(row["startedAt"])
    assert int(row["usageDurationMs"]) == round(took / timedelta(milliseconds=1)) > 0


async def test_cancelling_a_finished_run_changes_nothing(client: Client) -> None:
    run_id = await client.trigger("report", {"topic": "t"})
    before = await client.until(run_id, *ENDED)
    assert (await client.post(f"/api/v2/runs/{run_id}/cancel")).status_code == 200
    assert (await client.get(f"/realtime/v1/runs/{run_id}")).json()[0]["value"] == before


async def test_a_queued_run_can_be_cancelled(client: Client) -> None:
    await client.trigger("one-at-a-time")
    run_id = await client.trigger("one-at-a-time")
    await client.post(f"/api/v2/runs/{run_id}/cancel")
    assert (await client.until(run_id, *ENDED))["status"] == "CANCELED"


async def test_a_task_runs_no_more_often_at_once_than_its_limit(client: Client) -> None:
    first = await client.trigger("one-at-a-time")
    second = await client.trigger("one-at-a-time")
    await client.until(first, "EXECUTING")
    row = (await client.get(f"/realtime/v1/runs/{second}")).json()[0]["value"]
    assert row["status"] == "PENDING"
    await client.post(f"/api/v2/runs/{first}/cancel")
    await client.until(second, "EXECUTING")


async def test_a_return_value_that_is_not_json_fails_the_run_clearly(client: Client) -> None:
    row = await client.until(await client.trigger("unserialisable"), *ENDED)
    assert row["status"] == "COMPLETED_WITH_ERRORS"
    assert "What the task 'unserialisable' returned is no output" in row["error"]


async def run_once(server: DevServer, client: Client, task: Callable[..., Any]) -> dict[str, Any]:
    """Register a task, run it once, and give its last row."""
    server.task("once")(task)
    return await client.until(await client.trigger("once", {}), *ENDED)


async def test_everything_reported_is_there_when_the_run_is_final(
    client: Client, server: DevServer
) -> None:
    def task(ctx: TaskContext) -> None:
        for number in range(500):
            ctx.metadata.set("n", number)
            ctx.stream("s").append({"n": number})
        ctx.tags.add("late")

    row = await run_once(server, client, task)
    assert json.loads(row["metadata"]) == {"n": 499}
    assert row["realtimeStreams"] == '{"s"}'
    assert row["runTags"] == '{"late"}'
    path = f"/realtime/v1/streams/{row['friendlyId']}/s"
    lines = (await client.get(path, headers={"Timeout-Seconds": "1"})).text.splitlines()
    parts = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert parts == [{"n": number} for number in range(500)]


async def test_metadata_can_be_changed_in_every_way(client: Client, server: DevServer) -> None:
    class Note(BaseModel):
        text: str

    def task(ctx: TaskContext) -> dict[str, Any]:
        ctx.metadata.update({"list": [1], "gone": 1, "count": 1})
        ctx.metadata.append("list", 2)
        ctx.metadata.append("list", 1)
        ctx.metadata.remove("list", 1)
        ctx.metadata.append("fresh", "x")
        ctx.metadata.increment("count", 2)
        ctx.metadata.increment("started")
        ctx.metadata.delete("gone")
        ctx.metadata.set("note", Note(text="hi"))
        assert ctx.metadata.get("missing", 7) == 7
        assert ctx.metadata.get("note") == {"text": "hi"}
        return ctx.metadata.current()

    row = await run_once(server, client, task)
    expected = {"list": [2], "count": 3, "fresh": ["x"], "started": 1, "note": {"text": "hi"}}
    assert json.loads(row["metadata"]) == expected
    assert json.loads(row["output"]) == expected


async def test_metadata_that_is_too_large_fails_in_the_task(
    client: Client, server: DevServer
) -> None:
    def task(ctx: TaskContext) -> None:
        ctx.metadata.set("x", "y" * 300_000)

    row = await run_once(server, client, task)
    assert "more than the 262144 allowed" in json.loads(row["error"])["message"]


async def test_a_task_sees_what_it_was_triggered_with(client: Client, server: DevServer) -> None:
    async def task(payload: dict[str, int], ctx: TaskContext) -> Any:
        return [payload, ctx.metadata.get("m"), list(ctx.tags), ctx.attempt, ctx.task_id]

    server.task("once")(task)
    run_id = await client.trigger("once", {"a": 1}, metadata={"m": 2}, tags=["t"])
    row = await client.until(run_id, *ENDED)
    assert json.loads(row["output"]) == [{"a": 1}, 2, ["t"], 1, "once"]


async def test_a_stopped_thread_cannot_report_any_more(client: Client, server: DevServer) -> None:
    seen: list[bool] = []

    def task(ctx: TaskContext) -> None:
        ctx.metadata.set("going", True)
        try:
            while True:
                ctx.raise_if_cancelled()
        finally:
            seen.append(ctx.cancelled)

    server.task("once")(task)
    run_id = await client.trigger("once")
    await client.until_metadata(run_id, "going")
    await client.post(f"/api/v2/runs/{run_id}/cancel")
    await all_work_ends(server)
    assert seen == [True]


async def test_a_task_that_calls_exit_fails_and_the_server_lives(
    client: Client, server: DevServer
) -> None:
    async def task() -> None:
        raise SystemExit(1)

    row = await run_once(server, client, task)
    assert row["status"] == "COMPLETED_WITH_ERRORS"
    await client.until(await client.trigger("report", {"topic": "t"}), *ENDED)


@pytest.mark.parametrize(
    ("task", "problem"),
    [
        (lambda a, b: None, "Nothing fills the parameter 'b'"),
        (lambda a, ctx, c: None, "Nothing fills the parameter 'c'"),
    ],
)
def test_a_task_with_parameters_that_nothing_fills_is_refused(
    server: DevServer, task: Callable[..., None], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        server.task("odd")(task)


@pytest.mark.parametrize(
    "limits", [{"max_attempts": 0}, {"max_duration": 0}, {"concurrency_limit": -1}]
)
def test_limits_that_make_no_sense_are_refused(server: DevServer, limits: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(limits))):
        server.task("odd", **limits)(lambda: None)


def test_an_id_that_is_taken_or_unusable_is_refused(server: DevServer) -> None:
    with pytest.raises(ConfigurationError, match="already"):
        server.task("report")(lambda: None)
    with pytest.raises(ConfigurationError, match="slash"):
        server.task("a/b")(lambda: None)


def test_a_payload_type_that_cannot_be_checked_is_refused(server: DevServer) -> None:
    class Opaque:
        pass

    def task(payload: Opaque) -> None: ...

    with pytest.raises(ConfigurationError, match="cannot be checked"):
        server.task("odd")(task)


def test_retries_wait_longer_each_time_up_to_a_limit() -> None:
    policy = TaskRetry(min_seconds=1, max_seconds=5, factor=2, jitter=0)
    assert [policy.wait_after(attempt) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 5]
    with pytest.raises(ConfigurationError):
        TaskRetry(min_seconds=9, max_seconds=1)
    with pytest.raises(ConfigurationError):
        TaskRetry(jitter=2)


async def all_work_ends(server: DevServer) -> None:
    """Wait until nothing is worked on any more."""
    if running := list(server._runner._running):
        done, pending = await asyncio.wait(running, timeout=5)
        assert not pending
        assert done
