"""The client against the embedded server: everything it offers, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.errors import (
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PayloadError,
    PermissionDeniedError,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RunsChanged
from reflex_realtime.feeds.run_feed import one_run_feed
from reflex_realtime.models import RealtimeRun, RunStatus, RunUpdate, StreamPart
from reflex_realtime.options import configure
from reflex_realtime.protocol.requests import run_request
from reflex_realtime.protocol.tokens import read_claims
from tests.feeds.conftest import Report, Reported, add_tasks
from tests.feeds.replay import SECRET, UP_TO_DATE, replay, run_row, shape
from tests.serving import serve

ItemT = TypeVar("ItemT")
TypedRun = RealtimeRun[Report, Reported]


def reader_at(base_url: str, token: str) -> RealtimeClient:
    """A client with another credential."""
    return RealtimeClient(access_token=token, base_url=base_url)


async def first(
    feed: AsyncGenerator[ItemT, None], matches: Callable[[ItemT], bool] = lambda _: True
) -> ItemT:
    """The first item that matches; the feed is left behind it."""
    async with aclosing(feed):
        async for item in feed:
            if matches(item):
                return item
    raise AssertionError("the feed ended before")


async def finished(feed: AsyncGenerator[RealtimeRun[Any, Any], None], run_id: str) -> set[str]:
    """The ids of the runs that a feed shows until one of them has finished."""
    seen: set[str] = set()
    async for run in feed:
        seen.add(run.id)
        if run.id == run_id and run.is_finished:
            return seen
    raise AssertionError("the feed ended before")


# Triggering


async def test_a_triggered_run_is_followed_to_its_typed_output(client: RealtimeClient) -> None:
    handle = await client.trigger("report", Report(topic="tides"), tags=["user:1"])
    runs = [run async for run in client.subscribe_to_run(handle.id, run_model=TypedRun)]
    last = runs[-1]
    assert (last.status, last.payload, last.output) == (
        RunStatus.COMPLETED,
        Report(topic="tides"),
        Reported(url="/tides"),
    )
    assert (last.id, last.task_identifier, last.tags) == (handle.id, "report", ["user:1"])
    assert last.metadata == {"part": 3}
    assert not any(run.is_finished for run in runs[:-1])
    assert all(earlier != later for earlier, later in pairwise(runs))


async def test_the_handles_own_token_reads_the_run_and_no_other(
    client: RealtimeClient, base_url: str
) -> None:
    mine = await client.trigger("report", {"topic": "tides"})
    other = await client.trigger("report", {"topic": "other"})
    reader = reader_at(base_url, mine.public_access_token)
    run = await first(reader.subscribe_to_run(mine.id), lambda run: run.is_finished)
    assert run.is_success
    with pytest.raises(PermissionDeniedError):
        await first(reader.subscribe_to_run(other.id))
    with pytest.raises(PermissionDeniedError):
        await first(reader.subscribe_to_runs_with_tag("user:1"))


async def test_a_failed_run_ends_its_feed_with_its_error(client: RealtimeClient) -> None:
    handle = await client.trigger("fail", {"topic": "tides"})
    runs = [run async for run in client.subscribe_to_run(handle.id)]
    assert runs[-1].is_failed
    assert runs[-1].error
    assert (runs[-1].error.name, runs[-1].error.message) == ("ValueError", "no report on tides")


async def test_a_cancelled_run_ends_its_feed(client: RealtimeClient) -> None:
    handle = await client.trigger("wait")
    statuses: list[str] = []
    async for run in client.subscribe_to_run(handle.id):
        if run.is_executing and "CANCELED" not in statuses:
            await client.cancel_run(handle.id)
        statuses.append(run.status.value)
    assert statuses[-1] == "CANCELED"


async def test_a_replay_is_another_run_of_the_same_task_with_the_same_payload(
    client: RealtimeClient,
) -> None:
    first = await client.trigger("report", {"topic": "tides"})
    second = await client.replay_run(first.id)
    runs = [run async for run in client.subscribe_to_run(second.id)]
    assert second.id != first.id
    assert (runs[-1].task_identifier, runs[-1].payload) == ("report", {"topic": "tides"})


async def test_an_idempotency_key_gives_the_first_run_again(client: RealtimeClient) -> None:
    one = await client.trigger("report", {"topic": "tides"}, idempotency_key="k")
    two = await client.trigger("report", {"topic": "other"}, idempotency_key="k")
    assert (one.id, one.is_cached, two.is_cached) == (two.id, False, True)


async def test_an_unknown_task_is_named(client: RealtimeClient) -> None:
    with pytest.raises(NotFoundError, match="the task 'unknown'") as caught:
        await client.trigger("unknown", {})
    assert caught.value.remedy
    assert caught.value.status == 404


async def test_a_payload_without_json_form_is_refused_here(client: RealtimeClient) -> None:
    with pytest.raises(PayloadError):
        await client.trigger("report", {"topic": object()})


async def test_cancelling_an_unknown_run_is_not_found(client: RealtimeClient) -> None:
    with pytest.raises(NotFoundError):
        await client.cancel_run("run_unknown")


# Batches and tags


async def test_a_batch_is_followed_run_by_run(client: RealtimeClient, base_url: str) -> None:
    payloads = [Report(topic=str(number)) for number in range(5)]
    batch = await client.batch_trigger("report", payloads, tags="all")
    assert batch.run_count == 5
    outputs: set[str] = set()
    reader = reader_at(base_url, batch.public_access_token)
    feed = reader.subscribe_to_batch(batch.id, run_model=TypedRun)

    def complete(run: RealtimeRun[Report, Reported]) -> bool:
        if run.output:
            outputs.add(run.output.url)
        return len(outputs) == 5

    await first(feed, complete)
    assert outputs == {"/0", "/1", "/2", "/3", "/4"}


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_of_no_or_too_many_runs_is_refused_here(
    client: RealtimeClient, count: int
) -> None:
    with pytest.raises(ConfigurationError, match=f"{count} runs"):
        await client.batch_trigger("report", [{"topic": "t"}] * count)


async def test_a_batch_of_an_unknown_task_is_refused(client: RealtimeClient) -> None:
    with pytest.raises(NotFoundError, match="Task not found"):
        await client.batch_trigger("unknown", [{}])


async def test_an_unknown_batch_is_not_found(client: RealtimeClient) -> None:
    with pytest.raises(NotFoundError):
        await first(client.subscribe_to_batch("batch_unknown"))


async def test_a_tag_feed_shows_runs_that_come_later_and_has_no_end(
    client: RealtimeClient,
) -> None:
    one = await client.trigger("report", {"topic": "one"}, tags=["a", "b"])
    await client.trigger("report", {"topic": "other"}, tags=["a"])
    async with aclosing(client.subscribe_to_runs_with_tag(["a", "b"], created_at="1h")) as feed:
        await finished(feed, one.id)
        two = await client.trigger("report", {"topic": "two"}, tags=["b", "a"])
        assert await finished(feed, two.id) == {two.id}


async def test_columns_can_be_left_out(client: RealtimeClient) -> None:
    handle = await client.trigger("report", {"topic": "tides"})
    feed = client.subscribe_to_run(handle.id, skip_columns=["payload", "output"])
    run = await first(feed, lambda run: run.is_finished)
    assert (run.payload, run.output) == (None, None)
    assert run.metadata


# Streams


async def test_a_run_and_its_streams_are_one_feed(client: RealtimeClient, base_url: str) -> None:
    handle = await client.trigger("report", {"topic": "tides", "parts": 5})
    reader = reader_at(base_url, handle.public_access_token)
    streams: dict[str, list[Any]] = {}
    runs: list[RealtimeRun[Any, Any]] = []
    async for item in reader.subscribe_to_run_with_streams(handle.id, run_model=TypedRun):
        if isinstance(item, StreamPart):
            streams.setdefault(item.stream, []).append(item.part)
        else:
            runs.append(item.run)
    assert streams == {
        "text": [f"tides {number}" for number in range(1, 6)],
        "scores": [{"score": number} for number in range(1, 6)],
    }
    assert runs[-1].output == Reported(url="/tides")


async def test_streams_are_seen_while_the_run_goes_on(client: RealtimeClient) -> None:
    handle = await client.trigger("wait")
    feed = client.subscribe_to_run_with_streams(handle.id)
    part = await first(feed, lambda item: isinstance(item, StreamPart))
    assert isinstance(part, StreamPart)
    assert (part.stream, part.part) == ("text", "before")


async def test_a_finished_run_with_streams_is_read_to_its_end(client: RealtimeClient) -> None:
    handle = await client.trigger("report", {"topic": "tides"})
    await first(client.subscribe_to_run(handle.id), lambda run: run.is_finished)
    items = [item async for item in client.subscribe_to_run_with_streams(handle.id)]
    assert isinstance(items[0], RunUpdate)
    assert len([item for item in items if isinstance(item, StreamPart)]) == 6


async def test_a_stream_is_read_alone(client: RealtimeClient) -> None:
    handle = await client.trigger("report", {"topic": "tides"})
    await first(client.subscribe_to_run(handle.id), lambda run: run.is_finished)
    feed = client.read_stream(handle.id, "text", start_index=1, timeout_seconds=1)
    async with aclosing(feed):
        assert [await anext(feed), await anext(feed)] == ["tides 2", "tides 3"]


async def test_the_streams_of_an_unknown_run_are_not_found(client: RealtimeClient) -> None:
    with pytest.raises(NotFoundError):
        await first(client.read_stream("run_unknown", "text"))
    with pytest.raises(NotFoundError):
        await first(client.subscribe_to_run_with_streams("run_unknown"))


# Tokens


async def test_a_public_token_grants_its_scopes_and_no_more(
    client: RealtimeClient, base_url: str
) -> None:
    handle = await client.trigger("report", {"topic": "tides"}, tags=["user:1"])
    token = await client.create_public_token(scopes=["read:tags:user:1"], expires_in="1h")
    claims = read_claims(token)
    assert claims
    assert claims.exp is not None
    assert claims.iat is not None
    assert (claims.scopes, claims.exp - claims.iat) == (("read:tags:user:1",), 3600)
    reader = reader_at(base_url, token)
    run = await first(reader.subscribe_to_runs_with_tag("user:1"))
    assert run.id == handle.id
    with pytest.raises(PermissionDeniedError):
        await first(reader.subscribe_to_runs_with_tag("user:2"))
    with pytest.raises(PermissionDeniedError):
        await reader.trigger("report", {"topic": "tides"})


async def test_a_public_token_cannot_make_another(client: RealtimeClient, base_url: str) -> None:
    token = await client.create_public_token(scopes=["read:runs"])
    with pytest.raises(AuthenticationError):
        await reader_at(base_url, token).create_public_token(scopes=["read:runs"])


async def test_an_expired_token_is_refused(client: RealtimeClient, base_url: str) -> None:
    token = await client.create_public_token(scopes=["read:runs"], expires_in="-1s")
    with pytest.raises(AuthenticationError) as caught:
        await first(reader_at(base_url, token).subscribe_to_runs_with_tag("a"))
    assert "expired" in caught.value.remedy


async def test_an_expiry_that_is_no_duration_is_refused_here(client: RealtimeClient) -> None:
    with pytest.raises(ConfigurationError, match="soon"):
        await client.create_public_token(scopes=["read:runs"], expires_in="soon")


# Configuration


async def test_a_client_without_a_credential_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match="no access token") as caught:
        RealtimeClient()
    assert "TRIGGER_SECRET_KEY" in caught.value.remedy


async def test_a_client_uses_what_was_configured(server: DevServer, base_url: str) -> None:
    configure(access_token=server.secret_key, base_url=base_url)
    async with RealtimeClient() as configured:
        handle = await configured.trigger("report", {"topic": "tides"})
    assert handle.id.startswith("run_")


# Life cycle


@pytest.mark.parametrize("subscribe", ["run", "tag", "batch", "streams"])
async def test_leaving_the_loop_closes_the_request(subscribe: str) -> None:
    async with replay(shape([run_row(), UP_TO_DATE])) as upstream:
        client = reader_at(upstream.base_url, SECRET)
        feeds: dict[str, AsyncGenerator[Any, None]] = {
            "run": client.subscribe_to_run("run_1"),
            "tag": client.subscribe_to_runs_with_tag("a"),
            "batch": client.subscribe_to_batch("batch_1"),
            "streams": client.subscribe_to_run_with_streams("run_1"),
        }
        await first(feeds[subscribe])
        await upstream.left()


async def test_cancelling_a_feed_of_a_run_with_streams_leaves_no_task(
    client: RealtimeClient,
) -> None:
    handle = await client.trigger("wait")
    seen = asyncio.Event()

    async def watch() -> None:
        async for item in client.subscribe_to_run_with_streams(handle.id):
            if isinstance(item, StreamPart):
                seen.set()

    task = asyncio.create_task(watch())
    await seen.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pumps = [t for t in asyncio.all_tasks() if "_pump" in repr(t.get_coro())]
    assert pumps == []


async def test_a_server_that_restarts_in_mid_run_is_survived(tmp_path: Path) -> None:
    """The same port and the same file, as when a backend is reloaded."""
    path = str(tmp_path / "runs.db")
    before, after = restartable(path), restartable(path)
    async with serve(before) as base_url:
        client = reader_at(base_url, before.secret_key)
        handle = await client.trigger("wait")
        connection = Connection(base_url, credential(before.secret_key))
        feed = one_run_feed(connection, run_request(handle.id))
        await until_waiting(feed)
    await until(feed, FeedRetrying)
    port = int(base_url.rpartition(":")[2])
    async with serve(after, port=port), aclosing(feed):
        await until(feed, FeedLive)
        await client.cancel_run(handle.id)
        events = [event async for event in feed]
    assert isinstance(events[-1], RunsChanged)
    assert events[-1].runs[0].status is RunStatus.CANCELED


def restartable(path: str) -> DevServer:
    server = DevServer(path, poll_seconds=0.3)
    add_tasks(server)
    return server


async def until_waiting(feed: AsyncIterator[Any]) -> None:
    async for event in feed:
        if isinstance(event, RunsChanged) and event.runs[0].metadata.get("waiting"):
            return


async def until(feed: AsyncIterator[Any], kind: type[Any]) -> None:
    async for event in feed:
        if isinstance(event, kind):
            return
