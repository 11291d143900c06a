"""Every fault a server can have, at every point of a feed's life, and what is to come of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from email.utils import formatdate
from enum import StrEnum
from functools import partial
from time import time
from typing import Any

from reflex_realtime.errors import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RealtimeError,
    ServerError,
    TransportError,
)
from reflex_realtime.feeds.limits import Limits
from tests.feeds.faulty import (
    Fault,
    Wire,
    alters,
    answers,
    breaks_off,
    chunk,
    drips,
    lacks,
    never_ends,
)
from tests.feeds.replay import UP_TO_DATE, answer

PATIENT = Limits(connect=2, silence=4, answer=5, answer_bytes=64 * 1024, event_chars=4096, token=2)
HASTY = replace(PATIENT, silence=0.8, answer=1.4)
"""For faults that show themselves by the time they take."""
SIX_HOURS = 6 * 3600


class At(StrEnum):
    """At which point of a feed's life the faults begin."""

    START = "a runs feed at its start"
    LIVE = "a runs feed that is live"
    OPENING = "a stream at its start"
    READING = "a stream that broke off"

    @property
    def before(self) -> int:
        """How many requests are answered before the first fault."""
        return 1 if self in (At.LIVE, At.READING) else 0

    @property
    def of_runs(self) -> bool:
        return self in (At.START, At.LIVE)


@dataclass(frozen=True)
class Outcome:
    """What is to come of a fault.

    Attributes:
        error: What it is told as.
        ends: Whether it ends the feed.
        passes: Whether it ever passes.
        times: To how many requests it is the answer, if that many are sent.
        told: How often it is told.
        after: How many requests are answered behind the last fault.
        seconds: Within what time the feed has recovered or ended.
    """

    error: type[RealtimeError] | None
    ends: bool
    passes: bool
    times: int
    told: int
    after: int
    seconds: float


def passes(
    error: type[RealtimeError],
    times: int = 4,
    *,
    told: int | None = None,
    after: int = 1,
    seconds: float = 6.0,
) -> Outcome:
    """Each time it is told, with an error, and asked again; the feed recovers."""
    return Outcome(error, False, True, times, times if told is None else told, after, seconds)


def persists(error: type[RealtimeError], times: int = 5) -> Outcome:
    """As long as it lasts it is told, with an error, and asked again."""
    return Outcome(error, False, False, times, times, 0, 6.0)


def unnoticed(times: int = 4, *, after: int = 1, seconds: float = 4.0) -> Outcome:
    """Nothing is told, and nothing missed."""
    return Outcome(None, False, True, times, 0, after, seconds)


def ends(
    error: type[RealtimeError], requests: int = 1, *, told: int = 0, seconds: float = 3.0
) -> Outcome:
    """The feed ends with an error, after so many requests."""
    return Outcome(error, True, False, requests, told, 0, seconds)


@dataclass(frozen=True)
class Row:
    """A fault, when it happens, and what is to come of it.

    Attributes:
        name: The fault's name.
        at: When it happens.
        fault: What the server does.
        outcome: What is to come of it.
        limits: How long to wait, and how much to take.
        url: The server's URL; `{port}` is its port.
        absent: Whether nobody listens while the fault lasts.
        version: The stream's version.
        tokens: Whether the access token comes from a function; how often it is to be called.
        asks: For how long the server asks to wait, at least and at most.
        goes_on: Whether the stream's run goes on, so that its end is not the stream's.
        quiet: Whether the runs stay as they are meanwhile, so that no poll is answered.
    """

    name: str
    at: At
    fault: Fault
    outcome: Outcome
    limits: Limits = PATIENT
    url: str = "http://127.0.0.1:{port}"
    absent: bool = False
    version: str = "v1"
    tokens: int = 0
    asks: tuple[float, float] | None = None
    goes_on: bool = False
    quiet: bool = False

    def __str__(self) -> str:
        return f"{self.at}: {self.name}"


def each(
    name: str,
    fault: Fault,
    everywhere: Outcome | None = None,
    *,
    start: Outcome | None = None,
    live: Outcome | None = None,
    opening: Outcome | None = None,
    reading: Outcome | None = None,
    **settings: Any,
) -> list[Row]:
    """The rows of one fault, for each point of a feed's life for which an outcome is given."""
    outcomes = dict(zip(At, (start, live, opening, reading), strict=True))
    return [
        Row(name, at, fault, outcome, **settings)
        for at in At
        if (outcome := outcomes[at] or everywhere)
    ]


# Faults that need more than a line


async def silent(wire: Wire) -> None:
    await wire.hold()


async def silent_after_the_head(wire: Wire) -> None:
    await wire.send(wire.head)
    await wire.hold()


async def goes_away(wire: Wire) -> None:
    await wire.server.refuse()
    await wire.reset()


async def voids(wire: Wire) -> None:
    wire.server.handle = f"h{wire.number + 1}"
    await wire.send(
        answer(409, "[]", {"electric-handle": wire.server.handle, "Connection": "keep-alive"})
    )


async def truncates_a_chunk(wire: Wire) -> None:
    length = b"Content-Length: %d" % len(wire.body)
    await wire.send(wire.head.replace(length, b"Transfer-Encoding: chunked"))
    await wire.send(b"%x\r\n" % len(wire.body) + wire.body[:20])
    await wire.close()


async def a_stale_cache(wire: Wire) -> None:
    """The server gives up the first handle; a cache in front of it goes on answering under it."""
    if wire.number == 1:
        await voids(wire)
    else:
        await wire.send(wire.healthy.replace(b"electric-handle: h2", b"electric-handle: h1"))


def idles(body: str) -> Fault:
    """An answer to a poll, at once, that leaves the position where it is."""

    async def fault(wire: Wire) -> None:
        offset = wire.request.params["offset"].replace("-1", "0_0")
        await wire.send(answer(200, body, wire.server.headers(offset)))

    return fault


def redirects(host: str) -> Fault:
    """An answer that sends the client to the same place at a host."""

    async def fault(wire: Wire) -> None:
        place = f"http://{host}:{wire.server.port}{wire.request.path}?{wire.request.query}"
        await wire.send(answer(302, headers={"Location": place, "Connection": "keep-alive"}))

    return fault


async def fails_every_other_time(wire: Wire) -> None:
    failure = answer(503, headers={"Connection": "keep-alive"})
    await wire.send(failure if wire.number % 2 else wire.healthy)


async def refuses_the_first_token(wire: Wire) -> None:
    await wire.send(answer(401, '{"error":"expired"}', {"Connection": "keep-alive"}))


async def keep_alives_only(wire: Wire) -> None:
    await wire.send(wire.head)
    for _ in range(10):
        await wire.send(chunk(b": ping\n\n"))
        await asyncio.sleep(0.1)
    await wire.send(wire.body)
    await wire.close()


async def a_read_error(wire: Wire) -> None:
    await wire.send(wire.head + chunk(b"event: error\ndata: {}\n\n") + b"0\r\n\r\n")
    await wire.close()


async def too_large_an_event(wire: Wire) -> None:
    middle = wire.body.index(b"\n\n") + 4
    large = chunk(b"id: 1-1\ndata: " + b"x" * 10_000 + b"\n\n")
    await wire.send(wire.head + wire.body[:middle] + large + wire.body[middle:])
    await wire.close()


async def inside_the_second_event(wire: Wire) -> None:
    await wire.send(wire.head + wire.body[: wire.body.index(b"\n\n") + 30])
    await wire.close()


async def ends_at_once(wire: Wire) -> None:
    await wire.send(wire.head + b"0\r\n\r\n")
    await wire.close()


def leaps(seconds: float, fault: Fault | None = None) -> Fault:
    """The client's clock leaps; then the fault, if any, happens each time."""

    async def behind_a_leap(wire: Wire) -> None:
        wire.server.ahead = seconds
        await (fault(wire) if fault else wire.send(wire.healthy))

    return behind_a_leap


def in_seconds(seconds: float) -> str:
    """A moment as a date, rounded to the second."""
    return formatdate(time() + seconds, usegmt=True)


BUSY = partial(answers, 429)
HTML = "<html><h1>Bad gateway</h1></html>"
PAGE = {"Content-Type": "text/html"}

MATRIX = [
    # No connection
    *each("connection refused", goes_away, passes(TransportError), absent=True),
    *each(
        "no such host",
        silent,
        passes(TransportError),
        absent=True,
        url="http://faulty.test:{port}",
        limits=HASTY,
    ),
    *each(
        "TLS to a plain port",
        silent,
        start=persists(TransportError),
        opening=persists(TransportError),
        url="https://127.0.0.1:{port}",
    ),
    *each("reset before the head", breaks_off(after=None, reset=True), passes(TransportError)),
    *each("closed before the head", breaks_off(after=None), passes(TransportError)),
    # No whole answer
    *each("reset in mid-body", breaks_off(after=20, reset=True), passes(TransportError)),
    *each("closed in mid-body", breaks_off(after=20), passes(TransportError)),
    *each("truncated chunk", truncates_a_chunk, passes(TransportError)),
    *each("half-open socket", silent, passes(TransportError, 2), limits=HASTY),
    *each("silence after the head", silent_after_the_head, passes(TransportError, 2), limits=HASTY),
    *each("slow loris, head", drips(head_first=False), passes(TransportError, 2), limits=HASTY),
    *each("slow loris, body", drips(head_first=True), passes(TransportError, 2), limits=HASTY),
    *each(
        "a slow body without an end", never_ends(b" ", 0.1), passes(TransportError, 2), limits=HASTY
    ),
    *each(
        "a quick body without an end",
        never_ends(b"data" * 5000, 0.01),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
        opening=passes(TransportError, 2),
        reading=passes(TransportError, 2),
        limits=HASTY,
    ),
    *each("a failure without an end", never_ends(b"no" * 5000, 0.01, b"500"), passes(ServerError)),
    *each(
        "an answer that is too large",
        answers(200, " " * 65 * 1024),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
    ),
    # Refusals
    *each("401, then a good token", refuses_the_first_token, unnoticed(1), tokens=2),
    *each("401", answers(401, '{"error":"expired"}'), ends(AuthenticationError)),
    *each("400", answers(400, '{"error":"Query Error"}'), ends(InvalidRequestError)),
    *each("403", answers(403), ends(PermissionDeniedError)),
    *each("404", answers(404), ends(NotFoundError)),
    *each("408", answers(408), passes(ServerError)),
    *each(
        "409, once",
        voids,
        start=unnoticed(1),
        live=unnoticed(1),
        opening=ends(InvalidRequestError),
        reading=ends(InvalidRequestError),
    ),
    *each(
        "409, again and again",
        voids,
        start=ends(ProtocolError, 10, told=8, seconds=8.0),
        live=passes(ProtocolError, 6, told=5),
    ),
    # Too busy
    *each("429", BUSY(), passes(RateLimitError)),
    *each(
        "429 with Retry-After in seconds",
        BUSY(headers={"Retry-After": "1"}),
        passes(RateLimitError, 1),
        asks=(1.0, 1.0),
    ),
    *each(
        "429 with Retry-After as a date",
        BUSY(headers={"Retry-After": lambda: in_seconds(2), "Date": lambda: in_seconds(0)}),
        passes(RateLimitError, 1, seconds=7.0),
        asks=(1.0, 2.0),
    ),
    *each(
        "429 with a reset in milliseconds",
        BUSY(headers={"x-ratelimit-reset": lambda: str(int((time() + 0.8) * 1000))}),
        passes(RateLimitError, 1),
        asks=(0.5, 0.8),
    ),
    *each(
        "429 with a reset in seconds",
        BUSY(headers={"x-ratelimit-reset": lambda: str(int(time() + 2))}),
        passes(RateLimitError, 1, seconds=7.0),
        asks=(0.9, 2.0),
    ),
    # Failures
    *each("500", answers(500), passes(ServerError)),
    *each(
        "500 that a retry cannot help",
        answers(500, headers={"x-should-retry": "false"}),
        ends(ServerError),
    ),
    *each("502 with a page", answers(502, HTML, PAGE), passes(ServerError)),
    *each("503", answers(503), passes(ServerError)),
    *each(
        "503 behind every change",
        fails_every_other_time,
        live=passes(ServerError, 8, told=4, after=0),
    ),
    # Successes that are none
    *each(
        "200 with a page",
        answers(200, HTML, PAGE),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
        opening=ends(ProtocolError),
        reading=passes(ProtocolError),
    ),
    *each(
        "200 without anything",
        answers(200),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
        opening=ends(ProtocolError),
        reading=passes(ProtocolError),
    ),
    *each("200 with an empty body", idles(""), start=passes(ProtocolError), live=unnoticed()),
    *each("nothing new, at once", idles("[]"), start=passes(ProtocolError), live=unnoticed()),
    *each("204, at once", answers(204), start=passes(ProtocolError), live=unnoticed()),
    *each("up to date, at once", idles(json.dumps([UP_TO_DATE])), live=unnoticed()),
    *each(
        "wrong content type",
        lacks(b"Content-Type"),
        start=unnoticed(after=0),
        live=unnoticed(after=0),
        opening=ends(ProtocolError),
        reading=passes(ProtocolError),
    ),
    *each(
        "no offset",
        lacks(b"electric-offset"),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
    ),
    *each(
        "no handle",
        lacks(b"electric-handle"),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
    ),
    *each(
        "no schema", lacks(b"electric-schema"), start=ends(ProtocolError), live=unnoticed(after=0)
    ),
    *each(
        "no cursor",
        lacks(b"electric-cursor"),
        start=unnoticed(1, after=0),
        live=passes(ProtocolError, told=2, after=0),
    ),
    *each(
        "endless redirects",
        redirects("127.0.0.1"),
        start=ends(ProtocolError, 6, seconds=5.0),
        live=passes(ProtocolError, 6, told=1, seconds=7.0),
        opening=ends(ProtocolError, 6, seconds=5.0),
        reading=passes(ProtocolError, 6, told=1, seconds=7.0),
    ),
    *each("redirect to another host", redirects("localhost"), unnoticed(1)),
    *each(
        "broken content encoding",
        alters(lambda healthy: healthy.replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1)),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
        opening=passes(ProtocolError),
        reading=passes(ProtocolError),
    ),
    *each("a stale cache", a_stale_cache, live=passes(ProtocolError, told=3)),
    # Clocks
    *each(
        "the clock leaps ahead",
        leaps(SIX_HOURS),
        live=unnoticed(2, after=0),
        tokens=2,
    ),
    *each(
        "the clock leaps back, and the token expires",
        leaps(-SIX_HOURS, refuses_the_first_token),
        unnoticed(1),
        tokens=2,
    ),
    *[
        row
        for seconds, where in ((SIX_HOURS, "ahead"), (-SIX_HOURS, "behind"))
        for row in each(
            f"429 with a date, and the clock six hours {where}",
            leaps(
                seconds,
                BUSY(headers={"Retry-After": lambda: in_seconds(2), "Date": lambda: in_seconds(0)}),
            ),
            passes(RateLimitError, 1, seconds=7.0),
            asks=(1.0, 2.0),
        )
    ],
    # Of streams alone
    *each(
        "keep-alives only",
        keep_alives_only,
        opening=unnoticed(1, after=0),
        reading=unnoticed(1, after=0),
    ),
    *each(
        "an end while the run goes on",
        ends_at_once,
        opening=unnoticed(),
        reading=unnoticed(),
        goes_on=True,
    ),
    *each(
        "an event: error",
        a_read_error,
        opening=passes(TransportError),
        reading=passes(TransportError),
        version="v2",
    ),
    *each(
        "an event that is too large",
        too_large_an_event,
        opening=unnoticed(1, after=0),
        reading=unnoticed(1, after=0),
    ),
    *each(
        "a cut inside an event",
        inside_the_second_event,
        opening=passes(TransportError),
        reading=passes(TransportError),
    ),
]

QUIET = [
    replace(row, name=f"{row.name}, while nothing changes", quiet=True)
    for row in MATRIX
    if row.at is At.LIVE and row.outcome.told
]
"""The faults of a feed whose next poll the server would hold: it has to notice the recovery."""
