"""Where TCP cuts a body is nobody's business: any cuts give the same parts and the same runs."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

import httpx
from httpx_sse import EventSource, ServerSentEvent
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import PartsAdded, RunsChanged
from reflex_realtime.feeds.limits import DEFAULT_LIMITS, Limits
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.protocol.event_limit import OVERSIZED, EventLimit
from reflex_realtime.protocol.requests import tag_request
from tests.feeds.replay import SECRET, UP_TO_DATE, run_row

LIMIT = 60
"""A small limit to the size of an event, in characters."""

Whole = TypeVar("Whole", str, bytes)


def pieces(whole: Whole, cuts: list[int]) -> list[Whole]:
    """A text or some bytes, cut at some places; those behind the end count from the start again."""
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    return [whole[begin:end] for begin, end in pairwise(places)]


class Body(httpx.AsyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


@dataclass
class Server:
    """A server that gives one answer, cut into pieces.

    Attributes:
        body: The body of the answer.
        cuts: Where it is cut.
        headers: The headers of the answer.
        compressed: Whether the body is sent compressed.
        limits: How much the feed takes.
    """

    body: bytes
    cuts: list[int]
    headers: dict[str, str]
    compressed: bool = False
    limits: Limits = DEFAULT_LIMITS

    def answer(self, _: httpx.Request) -> httpx.Response:
        """The answer."""
        body = gzip.compress(self.body, 1) if self.compressed else self.body
        encoding = {"Content-Encoding": "gzip"} if self.compressed else {}
        stream = Body(pieces(body, self.cuts))
        return httpx.Response(200, headers={**self.headers, **encoding}, stream=stream)

    def connection(self, notices: list[FeedNotice]) -> Connection:
        """A connection to it."""
        return Connection(
            "http://127.0.0.1",
            credential(SECRET),
            open_client=lambda: httpx.AsyncClient(transport=httpx.MockTransport(self.answer)),
            limits=self.limits,
            hooks=(notices.append,),
        )

    async def parts(self) -> tuple[list[Any], bool]:
        """The parts of the stream that it sends, and whether some are told to be too large."""
        notices: list[FeedNotice] = []
        feed = stream_feed(self.connection(notices), "run_1", "tok")
        found = [event.parts async for event in feed if isinstance(event, PartsAdded)]
        rejected = [notice for notice in notices if notice.kind is NoticeKind.REJECTED]
        assert all("larger than the limit" in str(notice.error) for notice in rejected)
        return [(part.id, part.part) for parts in found for part in parts], bool(rejected)

    async def runs(self) -> list[tuple[str, Any]]:
        """The runs that it sends."""
        async with aclosing(run_feed(self.connection([]), tag_request("a"))) as feed:
            event = await anext(feed)
        assert isinstance(event, RunsChanged)
        return [(run.id, run.metadata) for run in event.runs]


# Server-sent events

CUTS = st.lists(st.integers(0, 5000), max_size=12)
LINES = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=9)
NOISE = st.sampled_from(["", ": ping\n\n", ":\n", "retry: 3\n", "unknown: 1\n", "event: ping\n\n"])


@dataclass(frozen=True)
class Event:
    """An event of version 1.

    Attributes:
        noise: What comes before it.
        id: Its id.
        data: The lines of its data.
    """

    noise: str
    id: str
    data: tuple[str, ...]

    def __str__(self) -> str:
        lines = "".join(f"data: {line}\n" for line in self.data)
        return f"{self.noise}id: {self.id}\n{lines}\n"


def in_order(events: list[Event]) -> list[Event]:
    """Events as servers send them: those of one id together."""
    return sorted(events, key=lambda event: event.id)


def part_of(data: str) -> Any:
    """What a reader gets of some data: JSON where it is, else text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | LINES, st.lists, max_leaves=4)
DATA = (
    st.lists(LINES, min_size=1, max_size=3).map(tuple)
    | LINES.map(lambda line: (line * 300,))
    | VALUES.map(lambda value: (json.dumps(value, ensure_ascii=False),))
    | VALUES.map(lambda value: tuple(json.dumps(value, indent=1).split("\n")))
)
IDS = st.integers(1, 9).map("{}-0".format)
EVENTS = st.lists(st.builds(Event, NOISE, IDS, DATA), max_size=6).map(in_order)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
V1 = {"Content-Type": "text/event-stream"}
V2 = {**V1, "X-Stream-Version": "v2"}


@given(EVENTS, NEWLINES, CUTS, st.booleans())
async def test_a_stream_may_be_cut_anywhere(
    events: list[Event], newline: str, cuts: list[int], compressed: bool
) -> None:
    text = "".join(map(str, events)).replace("\n", newline)
    data = [(event.id, "\n".join(event.data)) for event in events]
    expected = [(name, part_of(text)) for name, text in data if text]
    assert await Server(text.encode(), cuts, V1, compressed).parts() == (expected, False)


@given(st.lists(st.lists(VALUES, max_size=3), max_size=4), NOISE, NEWLINES, CUTS, st.booleans())
async def test_a_stream_of_version_two_may_be_cut_anywhere(
    batches: list[list[Any]], noise: str, newline: str, cuts: list[int], compressed: bool
) -> None:
    text, expected = "", list[Any]()
    for batch in batches:
        numbered = [*enumerate(batch, len(expected))]
        bodies = [(number, {"data": value, "id": f"r{number}"}) for number, value in numbered]
        records = [{"seq_num": number, "body": json.dumps(body)} for number, body in bodies]
        expected += [(str(number), value) for number, value in numbered]
        lines = json.dumps({"records": records}, ensure_ascii=False)
        text += f"{noise}event: batch\nid: {len(expected)}\ndata: {lines}\n\n"
    body = text.replace("\n", newline).encode()
    assert await Server(body, cuts, V2, compressed).parts() == (expected, False)


# The limit to an event

SMALL = st.text("aé\u2028:", max_size=40)
SIZED = st.builds(Event, st.just(""), IDS, st.tuples(SMALL, SMALL))
EXACT = st.integers(LIMIT - 20, LIMIT - 10).map(lambda size: Event("", "1-0", ("x" * size,)))
"""An event about as large as the limit."""

EVENTS_OF_ANY_SIZE = st.lists(SIZED | EXACT, max_size=6).map(in_order)


def read_events(text: str) -> list[ServerSentEvent]:
    """The events of a text."""
    return [*EventSource(httpx.Response(200, headers=V1, text=text)).iter_sse()]


def passed_on(text: str, cuts: list[int]) -> str:
    """What the limit lets through of a text that comes in pieces."""
    limit = EventLimit(LIMIT)
    return "".join(map(limit.pass_on, pieces(text, cuts)))


def is_within(event: Event, newline: str) -> bool:
    """Whether an event is within the limit, for which its blank line does not count."""
    return len(str(event)[:-1].replace("\n", newline)) <= LIMIT


@given(EVENTS_OF_ANY_SIZE, NEWLINES, CUTS)
def test_what_is_within_the_limit_passes_unchanged_and_what_is_not_is_cut_and_renamed(
    events: list[Event], newline: str, cuts: list[int]
) -> None:
    text = "".join(map(str, events)).replace("\n", newline)
    passed = passed_on(text, cuts)
    if all(is_within(event, newline) for event in events):
        assert passed == text
    for event, found in zip(events, read_events(passed), strict=True):
        data = "\n".join(event.data)
        assert found.id == event.id
        if is_within(event, newline):
            assert (found.event, found.data) == ("message", data)
        else:
            assert found.event == OVERSIZED
            assert data.startswith(found.data)


@given(EVENTS_OF_ANY_SIZE, NEWLINES, CUTS)
def test_what_passes_the_limit_does_not_depend_on_the_cuts(
    events: list[Event], newline: str, cuts: list[int]
) -> None:
    text = "".join(map(str, events)).replace("\n", newline)
    assert passed_on(text, cuts) == passed_on(text, [])


@given(st.text("\r\nx:", max_size=30), CUTS)
def test_text_of_any_kind_passes_the_limit_unchanged_while_it_is_short(
    text: str, cuts: list[int]
) -> None:
    assert passed_on(text, cuts) == text


@given(EVENTS_OF_ANY_SIZE, NEWLINES, CUTS)
async def test_a_feed_leaves_out_what_is_too_large_and_nothing_else(
    events: list[Event], newline: str, cuts: list[int]
) -> None:
    text = "".join(map(str, events)).replace("\n", newline)
    limits = replace(DEFAULT_LIMITS, event_chars=LIMIT)
    parts, rejected = await Server(text.encode(), cuts, V1, limits=limits).parts()
    within = [event for event in events if is_within(event, newline)]
    data = ["\n".join(event.data) for event in within]
    assert [part for _, part in parts] == [part_of(text) for text in data if text]
    assert rejected == (len(within) < len(events))


# Answers to polls

METADATA = st.dictionaries(LINES, VALUES | LINES.map(lambda line: line * 300), max_size=4)
SHAPE = {
    "Content-Type": "application/json",
    "electric-offset": "0_0",
    "electric-handle": "h1",
    "electric-schema": '{"friendlyId": {"type": "text"}}',
}


@given(st.lists(METADATA, max_size=4), CUTS, st.booleans(), st.booleans())
async def test_the_answer_to_a_poll_may_be_cut_anywhere(
    metadata: list[dict[str, Any]], cuts: list[int], ascii_only: bool, compressed: bool
) -> None:
    packet = {"metadataType": "application/json"}
    rows = [run_row(n, metadata=json.dumps(each), **packet) for n, each in enumerate(metadata)]
    body = json.dumps([*rows, UP_TO_DATE], ensure_ascii=ascii_only).encode()
    expected = [(f"run_{n}", each) for n, each in enumerate(metadata)]
    assert await Server(body, cuts, SHAPE, compressed).runs() == expected
