"""Items 41 to 49: what a run shows of its row."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from math import isinf, isnan
from typing import Any

import pytest

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.models import RealtimeRun, RunError
from reflex_realtime.protocol.requests import run_request
from tests.checklist.dialects import Dialect
from tests.checklist.following import Followed, following
from tests.checklist.upstream import DONE, Upstream, upstream
from tests.feeds.replay import answer, replay

RUN = run_request("run_1")
JSON = "application/json"
SUPERJSON = "application/super+json"
STORE = "application/store"


def follow(connection: Connection) -> AbstractAsyncContextManager[Followed]:
    return following(connection, lambda connection: run_feed(connection, RUN))


async def shown(speaker: Dialect, **columns: Any) -> Any:
    """The run that a row becomes."""
    answers = speaker.snapshot(speaker.insert(**columns))
    async with replay(*answers) as server, follow(server.quick) as feed:
        [run] = await feed.told(1)
    return run


def fields_with_problems(run: RealtimeRun[Any, Any]) -> list[str]:
    return [problem.field for problem in run.problems]


# Status


async def test_item_41_a_cancelled_run_has_ended_but_is_not_completed(served: Upstream) -> None:
    """`_on_complete` is called for it: `test_item_41` of the bindings."""
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        await feed.live()
        await served.client.cancel_run(run_id)
        assert await feed.end() is None
    run = feed.runs[-1]
    assert run.finished_at is not None
    assert (run.is_cancelled, run.is_finished) == (True, True)
    assert (run.is_completed, run.is_failed, run.is_success) == (False, False, False)


async def test_item_42_a_status_that_is_not_known_counts_as_queued_and_is_said_to_be(
    speaker: Dialect,
) -> None:
    run = await shown(speaker, status="OF_THE_FUTURE")
    assert (run.status, run.is_queued) == ("QUEUED", True)
    assert fields_with_problems(run) == ["status"]


# Packets


async def test_item_43_what_json_lacks_is_restored(speaker: Dialect) -> None:
    packet = {
        "json": {
            "at": "2026-08-01T10:00:00.000Z",
            "set": [1, 2],
            "map": [["a", 1]],
            "big": "9007199254740993",
            "nan": "NaN",
            "infinite": "-Infinity",
            "nothing": None,
            "nested": {"a.b": {"at": "2026-08-01T10:00:00.000Z"}},
        },
        "meta": {
            "values": {
                "at": ["Date"],
                "set": ["set"],
                "map": ["map"],
                "big": ["bigint"],
                "nan": ["number"],
                "infinite": ["number"],
                "nothing": ["undefined"],
                "nested.a\\.b.at": ["Date"],
            },
            "v": 1,
        },
    }
    run = await shown(speaker, payload=json.dumps(packet), payloadType=SUPERJSON)
    at = datetime(2026, 8, 1, 10, tzinfo=UTC)
    assert run.problems == []
    assert run.payload.pop("nothing", None) is None
    assert isnan(run.payload.pop("nan"))
    assert isinf(run.payload.pop("infinite"))
    assert run.payload == {
        "at": at,
        "set": {1, 2},
        "map": {"a": 1},
        "big": 9007199254740993,
        "nested": {"a.b": {"at": at}},
    }


async def test_item_43_a_payload_travels_there_and_back(served: Upstream) -> None:
    payload = {"at": datetime(2026, 8, 1, tzinfo=UTC), "tags": {"a", "b"}, "n": 2**60}
    handle = await served.client.trigger("report", payload)
    async with served.follow_run(handle.id) as feed:
        [run] = await feed.told(1)
    assert run.payload == payload


async def test_item_44_text_is_text_and_empty_text_is_nothing(speaker: Dialect) -> None:
    run = await shown(speaker, output="123", outputType="text/plain")
    assert run.output == "123"
    run = await shown(speaker, output="", outputType="text/plain")
    assert (run.output, run.problems) == (None, [])


async def test_item_46_a_type_without_a_value_is_nothing(speaker: Dialect) -> None:
    run = await shown(speaker, output=None, outputType=SUPERJSON)
    assert (run.output, run.problems) == (None, [])


async def test_item_47_an_output_that_comes_later_is_read_then(served: Upstream) -> None:
    run_id = await served.trigger()
    async with served.follow_run(run_id) as feed:
        [before] = await feed.told(1)
        await feed.live()
        await served.change(run_id, **DONE, output='{"url": "/x"}', output_type=JSON)
        assert await feed.end() is None
    assert (before.output, feed.runs[-1].output) == (None, {"url": "/x"})


# Packets that are stored elsewhere


async def test_item_45_a_stored_packet_is_fetched_by_run_and_without_the_token_from_the_storage(
    speaker: Dialect,
) -> None:
    packet = answer(200, '{"topic":"tides"}', {"Content-Type": "application/json; charset=utf-8"})
    row = speaker.insert(payload="packets/p.json", payloadType=STORE)
    async with replay(packet) as storage:
        permitted = answer(200, json.dumps({"presignedUrl": f"{storage.base_url}/p?signed=1"}))
        snapshot = speaker.snapshot(row)
        async with replay(*snapshot, permitted) as server, follow(server.quick) as feed:
            [run] = await feed.told(1)
        assert (run.payload, run.problems) == ({"topic": "tides"}, [])
        assert server.requests[len(snapshot)].path == "/api/v1/runs/run_1/packets/payload"
        assert "authorization" in server.requests[len(snapshot)].headers
        [fetched] = storage.requests
        assert (fetched.path, fetched.query) == ("/p", "signed=1")
        assert "authorization" not in fetched.headers


async def test_item_45_an_older_server_is_asked_by_path(speaker: Dialect) -> None:
    row = speaker.insert(output="packets/o.json", outputType=STORE)
    async with replay(answer(200, "plain", {"Content-Type": "text/plain"})) as storage:
        permitted = answer(200, json.dumps({"presignedUrl": f"{storage.base_url}/o"}))
        snapshot = speaker.snapshot(row)
        answers = [*snapshot, answer(404), permitted]
        async with replay(*answers) as server, follow(server.quick) as feed:
            [run] = await feed.told(1)
        asked = [request.path for request in server.requests[len(snapshot) :]]
    assert run.output == "plain"
    assert asked[:2] == ["/api/v1/runs/run_1/packets/output", "/api/v1/packets/packets/o.json"]


async def test_item_45_a_packet_is_fetched_once_while_it_is_unchanged(speaker: Dialect) -> None:
    row = speaker.insert(output="packets/o.json", outputType=STORE)
    packets = [answer(200, text, {"Content-Type": JSON}) for text in ("1", "2")]
    async with replay(*packets) as storage:
        permitted = answer(200, json.dumps({"presignedUrl": f"{storage.base_url}/o"}))
        snapshot = speaker.snapshot(row)
        same = speaker.live(speaker.update(metadata='{"p":1}', metadataType=JSON))
        other = speaker.live(speaker.update(output="packets/other.json"))
        answers = [*snapshot, permitted, same, other, permitted]
        async with replay(*answers) as server, follow(server.quick) as feed:
            runs = await feed.told(3)
        assert [run.output for run in runs] == [1, 1, 2]
        assert len(storage.requests) == 2


async def test_item_45_a_packet_larger_than_the_limit_is_not_taken(speaker: Dialect) -> None:
    row = speaker.insert(output="packets/o.json", outputType=STORE, runTags=["a"])
    async with replay(answer(200, '"' + "x" * 1000 + '"', {"Content-Type": JSON})) as storage:
        permitted = answer(200, json.dumps({"presignedUrl": f"{storage.base_url}/o"}))
        async with replay(*speaker.snapshot(row), permitted) as server:
            limits = replace(server.quick.limits, packet_bytes=1000)
            async with follow(replace(server.quick, limits=limits)) as feed:
                [run] = await feed.told(1)
    assert (run.output, run.tags) == (None, ["a"])
    [problem] = run.problems
    assert "larger than 1,000 bytes" in problem.message


@pytest.mark.parametrize("style_", ["native", "electric"])
async def test_item_45_a_large_payload_of_the_embedded_server_arrives_whole(style_: Any) -> None:
    async with upstream(style_, offload_bytes=1000) as served:
        payload = {"text": "é" * 5000}
        handle = await served.client.trigger("report", payload)
        async with served.follow_run(handle.id) as feed:
            [run] = await feed.told(1)
    assert (run.payload, run.problems) == (payload, [])


async def test_item_45_a_packet_that_cannot_be_fetched_hides_nothing_else(
    speaker: Dialect,
) -> None:
    """The official client's subscription ends."""
    row = speaker.insert(output="packets/o.json", outputType=STORE, runTags=["a"])
    answers = [*speaker.snapshot(row), answer(404), answer(404)]
    async with replay(*answers) as server, follow(server.quick) as feed:
        [run] = await feed.told(1)
    assert (run.output, run.tags) == (None, ["a"])
    assert fields_with_problems(run) == ["output"]


# What failed, and what cannot be read


@pytest.mark.parametrize(
    ("error", "shows", "problems"),
    [
        (
            {"type": "INTERNAL_ERROR", "code": "TASK_RUN_CANCELLED", "message": "m"},
            RunError(message="trigger.dev internal error (TASK_RUN_CANCELLED)"),
            [],
        ),
        (
            {"type": "INTERNAL_ERROR", "code": "OF_THE_FUTURE"},
            RunError(message="trigger.dev internal error (OF_THE_FUTURE)"),
            [],
        ),
        ({"type": "OF_THE_FUTURE", "message": "m"}, RunError(message="m"), ["error"]),
    ],
)
async def test_item_48_an_error_is_shown_as_far_as_it_is_known(
    speaker: Dialect, error: Any, shows: RunError, problems: list[str]
) -> None:
    run = await shown(speaker, status="SYSTEM_FAILURE", error=json.dumps(error))
    assert (run.error, fields_with_problems(run)) == (shows, problems)


@pytest.mark.parametrize(
    "columns",
    [
        {"metadata": "{", "metadataType": JSON},
        {"payload": "{", "payloadType": JSON},
        {"output": "no super json", "outputType": SUPERJSON},
    ],
)
async def test_item_49_a_packet_that_cannot_be_read_is_a_problem_of_its_run_and_the_feed_goes_on(
    speaker: Dialect, columns: dict[str, Any]
) -> None:
    """The official client's subscription ends."""
    [field, _] = columns
    snapshot = speaker.snapshot(speaker.insert(runTags=["a"], **columns))
    changed: dict[str, Any] = {"status": "CANCELED", field: None}
    healed = speaker.live(speaker.update(**changed))
    async with replay(*snapshot, healed) as server, follow(server.quick) as feed:
        broken, run = await feed.told(2)
    assert (fields_with_problems(broken), broken.tags) == ([field], ["a"])
    assert (run.problems, run.status) == ([], "CANCELED")
