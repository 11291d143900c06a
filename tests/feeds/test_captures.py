"""Every recorded answer of a real server, byte for byte, through the real transport."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from reflex_realtime.errors import ApiError, RealtimeError, TransportError
from reflex_realtime.feeds import rest
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, RunsChanged
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import (
    ShapeRequest,
    run_request,
    tag_request,
)
from reflex_realtime.protocol.shape import Message
from tests.conformance.items import javascript_run
from tests.feeds.capture_table import (
    EXPECTED,
    SEQUENCES,
    Answers,
    BreaksOff,
    Expected,
    Fails,
    NotOurs,
    Reads,
    Retries,
    Shows,
    Voids,
)
from tests.feeds.captured import Outcome, asked, follow, outcome, raw_headers, request_of
from tests.feeds.replay import CAPTURES, Request, answer, catch_up, recorded, replay


def named(*kinds: type[Expected]) -> list[str]:
    return [name for name, expected in EXPECTED.items() if isinstance(expected, kinds)]


# Every file has its entry


def test_every_recorded_answer_has_its_entry() -> None:
    files = {f"{p.parent.name}/{p.stem.partition('-')[0]}" for p in CAPTURES.glob("*/*.raw")}
    assert set(EXPECTED) == files


def test_every_recorded_sequence_has_its_entry() -> None:
    assert set(SEQUENCES) == {path.stem for path in CAPTURES.glob("*/*.jsonl")}


def test_nothing_else_was_recorded() -> None:
    kinds = {path.suffix for path in CAPTURES.rglob("*") if path.is_file()}
    assert kinds == {".raw", ".jsonl", ".md"}


# The runs feed


@pytest.mark.parametrize("name", named(Shows))
async def test_a_recorded_answer_shows_its_runs_and_is_followed(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Shows)
    more = [expected.up_to_date_by] if expected.up_to_date_by else []
    seen = await follow(name, *more)
    assert seen.error is None
    number = len(expected.after) + 1
    check_next_request(seen.requests[number], name, live=not more)
    changes = seen.of(RunsChanged, number + len(more))
    assert not more or not seen.of(RunsChanged, number)
    assert expected.after or [change.snapshot for change in changes] == [True]
    runs = [run for change in changes for run in change.runs]
    assert [run.status.value for run in runs] == list(expected.statuses)
    assert sum(len(change.removed) for change in changes) == expected.removes
    for run in runs:
        check_run(run, expected.fields, request_of(name))


def check_next_request(request: Request, name: str, *, live: bool) -> None:
    """Offset, handle and cursor are echoed as they came."""
    headers = raw_headers(name)
    offset = headers.get("electric-offset", headers.get("electric-chunk-last-offset", ""))
    handle = headers.get("electric-handle", headers.get("electric-shape-id", ""))
    expected = {"log": "full", "offset": offset, "handle": handle}
    if live:
        expected |= {"live": "true", "cursor": headers.get("electric-cursor", "")}
    assert request.params == {**request_of(name).params, **expected}


def check_run(run: RealtimeRun[Any, Any], fields: Mapping[str, Any], asked: ShapeRequest) -> None:
    assert run.problems == []
    assert asked.run_id in (None, run.id)
    assert set(asked.params.get("tags", "").split(",")) - {""} <= set(run.tags)
    for name, value in fields.items():
        shown = getattr(run, name)
        assert (shown.isoformat() if isinstance(shown, datetime) else shown) == value, name


@pytest.mark.parametrize("name", named(Voids))
async def test_a_recorded_answer_that_voids_what_was_read_is_followed_by_a_new_start(
    name: str,
) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Voids)
    seen = await follow(name)
    optional = {"handle": expected.handle, "expired_handle": expected.expired}
    assert seen.requests[-1].params == {
        **request_of(name).params,
        "log": "full",
        "offset": "-1",
        **{key: value for key, value in optional.items() if value},
    }
    assert not seen.of(RunsChanged, len(expected.after) + 1)


# Refusals


@pytest.mark.parametrize("name", [n for n in named(Fails) if asked(n)[0] == "GET"])
async def test_a_recorded_refusal_ends_the_feed_at_once(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Fails)
    seen = await follow(name)
    check_error(seen.error, expected)
    assert len(seen.requests) == len(expected.after) + 1
    assert seen.requests[-1].path == urlsplit(asked(name)[1]).path


def check_error(error: RealtimeError | None, expected: Fails) -> None:
    assert isinstance(error, expected.kind)
    assert error.status == expected.status
    assert expected.words in error.message
    assert error.remedy
    assert error.url
    assert "?" not in error.url


@pytest.mark.parametrize("name", named(Retries))
async def test_after_a_recorded_failure_that_may_pass_the_feed_asks_again_without_being_held(
    name: str,
) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Retries)
    seen = await follow(name)
    [retrying] = seen.of(FeedRetrying, len(expected.after) + 1)
    assert type(retrying.error) is expected.kind
    failed, again = seen.requests[-2:]
    assert (again.path, again.params) == (failed.path, catch_up(failed.params))


# Streams


@pytest.mark.parametrize("name", named(Reads))
async def test_a_recorded_stream_is_read_to_its_end(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Reads)
    seen = await follow(name)
    assert seen.ended
    assert seen.error is None
    assert seen.events[0] == (1, FeedLive())
    assert parts_of(seen) == list(expected.parts)
    [request] = seen.requests
    assert request.path == asked(name)[1]
    assert not {"last-event-id", "timeout-seconds"} & set(request.headers)


@pytest.mark.parametrize("name", named(BreaksOff))
async def test_a_recorded_stream_that_lacks_its_last_chunk_is_opened_again(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, BreaksOff)
    seen = await follow(name)
    [retrying] = seen.of(FeedRetrying, 1)
    assert isinstance(retrying.error, TransportError)
    assert parts_of(seen) == list(expected.parts)
    assert seen.requests[1].headers.get("last-event-id") == expected.resumes_after


def parts_of(seen: Outcome) -> list[Any]:
    added = [event for _, event in seen.events if isinstance(event, PartsAdded)]
    return [part.part for event in added for part in event.parts]


# Requests that are answered once


@pytest.mark.parametrize("name", [n for n in named(Fails) if asked(n)[0] == "POST"])
async def test_a_recorded_refusal_of_a_request_is_its_error(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Fails)
    _, target, _, body = asked(name)
    async with replay(recorded(name)) as server:
        with pytest.raises(ApiError) as caught:
            await rest.post(server.quick, target, "what was recorded", content=body)
        assert len(server.requests) == 1
    check_error(caught.value, expected)


@pytest.mark.parametrize("name", named(Answers))
async def test_a_recorded_answer_to_a_request_is_read(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, Answers)
    _, target, _, body = asked(name)
    async with replay(recorded(name)) as server:
        read = await rest.post(server.quick, target, "what was recorded", content=body)
        assert server.requests[0].body == body
    assert read.body == expected.body


@pytest.mark.parametrize("name", named(NotOurs))
async def test_what_the_client_never_asks_is_replayed_as_it_was_recorded(name: str) -> None:
    expected = EXPECTED[name]
    assert isinstance(expected, NotOurs)
    assert expected.why
    method, target, headers, body = asked(name)
    async with replay(recorded(name)) as server, httpx.AsyncClient() as client:
        response = await client.request(
            method, server.base_url + target, headers=headers, content=body
        )
    assert (response.status_code, response.text) == (expected.status, expected.body)
    assert expected.headers.items() <= dict(response.headers).items()


# What the official client emitted


def emitted(name: str) -> list[dict[str, Any]]:
    """What the official client emitted, without its warnings and without the end."""
    lines = (CAPTURES / "js-client" / f"{name}.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return [entry for entry in entries if entry["type"] != "end"]


async def test_the_messages_that_the_official_client_read_become_the_runs_that_it_emitted() -> None:
    """Both were recorded of one run, at the same time."""
    answers = [spoken(entry) for entry in emitted("shape")]
    run = run_request("run_cmws5333l00018b7dr4ch5096")
    seen = await outcome(answers, lambda server: run_feed(server.quick, run))
    runs = [run for _, event in seen.events if isinstance(event, RunsChanged) for run in event.runs]
    official = [entry["value"] for entry in emitted("run") if entry["type"] == "run"]
    assert [javascript_run(run) for run in runs] == official
    positions = [(e["offset"], e["handle"], e["upToDate"]) for e in emitted("shape")]
    assert asked_after(seen) == positions


async def test_a_refetch_goes_the_way_that_it_went_with_the_official_client() -> None:
    """As on Electric, the answer that voids the shape has no handle."""
    before, caught_up, void, *after = emitted("js-must-refetch")
    voided = answer(409, json.dumps(void["value"]))
    answers = [spoken(before), spoken(caught_up), voided, *map(spoken, after)]
    request = tag_request("mr1")
    seen = await outcome(answers, lambda server: run_feed(server.quick, request))
    stories = [event for _, event in seen.events if isinstance(event, RunsChanged)]
    assert [(len(s.runs), len(s.removed)) for s in stories] == [(1, 0), (0, 1)]
    positions = [
        (entry["offset"], entry.get("handle"), entry["upToDate"])
        for entry in emitted("js-must-refetch")
    ]
    assert asked_after(seen) == positions


def asked_after(seen: Outcome) -> list[tuple[str, str | None, bool]]:
    """Offset, handle and liveness of each request but the first."""
    params = [request.params for request in seen.requests[1:]]
    return [(p["offset"], p.get("handle"), "live" in p) for p in params]


def spoken(entry: Mapping[str, Any]) -> bytes:
    """The answer that the official client read, as the server sent it."""
    types: dict[str, Any] = {}
    messages = [_spoken_message(message, types) for message in entry["value"]]
    headers = {
        "Content-Type": "application/json",
        "electric-offset": entry["offset"],
        "electric-handle": entry["handle"],
        "electric-schema": json.dumps(types or {"id": {"type": "text"}}),
        "electric-cursor": "",
    }
    return answer(200, json.dumps(messages), headers)


def _spoken_message(message: Message, types: dict[str, Any]) -> Message:
    if "value" not in message:
        return message
    row = {name: _spoken_value(name, value, types) for name, value in message["value"].items()}
    return {**message, "value": row}


def _spoken_value(name: str, value: Any, types: dict[str, Any]) -> str | None:
    types[name] = {"type": "text"}
    match value:
        case bool():
            types[name] = {"type": "bool"}
            return "t" if value else "f"
        case int() | float():
            types[name] = {"type": "float8"}
            return str(value)
        case list():
            types[name] = {"type": "text", "dims": 1}
            return "{" + ",".join(json.dumps(item) for item in value) + "}"
        case _:
            return value


@pytest.mark.parametrize(("name", "sequence"), SEQUENCES.items())
def test_our_client_is_held_against_every_sequence(name: str, sequence: Any) -> None:
    module = importlib.import_module(sequence.told_in)
    source = module.__file__
    assert source
    with open(source) as text:
        assert f'"{name}"' in text.read()
