"""Items 50 to 64: streams of both versions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflex_realtime.devserver.options import StreamsVersion
from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransportError,
)
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import StreamFailed
from reflex_realtime.feeds.limits import DEFAULT_LIMITS
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.feeds.run_with_streams import run_with_streams_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.requests import run_request
from tests.checklist.dialects import Dialect
from tests.checklist.following import Followed, following
from tests.checklist.upstream import DONE, Upstream, upstream
from tests.feeds.replay import CUT, PAUSE, answer, cut, event_stream, recorded, replay

V2 = {"X-Stream-Version": "v2"}
OPEN = {"Content-Type": "text/event-stream", "Content-Length": "99999"}


def read(
    connection: Connection, run_id: str = "run_1", **options: Any
) -> AbstractAsyncContextManager[Followed]:
    """Follow a stream."""
    return following(
        connection, lambda connection: stream_feed(connection, run_id, "tok", **options)
    )


def event(event_id: int, part: Any) -> str:
    """An event of version 1."""
    return f"id: {event_id}-0\ndata: {json.dumps(part)}\n\n"


def record(number: int, part: Any, **members: Any) -> dict[str, Any]:
    """A record of version 2."""
    body = json.dumps({"data": part, **members})
    return {"seq_num": number, "timestamp": 5, "body": body}


def batch(*records: dict[str, Any]) -> str:
    """An event of version 2."""
    return f"event: batch\ndata: {json.dumps({'records': records})}\n\n"


@pytest.fixture(params=["v1", "v2"])
def version(request: pytest.FixtureRequest) -> StreamsVersion:
    """The version of a run's streams."""
    return request.param


@pytest.fixture
async def served(version: StreamsVersion) -> AsyncIterator[Upstream]:
    """An embedded server whose runs have streams of the version."""
    async with upstream(streams_version=version) as server:
        yield server


async def write(served: Upstream, version: StreamsVersion, run_id: str, *parts: Any) -> None:
    """Write parts of the stream of a run."""
    await served.worker.open_stream(run_id, "tok")
    for number, part in enumerate(parts):
        if version == "v1":
            await served.worker.write(run_id, "tok", part)
        else:
            body = json.dumps({"data": part, "id": f"id{number}"})
            await served.server.append_record(run_id, "tok", body)


# Both versions


async def test_item_50_the_answers_header_tells_how_a_stream_is_read(
    served: Upstream, version: StreamsVersion
) -> None:
    run_id = await served.trigger()
    parts = ["a", {"b": 1}, "li\nne", "é€", 5, None, [1, 2]]
    await write(served, version, run_id, *parts)
    async with read(served.connection, run_id) as stream:
        await stream.until(lambda: len(stream.parts) == len(parts))
    assert stream.parts == parts
    told = stream.exchanges[0].answered.get("x-stream-version", "v1")
    assert told == version


async def test_item_50_of_version_two_only_batches_are_parts() -> None:
    text = 'event: ping\ndata: {"a": 1}\n\ndata: "x"\n\n' + batch(record(0, "a"))
    async with replay(event_stream(text, V2)) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["a"]


async def test_item_50_without_the_header_a_stream_is_of_version_one() -> None:
    text = event(1, "a") + batch(record(0, "b"))
    async with replay(event_stream(text)) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["a", {"records": [record(0, "b")]}]


async def test_item_51_what_is_no_json_is_text_and_a_keep_alive_is_no_part() -> None:
    text = f'{event(1, "a")}: ping\n\nid: 2-0\ndata: partial"tail text"\n\n: ping\n\n'
    async with replay(event_stream(text)) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["a", 'partial"tail text"']


async def test_item_51_a_keep_alive_is_a_sign_of_life_and_silence_is_none() -> None:
    head = answer(200, event(1, "a"), OPEN)
    living = head + (PAUSE + b": ping\n\n") * 3
    async with replay(living, close=False) as server:
        limits = replace(DEFAULT_LIMITS, silence=0.25)
        async with read(replace(server.quick, limits=limits)) as stream:
            await stream.asked(2)
    [retrying] = stream.retries
    assert isinstance(retrying.error, TransportError)
    first, again = stream.exchanges[:2]
    assert again.at - first.at >= 3 * 0.15 + 0.25


async def test_item_52_of_version_two_each_part_comes_once_and_commands_are_none() -> None:
    async with upstream(streams_version="v2") as served:
        run_id = await served.trigger()
        await write(served, "v2", run_id, "a")
        append = served.server.append_record
        await append(run_id, "tok", "3", [("", "trim")])
        await append(run_id, "tok", "", [("trigger-control", "turn-complete")])
        await append(run_id, "tok", json.dumps({"data": "a", "id": "id0"}))
        await append(run_id, "tok", json.dumps({"data": "b", "id": "id9"}))
        async with read(served.connection, run_id) as stream:
            await stream.until(lambda: len(stream.parts) == 2)
    assert stream.parts == ["a", "b"]


async def test_item_52_what_is_no_part_is_read_all_the_same() -> None:
    """Another connection resumes behind the last record, whatever it was."""
    control = {"seq_num": 5, "headers": [["trigger-control", "turn-complete"]], "body": ""}
    command = {"seq_num": 6, "headers": [["", "trim"]], "body": "AAAA"}
    first = event_stream(batch(record(4, "a"), control, command) + "event: error\ndata: x\n\n", V2)
    async with replay(first) as server, read(server.quick) as stream:
        again = await stream.asked(2)
    assert stream.parts == ["a"]
    assert again.headers["last-event-id"] == "6"


# Connections that break off


async def test_item_53_version_two_resumes_behind_its_last_record_and_repeats_nothing() -> None:
    """The official client delivers what the server sends again."""
    first = answer(200, batch(*[record(n, n) for n in range(5)]), {**OPEN, **V2})
    again = event_stream(batch(*[record(n, n) for n in (3, 4, 5, 6)]), V2)
    async with replay(first, again) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == [0, 1, 2, 3, 4, 5, 6]
    assert stream.exchanges[1].headers["last-event-id"] == "4"
    assert isinstance(stream.retries[0].error, TransportError)


async def test_item_54_version_one_resumes_behind_the_last_id_that_is_complete() -> None:
    """Several events may share an id: the last one seen may have more of them."""
    whole = recorded("native/54")
    broken = cut(whole, b'{\\"late\\":2}"\n\n')
    async with replay(broken, recorded("native/55")) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts[-3:] == ['partial"tail text"', "late1", '{"late":2}']
    assert len(stream.parts) == 7
    assert stream.exchanges[1].headers["last-event-id"] == "1795368700818-0"


@pytest.mark.parametrize("after", [b'data: "a"\n\n', b'{"b":1}\n\n', b'"li', b"\xe2"])
async def test_item_54_a_cut_between_events_of_one_id_loses_and_repeats_nothing(
    after: bytes,
) -> None:
    whole = recorded("native/54")
    async with replay(cut(whole, after), whole) as server, read(server.quick) as stream:
        await stream.end()
    assert len(stream.parts) == 7
    assert stream.parts[:3] == ["a", {"b": 1}, "li\nne"]
    assert "last-event-id" not in stream.exchanges[1].headers


async def test_item_55_an_error_event_is_followed_by_a_new_connection() -> None:
    first = event_stream(batch(record(0, "a")) + "event: error\ndata: broken\n\n", V2)
    again = event_stream(batch(record(1, "b")), V2)
    async with replay(first, again) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["a", "b"]
    assert stream.exchanges[1].headers["last-event-id"] == "0"
    assert len(stream.retries) == 1


async def test_item_56_a_stream_that_the_server_closes_has_ended() -> None:
    async with replay(event_stream(event(1, "a"))) as server, read(server.quick) as stream:
        assert await stream.end() is None
    assert (stream.parts, len(stream.exchanges)) == (["a"], 1)


async def test_item_56_unless_it_is_followed_until_its_run_ends() -> None:
    """The official client's streams go silent after the first idle minute."""
    speaker = Dialect("native")
    rows = speaker.insert(realtimeStreams=["tok"]), speaker.update(status="CANCELED")
    finished = PAUSE + speaker.live(rows[1])
    streams = [event_stream(event(1, "a")), event_stream(event(2, "b"))]
    async with (
        replay(*speaker.snapshot(rows[0]), finished, streams=streams) as server,
        follow_with_streams(server.quick) as feed,
    ):
        await feed.until(lambda: len(feed.parts) == 2)
        await feed.end()
    assert feed.parts == ["a", "b"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, InvalidRequestError),
        (410, InvalidRequestError),
        (422, InvalidRequestError),
    ],
)
async def test_item_57_what_cannot_succeed_ends_the_stream(
    status: int, kind: type[ApiError]
) -> None:
    async with replay(answer(status)) as server, read(server.quick) as stream:
        error = await stream.end()
    assert isinstance(error, kind)
    assert (error.status, len(stream.exchanges)) == (status, 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, ServerError),
        (429, RateLimitError),
        *[(status, ServerError) for status in (500, 502, 503, 504)],
    ],
)
async def test_item_57_what_may_pass_is_asked_again(status: int, kind: type[ApiError]) -> None:
    whole = event_stream(event(1, "a"))
    async with replay(answer(status), whole) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["a"]
    assert [type(each.error) for each in stream.retries] == [kind]


def test_item_57_the_pauses_grow_up_to_a_cap() -> None:
    error = ServerError("It failed.", status=500)
    longest = [
        max(DEFAULT_RETRY.delay(failures, error) for _ in range(200)) for failures in range(1, 5)
    ]
    assert all(earlier < later for earlier, later in pairwise(longest))
    assert max(DEFAULT_RETRY.delay(99, error) for _ in range(200)) <= 10


async def test_item_58_a_part_ends_the_row_of_failures_and_a_connection_does_not() -> None:
    steep = RetryPolicy(initial=0.01, factor=20, cap=0.2, floor=0, window=0)
    nothing = answer(200, ": ping\n\n", OPEN)
    something = answer(200, event(1, "a"), OPEN)
    answers = [answer(500), nothing, something, answer(500)]
    delays: list[float] = []
    async with (
        replay(*answers) as server,
        read(server.retrying(steep)) as stream,
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("reflex_realtime.feeds.retry.random.random", lambda: 1.0)
            await stream.asked(5)
        delays = [each.delay for each in stream.retries]
    assert delays == pytest.approx([0.01, 0.2, 0.01, 0.2])


async def test_item_59_a_refused_token_is_renewed_once() -> None:
    tokens = iter(["tr_dev_one", "tr_dev_two"])
    whole = event_stream(event(1, "a"))
    async with replay(answer(401), whole) as server:
        connection = replace(server.quick, credential=credential(lambda: next(tokens)))
        async with read(connection) as stream:
            await stream.end()
    assert stream.parts == ["a"]
    sent = [exchange.headers["authorization"] for exchange in stream.exchanges]
    assert sent == ["Bearer tr_dev_one", "Bearer tr_dev_two"]


async def test_item_59_a_second_refusal_is_final() -> None:
    tokens = iter(["tr_dev_one", "tr_dev_two"])
    async with replay(answer(401), answer(401)) as server:
        connection = replace(server.quick, credential=credential(lambda: next(tokens)))
        async with read(connection) as stream:
            error = await stream.end()
    assert isinstance(error, AuthenticationError)
    assert len(stream.exchanges) == 2


# What is asked


async def test_item_60_a_start_index_means_the_same_on_both_versions(
    served: Upstream, version: StreamsVersion
) -> None:
    """To the official client it means nothing on version 1."""
    run_id = await served.trigger()
    await write(served, version, run_id, *range(15))
    async with read(served.connection, run_id, start_index=10) as stream:
        await stream.until(lambda: len(stream.parts) == 5)
    assert stream.parts == [10, 11, 12, 13, 14]


async def test_item_60_version_two_is_asked_for_what_is_wanted_only() -> None:
    whole = event_stream(batch(record(10, "k")), V2)
    async with replay(whole) as server, read(server.quick, start_index=10) as stream:
        await stream.end()
    assert stream.exchanges[0].headers["last-event-id"] == "9"
    async with replay(whole) as server, read(server.quick) as stream:
        await stream.end()
    assert "last-event-id" not in stream.exchanges[0].headers


@pytest.mark.parametrize("seconds", [0, -1, 601])
async def test_item_61_a_timeout_that_no_server_takes_is_refused_before_anything_is_sent(
    seconds: int,
) -> None:
    async with replay() as server:
        with pytest.raises(ConfigurationError, match=str(seconds)):
            await anext(stream_feed(server.quick, "run_1", "tok", timeout_seconds=seconds))
        assert server.requests == []


@pytest.mark.parametrize("seconds", [1, 600])
async def test_item_61_a_timeout_is_sent(seconds: int) -> None:
    whole = event_stream(event(1, "a"))
    async with replay(whole) as server, read(server.quick, timeout_seconds=seconds) as stream:
        await stream.end()
    assert stream.exchanges[0].headers["timeout-seconds"] == str(seconds)


# Text


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@given(cuts=st.lists(st.integers(1, 200), max_size=20))
@settings(max_examples=15)
async def test_item_62_lines_and_letters_are_whole_wherever_they_are_cut(
    newline: str, cuts: list[int]
) -> None:
    text = event(1, "é€😀") + 'id: 2-0\ndata: {"a":\ndata: "ü\u2028"}\n\n' + event(3, "b")
    body = text.replace("\n", newline).encode()
    assert len(body) < 200
    ends = [*sorted({each for each in cuts if each < len(body)}), len(body)]
    pieces = CUT.join(body[start:end] for start, end in pairwise([0, *ends]))
    whole = event_stream("").replace(b"Content-Length: 0", b"Content-Length: %d" % len(body))
    async with replay(whole + CUT + pieces) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["é€😀", {"a": "ü\u2028"}, "b"]


async def test_item_62_a_very_large_part_is_whole() -> None:
    large = "é" * 2_000_000
    async with replay(event_stream(event(1, large))) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == [large]


async def test_item_62_an_event_that_is_not_complete_is_no_part() -> None:
    text = event(1, "a") + 'id: 2-0\ndata: "half'
    async with replay(event_stream(text)) as server, read(server.quick) as stream:
        await stream.end()
    assert stream.parts == ["a"]


# Runs with streams


def follow_with_streams(connection: Connection) -> AbstractAsyncContextManager[Followed]:
    return following(
        connection, lambda connection: run_with_streams_feed(connection, run_request("run_1"))
    )


def streams_opened(feed: Followed) -> list[str]:
    paths = [exchange.request.url.path for exchange in feed.exchanges]
    return [path.rpartition("/")[2] for path in paths if "/streams/" in path]


@pytest.mark.parametrize(
    ("named", "opened"),
    [(["a", "b"], {"a", "b"}), ([], {"column"}), (["a", 1], {"column"}), (None, {"column"})],
)
@pytest.mark.parametrize("style", ["native", "electric"])
async def test_item_63_streams_that_the_metadata_name_beat_the_column(
    style: Any, named: Any, opened: set[str]
) -> None:
    speaker = Dialect(style)
    metadata = json.dumps({"$$streams": named})
    row = speaker.insert(
        realtimeStreams=["column"], metadata=metadata, metadataType="application/json"
    )
    again = speaker.live(speaker.update(status="DEQUEUED"))
    streams = [answer(200, event(1, "x"), OPEN) + PAUSE] * 4
    async with (
        replay(*speaker.snapshot(row), again, streams=streams) as server,
        follow_with_streams(server.quick) as feed,
    ):
        await feed.told(2)
        await feed.until(lambda: len(feed.parts) == len(opened))
        assert sorted(streams_opened(feed)) == sorted(opened)


@pytest.mark.parametrize("style", ["native", "electric"])
async def test_item_64_a_stream_that_is_named_again_is_not_opened_again(style: Any) -> None:
    speaker = Dialect(style)
    snapshot = speaker.snapshot(speaker.insert(realtimeStreams=["tok"]))
    without = speaker.live(speaker.update(status="DEQUEUED", realtimeStreams=[]))
    again = speaker.live(speaker.update(status="EXECUTING", realtimeStreams=["tok"]))
    lost = answer(503)
    going_on = answer(200, event(1, "a"), OPEN) + PAUSE * 3
    polls = [without, lost, again]
    async with (
        replay(*snapshot, *polls, streams=[going_on]) as server,
        follow_with_streams(server.quick) as feed,
    ):
        await feed.told(3)
        await feed.until(lambda: feed.parts)
        assert streams_opened(feed) == ["tok"]
    assert feed.parts == ["a"]


@pytest.mark.parametrize("style", ["native", "electric"])
async def test_item_64_a_stream_that_fails_does_not_end_the_run(style: Any) -> None:
    speaker = Dialect(style)
    snapshot = speaker.snapshot(speaker.insert(realtimeStreams=["tok"]))
    finished = PAUSE + speaker.live(speaker.update(status="CANCELED"))
    async with (
        replay(*snapshot, finished, streams=[answer(404)]) as server,
        follow_with_streams(server.quick) as feed,
    ):
        assert await feed.end() is None
    [failed] = [event for event in feed.events if isinstance(event, StreamFailed)]
    assert (failed.stream, failed.error.status) == ("tok", 404)
    assert feed.statuses == ["EXECUTING", "CANCELED"]


async def test_item_64_a_run_and_its_streams_end_together(
    served: Upstream, version: StreamsVersion
) -> None:
    run_id = await served.trigger()
    await write(served, version, run_id, "a", "b")
    await served.change(run_id, **DONE)
    items = [item async for item in served.client.subscribe_to_run_with_streams(run_id)]
    assert [item.part for item in items if isinstance(item, StreamPart)] == ["a", "b"]
