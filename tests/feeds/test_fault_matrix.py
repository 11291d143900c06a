"""Every fault a server can have, at every point of a feed's life, and what comes of it.

Each row is one story: a server with a world that goes on (`tests.feeds.faulty`), a fault that
stands in front of it for some requests, and a feed that is followed until it has recovered or
ended. The stories are told at once, before the first test; each test looks at one of them.

The pauses between failures are all but none, so that the limit of three requests a second, which
is the default one, has to hold by itself.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import StrEnum
from functools import partial
from time import monotonic, time
from typing import Any

import httpx
import pytest

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
from reflex_realtime.feeds import credential as credential_module
from reflex_realtime.feeds import faults as faults_module
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, RunsChanged
from reflex_realtime.feeds.limits import Limits
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.feeds.transport import open_client
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.protocol.requests import tag_request
from reflex_realtime.protocol.tokens import sign_public_token
from tests.feeds.faulty import (
    Fault,
    FaultyServer,
    Wire,
    alters,
    answers,
    breaks_off,
    chunk,
    drips,
    lacks,
    never_ends,
)
from tests.feeds.replay import SECRET, UP_TO_DATE, answer

AT_ONCE = 12
"""How many stories are told at a time."""

HANGS_AFTER = 15.0
"""In seconds; the longest story takes four."""

ROUNDING = 0.01
DELIVERY = 0.25
"""How long a request may take to arrive while other stories are told, in seconds."""

NO_PAUSES = RetryPolicy(initial=0.02, cap=0.02, floor=0.0, courtesy_cap=0.02)
LIMITS = Limits(
    connect=2, silence=0.4, answer=0.7, answer_bytes=64 * 1024, event_chars=4096, token=1
)
PATIENT = replace(LIMITS, silence=4, answer=5)
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
    seconds: float = 2.5,
) -> Outcome:
    """Each time it is told, with an error, and asked again; the feed recovers."""
    return Outcome(error, False, True, times, times if told is None else told, after, seconds)


def persists(error: type[RealtimeError], times: int = 5) -> Outcome:
    """As long as it lasts it is told, with an error, and asked again."""
    return Outcome(error, False, False, times, times, 0, 2.5)


def unnoticed(times: int = 4, *, after: int = 1, seconds: float = 2.5) -> Outcome:
    """Nothing is told, and nothing missed."""
    return Outcome(None, False, True, times, 0, after, seconds)


def ends(
    error: type[RealtimeError], requests: int = 1, *, told: int = 0, seconds: float = 1.0
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
    """

    name: str
    at: At
    fault: Fault
    outcome: Outcome
    limits: Limits = LIMITS
    url: str = "http://127.0.0.1:{port}"
    absent: bool = False
    version: str = "v1"
    tokens: int = 0
    asks: tuple[float, float] | None = None
    goes_on: bool = False

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
    *each("half-open socket", silent, passes(TransportError, 2)),
    *each("silence after the head", silent_after_the_head, passes(TransportError, 2)),
    *each("slow loris, head", drips(head_first=False), passes(TransportError, 2)),
    *each("slow loris, body", drips(head_first=True), passes(TransportError, 2)),
    *each("a slow body without an end", never_ends(b" ", 0.1), passes(TransportError, 2)),
    *each(
        "a quick body without an end",
        never_ends(b"data" * 5000, 0.01),
        start=ends(ProtocolError),
        live=passes(ProtocolError),
        opening=passes(TransportError, 2),
        reading=passes(TransportError, 2),
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
        start=ends(ProtocolError, 11, told=9, seconds=5.0),
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
        passes(RateLimitError, 1, seconds=3.5),
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
        passes(RateLimitError, 1, seconds=3.5),
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
        live=passes(ProtocolError),
    ),
    *each(
        "endless redirects",
        redirects("127.0.0.1"),
        start=ends(ProtocolError, 6, seconds=2.5),
        live=passes(ProtocolError, 6, told=1, seconds=3.5),
        opening=ends(ProtocolError, 6, seconds=2.5),
        reading=passes(ProtocolError, 6, told=1, seconds=3.5),
        limits=PATIENT,
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
            passes(RateLimitError, 1, seconds=3.5),
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


@dataclass
class Story:
    """What happened in a row.

    Attributes:
        begun: When requests began, in seconds.
        arrived: When they arrived.
        news: When something new was shown.
        told: The outages that were told.
        shown: Each new value of a run, and each part, in the order in which they were shown.
        error: What ended the feed.
        seconds: How long it took until the feed had recovered or ended.
        hung: Whether it did not, or left a connection open.
        notices: What the hooks were told.
        token_calls: How often the function was asked for a token.
        server: The server.
    """

    server: FaultyServer
    begun: list[float] = field(default_factory=list[float])
    news: list[float] = field(default_factory=list[float])
    told: list[FeedRetrying] = field(default_factory=list[FeedRetrying])
    shown: list[Any] = field(default_factory=list[Any])
    notices: list[FeedNotice] = field(default_factory=list[FeedNotice])
    error: RealtimeError | None = None
    seconds: float = 0.0
    hung: bool = False
    token_calls: int = 0

    def note(self, event: object) -> None:
        """Note an event of the feed."""
        match event:
            case FeedRetrying():
                self.told.append(event)
            case RunsChanged(runs=runs):
                self.shown += [(run.id, run.duration_ms) for run in runs]
                self.news.append(monotonic())
            case PartsAdded(parts=parts):
                self.shown += [part.part for part in parts]
                self.news.append(monotonic())

    @property
    def rows(self) -> dict[str, int]:
        """The runs as they were shown last."""
        return dict(self.shown)

    def barren(self, times: list[float]) -> list[float]:
        """Those of some requests' times after which nothing new was shown before the next."""
        following = [*times[1:], float("inf")]
        return [
            begun
            for begun, end in zip(times, following, strict=True)
            if not any(begun < moment <= end for moment in self.news)
        ]


_told: ContextVar[FaultyServer] = ContextVar("_told")
"""The server of the story that is being told."""

_servers: dict[int, FaultyServer] = {}
"""The servers by their ports."""


def client_time() -> float:
    """The client's clock."""
    return time() + _told.get().ahead


def resolve(host: str | bytes | None, port: int, *args: Any, **options: Any) -> Any:
    """Look a host up; there is one that exists only while its server listens."""
    if host not in ("faulty.test", b"faulty.test"):
        return _getaddrinfo(host, port, *args, **options)
    if not _servers[port].listening:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _getaddrinfo("127.0.0.1", port, *args, **options)


_getaddrinfo = socket.getaddrinfo


class Stamping(httpx.AsyncBaseTransport):
    """Notes when requests begin, those that never arrive and those of redirects included."""

    def __init__(self, transport: httpx.AsyncBaseTransport, begun: list[float]) -> None:
        self._transport = transport
        self._begun = begun

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._begun.append(monotonic())
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


def connect(row: Row, story: Story) -> Connection:
    """The connection of a row's feed."""

    def opened() -> httpx.AsyncClient:
        client = open_client()
        client._transport = Stamping(client._transport, story.begun)
        return client

    def token() -> str:
        story.token_calls += 1
        now = int(time())
        name = f"env{story.token_calls}"
        return sign_public_token(
            "tr_dev_x", environment_id=name, scopes=[], issued_at=now, expires_at=now + 60
        )

    return Connection(
        row.url.format(port=story.server.port),
        credential(token if row.tokens else SECRET),
        open_client=opened,
        retry=NO_PAUSES,
        limits=row.limits,
        hooks=(story.notices.append,),
    )


async def follow(row: Row, story: Story) -> None:
    """Follow a row's feed until it has recovered or ended."""
    server, connection = story.server, connect(row, story)
    if row.at.of_runs:
        feed = run_feed(connection, tag_request("a"))
    else:
        unread = lambda: row.goes_on and len(story.shown) < len(server.parts)  # noqa: E731
        feed = stream_feed(connection, "run_1", "tok", reopens=unread)
    live = False
    async with aclosing(feed) as events:
        async for event in events:
            live = isinstance(event, FeedLive) or (live and not isinstance(event, FeedRetrying))
            story.note(event)
            if len(story.told) == row.outcome.times + (row.at is At.READING):
                if not row.outcome.passes:
                    return
                if row.absent and not server.listening:
                    server.failures = 0
                    await server.listen()
            if row.at.of_runs and live and not server.failures and story.rows == server.rows:
                return


async def tell(row: Row) -> Story:
    """Tell the story of a row."""
    server = FaultyServer(row.fault, row.outcome.times, row.at.before, row.version)
    story = Story(server)
    await server.listen()
    if row.absent and not row.at.before:
        await server.refuse()
    _servers[server.port] = server
    _told.set(server)
    begun = monotonic()
    try:
        async with asyncio.timeout(HANGS_AFTER):
            try:
                await follow(row, story)
            except RealtimeError as error:
                story.error = error
            story.seconds = monotonic() - begun
            await server.left()
    except TimeoutError:
        story.hung = True
    finally:
        await server.stop()
    return story


async def tell_all(rows: list[Row]) -> dict[Row, Story]:
    """Tell the stories of some rows."""
    room = asyncio.Semaphore(AT_ONCE)

    async def told(row: Row) -> Story:
        async with room:
            return await tell(row)

    stories = await asyncio.gather(*(asyncio.create_task(told(row)) for row in rows))
    return dict(zip(rows, stories, strict=True))


@pytest.fixture(scope="module")
def stories(request: pytest.FixtureRequest) -> dict[Row, Story]:
    """The stories of the rows that are tested."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    rows = [call.params["row"] for call in calls if call and "row" in call.params]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        for module in (credential_module, faults_module):
            patch.setattr(module, "time", client_time)
        return asyncio.run(tell_all([row for row in rows if isinstance(row, Row)]))


@pytest.mark.parametrize("row", MATRIX, ids=str)
def test_what_comes_of_a_fault(row: Row, stories: dict[Row, Story]) -> None:
    story, outcome = stories[row], row.outcome
    assert not story.hung

    # It recovers, or ends in a typed error; each outage is told, with a typed error.
    assert type(story.error) is (outcome.error if outcome.ends else type(None))
    broken_off = [TransportError] if row.at is At.READING else []
    assert [type(told.error) for told in story.told] == [
        *broken_off,
        *[outcome.error] * outcome.told,
    ]
    assert story.seconds <= outcome.seconds
    if row.asks:
        least, most = row.asks
        assert least <= story.told[-1].delay <= most

    # Everything is shown, once, and in order.
    if row.at.of_runs:
        for name in story.rows:
            values = [value for run, value in story.shown if run == name]
            assert values == sorted(set(values))
        assert not outcome.passes or story.rows == story.server.rows
    else:
        assert story.shown == story.server.parts[: len(story.shown)]
        assert not outcome.passes or len(story.shown) == len(story.server.parts)

    # Nobody is asked too often.
    assert len(story.begun) == row.at.before + outcome.times + outcome.after
    for times, late in ((story.begun, ROUNDING), (story.server.arrived, DELIVERY)):
        barren = story.barren(times)
        for first, fourth in zip(barren, barren[3:], strict=False):
            assert fourth - first >= NO_PAUSES.window - late
    assert not row.tokens or story.token_calls == row.tokens

    # Nothing is left behind, and the hooks know.
    assert [notice.kind for notice in story.notices].count(NoticeKind.CLOSED) == 1
