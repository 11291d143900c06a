"""The runs with some tags, as both clients see them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.conformance.conftest import Clients, clients_of
from tests.conformance.worker import Worker

BUILT_IN = {"type": "BUILT_IN_ERROR", "name": "E", "message": "m", "stackTrace": "E: m\n  at f"}
TEXT = {"type": "STRING_ERROR", "raw": "gone"}
CUSTOM = {"type": "CUSTOM_ERROR", "raw": '{"code": 7}'}
INTERNAL = {"type": "INTERNAL_ERROR", "code": "MAX_DURATION_EXCEEDED", "message": "too long"}

# What a row's status and error can be, and the status that people see.
STATUSES = [
    ("DELAYED", None, "DELAYED"),
    ("WAITING_FOR_DEPLOY", None, "PENDING_VERSION"),
    ("PENDING_VERSION", None, "PENDING_VERSION"),
    ("PENDING", None, "QUEUED"),
    ("PAUSED", None, "WAITING"),
    ("WAITING_TO_RESUME", None, "WAITING"),
    ("DEQUEUED", None, "DEQUEUED"),
    ("EXECUTING", None, "EXECUTING"),
    ("RETRYING_AFTER_FAILURE", None, "EXECUTING"),
    ("CANCELED", TEXT, "CANCELED"),
    ("COMPLETED_SUCCESSFULLY", None, "COMPLETED"),
    ("COMPLETED_WITH_ERRORS", BUILT_IN, "FAILED"),
    ("INTERRUPTED", CUSTOM, "FAILED"),
    ("SYSTEM_FAILURE", INTERNAL, "SYSTEM_FAILURE"),
    ("CRASHED", BUILT_IN, "CRASHED"),
    ("EXPIRED", TEXT, "EXPIRED"),
    ("TIMED_OUT", INTERNAL, "TIMED_OUT"),
    ("OF_THE_FUTURE", None, "QUEUED"),
]

END = {"completed_at": 1}
LIVES: list[list[dict[str, Any]]] = [
    [
        {"status": "DEQUEUED"},
        {"status": "EXECUTING", "started_at": 1},
        {"metadata": '{"progress": 0.5}'},
        {"status": "COMPLETED_SUCCESSFULLY", "output": '{"pages": [1, 2]}', **END},
    ],
    [{"status": "EXECUTING"}, {"status": "COMPLETED_WITH_ERRORS", "error": BUILT_IN, **END}],
    [{"status": "EXECUTING"}, {"tags": ["all", "late"]}, {"status": "CANCELED", **END}],
    [{"status": "EXPIRED", "error": TEXT, "expired_at": 1, **END}],
]


async def test_runs_started_before_and_after_subscribing_move_in_turns(
    clients: Clients, worker: Worker
) -> None:
    async def start(name: str, *tags: str) -> str:
        return (await clients.python.trigger("my-task", name, tags=["user:1", *tags])).id

    early, done = await start("early", "a"), await start("done", "a")
    await worker.claim(done)
    await worker.complete(done, 1)
    await start("of other tags")
    async with clients.watch("tag", ["user:1", "a"], created_at="1h") as both:
        await both.see(2)
        late = await start("late", "a")
        await both.see()
        await worker.claim(late)
        await both.see()
        await worker.claim(early)
        await both.see()
        await worker.begin(late)
        await both.see()
        await worker.fail(late, BUILT_IN)
        await both.see()
        joining = await start("joining")
        await worker.change(joining, tags=["user:1", "a"])
        await both.see()
        await worker.begin(early)
        await both.see()
        await clients.python.cancel_run(early)
        await both.see()
    assert both.python.emitted == both.javascript.emitted
    first, second, *changes = [(run["payload"], run["status"]) for run in both.python.runs]
    assert {first, second} == {("early", "QUEUED"), ("done", "COMPLETED")}
    assert changes == [
        ("late", "QUEUED"),
        ("late", "DEQUEUED"),
        ("early", "DEQUEUED"),
        ("late", "EXECUTING"),
        ("late", "FAILED"),
        ("joining", "QUEUED"),
        ("early", "EXECUTING"),
        ("early", "CANCELED"),
    ]


async def test_fifty_runs_live_in_a_random_order(clients: Clients, worker: Worker) -> None:
    chance = random.Random(50)

    async def start(number: int) -> str:
        tags = chance.sample(["all", "user:1", "größe"], 3)
        return (await clients.python.trigger("my-task", {"n": number}, tags=tags)).id

    runs = [await start(number) for number in range(20)]
    async with clients.watch("tag", "all") as both:
        await both.see(20)
        for number in range(20, 50):
            runs.append(await start(number))
            await both.see()
        steps = {run: list(chance.choice(LIVES)) for run in runs}
        while ahead := [run for run, left in steps.items() if left]:
            moving = chance.sample(ahead, min(len(ahead), chance.randint(1, 12)))
            await worker.change_together({run: steps[run].pop(0) for run in moving})
            await both.see(len(moving))
    assert both.python.emitted == both.javascript.emitted
    last = {run["id"]: run["status"] for run in both.python.runs}
    assert set(last) == set(runs)
    assert set(last.values()) == {"COMPLETED", "FAILED", "CANCELED", "EXPIRED"}


async def test_a_feed_without_runs_waits_for_the_first(clients: Clients, worker: Worker) -> None:
    async with clients.watch("tag", "nobody:yet") as both:
        run = await clients.python.trigger("my-task", "first", tags="nobody:yet")
        await both.see()
        await worker.claim(run.id)
        await both.see()
    assert both.python.emitted == both.javascript.emitted


async def test_every_status_and_kind_of_error(clients: Clients, worker: Worker) -> None:
    for status, error, _ in STATUSES:
        run = await clients.python.trigger("my-task", status, tags="all")
        await worker.change(run.id, status=status, error=error)
    async with clients.watch("tag", "all") as both:
        await both.see(len(STATUSES))
    assert both.python.emitted == both.javascript.emitted
    assert sorted(run["status"] for run in both.python.runs) == sorted(s for *_, s in STATUSES)


async def test_what_a_run_was_triggered_with(clients: Clients) -> None:
    call = clients.javascript.call
    await call("tasks.trigger", "my-task", {"n": 1}, {"tags": "all", "delay": "1h", "ttl": "2h"})
    await call("tasks.trigger", "my-task", "text", {"tags": ["all", "b"], "metadata": {"a": [1]}})
    await clients.python.trigger("my-task", tags="all", delay="1h", metadata={"größe": None})
    await clients.python.trigger("my-task", "", tags="all")
    await clients.python.trigger("my-task", [{"x": {}}, 1e100, False], tags="all", ttl=60)
    async with clients.watch("tag", "all", skip_columns=["number"]) as both:
        await both.see(5)
    assert both.python.emitted == both.javascript.emitted
    assert sum("delayedUntil" in run for run in both.python.runs) == 2


@pytest.mark.parametrize("minter", ["official client", "ours"])
async def test_a_token_for_one_tag_follows_it(clients: Clients, minter: str) -> None:
    await clients.python.trigger("my-task", "mine", tags="user:1")
    if minter == "ours":
        token = await clients.python.create_public_token(scopes=["read:tags:user:1"])
    else:
        wish = {"scopes": {"read": {"tags": ["user:1"]}}}
        token = await clients.javascript.call("auth.createPublicToken", wish)
    async with clients_of(clients.javascript.base_url, token).watch("tag", "user:1") as both:
        await both.see()
    assert both.python.emitted == both.javascript.emitted
