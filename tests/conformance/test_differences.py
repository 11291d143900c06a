"""What the official client does otherwise than ours, row by row of the table in `docs/protocol.md`.

Where no real server can be brought to misbehave, each client has a server of its own, and both
servers answer alike, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.options import FeedStyle
from reflex_realtime.devserver.store.packets import Packet, put_packet
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.errors import ConfigurationError, NotFoundError, ProtocolError, RealtimeError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import RunsChanged
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.hooks import NoticeKind
from reflex_realtime.protocol.requests import client_version, tag_request
from tests.conformance import items
from tests.conformance.apart import apart, client_of, refused, row, told
from tests.conformance.conftest import Clients, clients_of
from tests.conformance.sdk import JavaScript
from tests.conformance.witnesses import Witness, Witnesses, witness, witnesses
from tests.conformance.worker import Worker
from tests.devserver.test_run_feeds import change_run
from tests.feeds.replay import (
    MUST_REFETCH,
    PAUSE,
    SECRET,
    ReplayServer,
    answer,
    event_stream,
    replay,
)
from tests.serving import serve
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("packages")

SDK_VERSION = "4.8.3"
SNAPSHOT = told(row())
CHANGED = told(row(status="COMPLETED_SUCCESSFULLY"))
ENDED: dict[str, Any] = {
    "status": "COMPLETED_SUCCESSFULLY",
    "completedAt": "2026-08-01T10:00:09.000",
}


@asynccontextmanager
async def together(
    clients: Clients, feed: str, target: Any, **options: Any
) -> AsyncIterator[Witnesses]:
    """Let both clients follow a feed of one server, the official one under observation."""
    javascript = clients.javascript.observe(feed, target, **items.in_camel_case(options))
    python = items.follow(clients.python, feed, target, **options)
    async with witnesses(javascript, python) as both:
        yield both


def parts(side: Witness) -> list[Any]:
    """The parts that a client has emitted."""
    return [item["part"] for item in side.emitted if "part" in item]


def asked_for_streams(server: ReplayServer) -> list[str | None]:
    """From where on streams were asked for, request by request."""
    return [
        request.headers.get("last-event-id")
        for request in server.requests
        if "/streams/" in request.path
    ]


# What ends the official client


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_of_a_runs_feed(status: int) -> None:
    async with apart(refused(status)) as both:
        with pytest.raises(RealtimeError) as caught:
            await both.python.end()
        assert caught.value.status == status
        await both.javascript.reach(1)
        assert await both.javascript.rests()
    [said] = both.javascript.emitted
    assert said["callback"]["status"] == status


async def test_an_access_token_that_expires_while_a_runs_feed_is_open() -> None:
    tokens = iter(["tr_dev_first", "tr_dev_second"])
    answers = (SNAPSHOT, refused(401), CHANGED)
    async with apart(*answers, token=lambda: next(tokens)) as both:
        await both.python.reach(2)
        await both.javascript.reach(2)
        assert await both.javascript.rests()
    # Its callback that refreshes the token is not called.
    assert [list(item) for item in both.javascript.emitted] == [["run"], ["callback"]]
    assert len(both.javascripts_server.requests) == 2
    used = [request.headers["authorization"] for request in both.pythons_server.requests]
    assert used[:3] == ["Bearer tr_dev_first", "Bearer tr_dev_first", "Bearer tr_dev_second"]


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("payload", {"payload": "{", "payloadType": "application/json"}),
        ("metadata", {"metadata": "{", "metadataType": "application/json"}),
        ("error", {"error": '{"type": "OF_THE_FUTURE", "message": "m"}'}),
        ("tags", {"runTags": "{a,NULL}"}),
    ],
)
async def test_a_row_that_cannot_be_read(field: str, columns: dict[str, Any]) -> None:
    answers = told(row(1, **columns), row(2))
    async with apart(answers, feed="tag", target="all") as both:
        await both.javascript.end()
        await both.python.reach(2)
    assert [list(item) for item in both.javascript.emitted] == [["thrown"]]
    assert [run["id"] for run in both.python.runs] == ["run_1", "run_2"]
    [rejected] = [notice for notice in both.notices if notice.kind is NoticeKind.REJECTED]
    assert f"run_1: {field}" in str(rejected.error)


async def test_an_output_that_cannot_be_fetched_from_storage(
    clients: Clients, worker: Worker, store: Store
) -> None:
    run = await clients.python.trigger("my-task")
    await worker.change(run.id, output="gone.json", output_type="application/store")
    async with together(clients, "run", run.id) as both:
        await both.javascript.end()
        await both.python.reach(1)
        packet = Packet(b'{"found": true}', "application/json")
        await store.write(lambda tx: put_packet(tx, "gone.json", packet))
        await worker.change(run.id, metadata='{"again": true}')
        await both.python.reach(2)
    assert [list(item) for item in both.javascript.emitted] == [["thrown"]]
    first, second = both.python.runs
    assert "output" not in first
    assert second["output"] == {"found": True}


async def test_skipping_the_column_updated_at(clients: Clients) -> None:
    run = await clients.python.trigger("my-task")
    async with together(clients, "run", run.id, skip_columns=["updatedAt"]) as both:
        with pytest.raises(ConfigurationError, match="updatedAt"):
            await both.python.end()
        await both.javascript.end()
    assert [list(item) for item in both.javascript.emitted] == [["thrown"]]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(answer(200, "<html>"), id="HTML"),
        pytest.param(answer(200, "[]"), id="without its headers"),
    ],
)
async def test_a_success_that_is_not_the_protocol(wrong: bytes) -> None:
    async with apart(wrong) as both:
        with pytest.raises(ProtocolError):
            await both.python.end()
        await both.javascript.reach(1)
        assert await both.javascript.rests()
    assert [list(item) for item in both.javascript.emitted] == [["callback"]]


async def test_a_body_that_breaks_off() -> None:
    async with apart(SNAPSHOT, CHANGED[:-9], CHANGED) as both:
        await both.python.reach(2)
        await both.javascript.reach(2)
        assert await both.javascript.rests()
    assert list(both.javascript.emitted[1]) == ["callback"]
    assert len(both.javascripts_server.requests) == 2


# What the official client shows, or shows again


@pytest.fixture
async def connection(clients: Clients, server: DevServer) -> Connection:
    """Our client's connection to the server."""
    return Connection(clients.javascript.base_url, credential(server.secret_key))


async def test_a_row_leaves_the_tag(
    clients: Clients, server: DevServer, worker: Worker, connection: Connection, style: FeedStyle
) -> None:
    first = await clients.python.trigger("my-task", 1, tags="all")
    second = await clients.python.trigger("my-task", 2, tags="all")
    events: Any = run_feed(connection, tag_request("all"))
    async with (
        witness("The official client", clients.javascript.observe("tag", "all")) as official,
        witness("Our client", events) as ours,
    ):
        await official.reach(2)
        await ours.reach(2)
        await change_run(server, first.id, tags=["other"])
        if style == "electric":
            await ours.reach(3)
        await worker.claim(second.id)
        await official.reach(3)
        await ours.reach(4 if style == "electric" else 3)
    assert official.runs[2]["id"] == second.id
    removed = [event.removed for event in ours.emitted if isinstance(event, RunsChanged)]
    if style == "electric":
        assert removed == [(), (first.id,), ()]
    else:
        assert removed == [(), ()]


@pytest.mark.parametrize("style", ["electric"])
async def test_a_run_is_deleted(clients: Clients, server: DevServer, worker: Worker) -> None:
    run = await clients.python.trigger("my-task")
    async with together(clients, "run", run.id) as both:
        await both.see()
        await server.delete_run(run.id)
        with pytest.raises(NotFoundError, match="was deleted"):
            await both.python.end()
        await both.javascript.reach(2)
        assert await both.javascript.rests()
    # It does not take the deletion for one, and is refused when it asks again.
    assert len(both.javascript.runs) == 1
    assert both.javascript.emitted[1]["callback"]["status"] == 404


async def test_an_unchanged_row_that_comes_again() -> None:
    async with apart(SNAPSHOT, SNAPSHOT, CHANGED) as both:
        await both.javascript.reach(3)
        await both.python.reach(2)
    assert [run["status"] for run in both.javascript.runs] == ["EXECUTING"] * 2 + ["COMPLETED"]
    assert [run["status"] for run in both.python.runs] == ["EXECUTING", "COMPLETED"]


async def test_realtime_streams_of_a_run_whose_metadata_names_streams(
    clients: Clients, worker: Worker
) -> None:
    run = await clients.python.trigger("my-task")
    await worker.open_stream(run.id, "listed")
    await worker.write(run.id, "named", "part")
    await worker.change(run.id, metadata='{"$$streams": ["named"]}')
    async with clients.watch("streams", run.id) as both:
        await both.see(2)
    for side in (both.python, both.javascript):
        assert [item["stream"] for item in side.emitted if "stream" in item] == ["named"]
    assert both.python.runs[0]["realtimeStreams"] == ["named"]
    assert both.javascript.runs[0]["realtimeStreams"] == ["listed"]


# Streams


def records(*parts: tuple[int, str]) -> str:
    """An event of a stream of version 2: the number and the id of each record."""
    batch = [
        {"seq_num": number, "timestamp": 1, "body": json.dumps({"data": part_id, "id": part_id})}
        for number, part_id in parts
    ]
    return f"event: batch\ndata: {json.dumps({'records': batch})}\n\n"


STARTED = told(row(realtimeStreams="{text}"))
V2 = {"X-Stream-Version": "v2"}


def broken(events: str, headers: dict[str, str] | None = None) -> bytes:
    """A stream that breaks off some time after its first events."""
    return event_stream(events + "more", headers).removesuffix(b"more") + PAUSE


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([(0, "a"), (1, "b"), (2, "c")], id="from the beginning"),
        pytest.param([(2, "b"), (3, "c")], id="as its writer wrote it twice"),
    ],
)
async def test_a_stream_breaks_off_and_parts_come_again(again: list[tuple[int, str]]) -> None:
    streams = [broken(records((0, "a"), (1, "b")), V2), event_stream(records(*again), V2)]
    async with apart(STARTED, feed="streams", streams=streams) as both:
        await both.javascript.reach(3 + len(again))
        await both.python.reach(4)
    for server in (both.javascripts_server, both.pythons_server):
        assert asked_for_streams(server)[:2] == [None, "1"]
    repeated = [part_id for _, part_id in again]
    assert parts(both.javascript) == ["a", "b", *repeated]
    assert parts(both.python) == ["a", "b", "c"]


async def test_a_stream_breaks_off_between_parts_that_were_written_at_once() -> None:
    """In version 1 they share an id, and a server resumes behind all that share it."""
    first, second, third = ("id: 1-0\ndata: " + data + "\n\n" for data in "123")
    async with (
        replay(STARTED, streams=[broken(first), event_stream(third)]) as javascripts,
        replay(STARTED, streams=[broken(first), event_stream(first + second + third)]) as pythons,
        witness(
            "The official client",
            JavaScript(javascripts.base_url, SECRET).observe("streams", "run_1"),
        ) as javascript,
        witness("Our client", items.follow(client_of(pythons), "streams", "run_1")) as python,
    ):
        await javascript.reach(3)
        await python.reach(4)
    assert asked_for_streams(javascripts)[:2] == [None, "1-0"]
    assert asked_for_streams(pythons)[:2] == [None, None]
    assert parts(javascript) == [1, 3]
    assert parts(python) == [1, 2, 3]


async def test_a_stream_that_the_server_closes_while_its_run_goes_on() -> None:
    streams = [event_stream('id: 1-0\ndata: "a"\n\n'), event_stream('id: 2-0\ndata: "b"\n\n')]
    async with apart(STARTED, feed="streams", streams=streams) as both:
        await both.python.reach(3)
        await both.javascript.reach(2)
        assert await both.javascript.rests()
    assert parts(both.python) == ["a", "b"]
    assert parts(both.javascript) == ["a"]
    assert len(asked_for_streams(both.javascripts_server)) == 1


async def test_a_stream_that_is_refused() -> None:
    async with apart(STARTED, PAUSE + CHANGED, feed="streams", streams=[refused(404)]) as both:
        await both.javascript.reach(3)
        await both.python.reach(2)
    assert ["unhandled"] in [list(item) for item in both.javascript.emitted]
    assert len(both.python.runs) == 2
    assert [n.feed for n in both.notices if n.error] == ["the stream 'text' of the run 'run_1'"]


# How often a server is asked


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param([SNAPSHOT], told(), id="at once"),
        pytest.param([], refused(409, [MUST_REFETCH], **{"electric-handle": "h2"}), id="with 409"),
    ],
)
async def test_a_server_that_answers_polls_at_once_or_with_409_again_and_again(
    first: list[bytes], then: bytes
) -> None:
    async with apart(*first, then=then) as both:
        await both.javascripts_server.asked(2)
        before = len(both.javascripts_server.requests)
        await asyncio.sleep(1)
        in_a_second = len(both.javascripts_server.requests) - before
        assert in_a_second > 30
        assert len(both.pythons_server.requests) <= 3 * (monotonic() - both.begun) + 3


async def test_retry_after() -> None:
    busy = refused(429, **{"Retry-After": "30"})
    async with apart(busy, SNAPSHOT) as both:
        await both.javascript.reach(1)
        await until(lambda: both.notices)
        assert len(both.pythons_server.requests) == 1
    [notice] = [notice for notice in both.notices if notice.kind is NoticeKind.RETRIED]
    assert notice.seconds == 30


async def test_after_the_end_of_a_run_with_streams() -> None:
    ended = told(row(realtimeStreams="{text}", **ENDED))
    streams = [event_stream('id: 1-0\ndata: "a"\n\n')]
    idle = PAUSE + told()
    async with apart(ended, feed="streams", streams=streams, then=idle) as both:
        await both.python.end()
        await both.javascripts_server.asked(8)
        assert await both.javascript.rests()
    assert parts(both.python) == parts(both.javascript) == ["a"]


@dataclass
class Counted:
    """An application that notes what it is asked.

    Attributes:
        app: The application.
        asked: The query of each request for runs, by the client's version.
    """

    app: ASGIApp
    asked: dict[str, list[str]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/realtime/v1/runs"):
            client = Headers(scope=scope)["trigger-version"]
            self.asked.setdefault(client, []).append(scope["query_string"].decode())
        await self.app(scope, receive, send)


def is_live(query: str) -> bool:
    """Whether a request is one that the server holds."""
    return "live=true" in query


@pytest.mark.parametrize("style", ["native"])
async def test_each_new_subscription_on_the_native_back_end(style: FeedStyle) -> None:
    server = DevServer(":memory:", concurrency=0, style=style)

    @server.task("my-task")
    async def my_task() -> None:
        """Is never called."""

    server.asgi = counted = Counted(server.asgi)
    async with serve(server) as base_url:
        clients = clients_of(base_url, server.secret_key)
        run = await clients.python.trigger("my-task")
        async with together(clients, "run", run.id) as both:
            await both.see()
            await until(lambda: sum(map(is_live, chain(*counted.asked.values()))) == 2)
    snapshots = {
        client: [is_live(query) for query in queries].count(False)
        for client, queries in counted.asked.items()
    }
    assert snapshots == {SDK_VERSION: 2, client_version(): 1}
