"""Wherever TCP cuts an answer, it is read as if it had come in one piece."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reflex_realtime.feeds.events import FeedRetrying
from tests.feeds.capture_table import EXPECTED, Answers, NotOurs
from tests.feeds.captured import Outcome, asked, follow
from tests.feeds.replay import CUT, answer, recorded, replay

READ = [
    name
    for name, expected in EXPECTED.items()
    if not isinstance(expected, Answers | NotOurs) and asked(name)[0] == "GET"
]
FRAMINGS = {
    "native/05": "brotli in chunks",
    "native/09": "chunks",
    "electric/17": "a length",
    "native/54": "events in chunks, several under one id",
    "native/59": "events without the last chunk",
    "native/64": "gzip that is flushed with each event",
    "native/44": "a refusal",
}


def cut_each(size: int, whole: bytes) -> bytes:
    """Cut an answer behind each so many bytes."""
    return CUT.join(whole[start : start + size] for start in range(0, len(whole), size))


def cut_at(places: list[float], whole: bytes) -> bytes:
    """Cut an answer at some places, as shares of its length."""
    ends = [*sorted({round(place * len(whole)) for place in places} - {0}), len(whole)]
    return CUT.join(whole[start:end] for start, end in zip([0, *ends], ends, strict=False))


def around_marks(whole: bytes) -> bytes:
    """Cut an answer inside each line end: of its head, of its chunks, of its events."""
    return whole.replace(b"\r\n", b"\r" + CUT + b"\n").replace(b"\n\n", b"\n" + CUT + b"\n")


def told(seen: Outcome) -> tuple[Any, ...]:
    """What an outcome says, without what differs each time: the delays before asking again."""
    events = [
        (number, type(event), type(event.error))
        if isinstance(event, FeedRetrying)
        else (number, event)
        for number, event in seen.events
    ]
    requests = [(request.path, request.params, last_event_id(request)) for request in seen.requests]
    return events, requests, type(seen.error), str(seen.error).partition("127.0.0.1")[0], seen.ended


def last_event_id(request: Any) -> str | None:
    return request.headers.get("last-event-id")


async def test_a_cut_is_felt_by_whoever_reads() -> None:
    whole = answer(200, b"0123456789")
    async with (
        replay(whole.replace(b"345", b"3" + CUT + b"45" + CUT)) as server,
        httpx.AsyncClient() as client,
        client.stream("GET", server.base_url) as response,
    ):
        assert [chunk async for chunk in response.aiter_raw()] == [b"0123", b"45", b"6789"]


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("cut", [partial(cut_each, 7), around_marks], ids=["regular", "line ends"])
async def test_a_recorded_answer_in_pieces_is_the_same_answer(
    name: str, cut: Callable[[bytes], bytes]
) -> None:
    assert told(await follow(name, cut=cut)) == told(await follow(name))


@pytest.mark.parametrize("name", FRAMINGS, ids=FRAMINGS.values())
@given(st.lists(st.floats(0, 1), max_size=20))
@example([place / 400 for place in range(400)])
@settings(max_examples=25)
async def test_wherever_an_answer_is_cut_it_is_the_same_answer(
    name: str, places: list[float]
) -> None:
    cut = await follow(name, cut=partial(cut_at, places))
    assert told(cut) == told(await follow(name))


@pytest.mark.parametrize("name", ["native/54", "native/64", "electric/17"])
async def test_an_answer_that_comes_byte_by_byte_is_the_same_answer(name: str) -> None:
    assert told(await follow(name, cut=partial(cut_each, 1))) == told(await follow(name))


def test_cutting_an_answer_changes_nothing_of_it() -> None:
    whole = recorded("native/05")
    for cut in (around_marks, partial(cut_each, 7), partial(cut_at, [0.0, 0.5, 1.0])):
        assert cut(whole).replace(CUT, b"") == whole
