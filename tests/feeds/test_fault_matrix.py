"""The fault matrix: what comes of each row of `fault_rows`.

Each row is one story: a server with a world that goes on (`tests.feeds.faulty`), a fault that
stands in front of it for some requests, and a feed that is followed until it has recovered or
ended. The stories are told at once, before the first test; each test looks at one of them.

The pauses between failures are all but none, so that the limit of three requests a second, which
is the default one, has to hold by itself.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any

import httpx
import pytest

from reflex_realtime.errors import RealtimeError, TransportError
from reflex_realtime.feeds import credential as credential_module
from reflex_realtime.feeds import faults as faults_module
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, RunsChanged
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.feeds.transport import open_client
from reflex_realtime.hooks import FeedNotice, NoticeKind
from reflex_realtime.protocol.requests import tag_request
from reflex_realtime.protocol.tokens import sign_public_token
from tests.feeds.fault_rows import MATRIX, QUIET, At, Row
from tests.feeds.faulty import FaultyServer
from tests.feeds.replay import SECRET

AT_ONCE = 12
"""How many stories are told at a time."""

HANGS_AFTER = 15.0
"""In seconds; the longest story takes four."""

ROUNDING = 0.01
"""How exact the time is at which a request begins, in seconds."""

DELIVERY = 0.25
"""How long a request may take to arrive while other stories are told, in seconds."""

RECOVERY = 1.0
"""How long it may take until a feed is live again, from the first request that succeeds."""

NO_PAUSES = RetryPolicy(initial=0.02, cap=0.02, floor=0.0, courtesy_cap=0.02)


@dataclass
class Story:
    """What happened in a row.

    Attributes:
        server: The server, which knows when requests arrived.
        begun: When requests began, in seconds.
        news: When something new was shown.
        live: When the feed last said that it is live.
        told: The outages that were told.
        shown: Each new value of a run, and each part, in the order in which they were shown.
        removed: The runs that were said to be gone.
        notices: What the hooks were told.
        error: What ended the feed.
        seconds: How long it took until the feed had recovered or ended.
        hung: Whether it did not, or left a connection open.
        token_calls: How often the function was asked for a token.
    """

    server: FaultyServer
    begun: list[float] = field(default_factory=list[float])
    news: list[float] = field(default_factory=list[float])
    live: float = 0.0
    told: list[FeedRetrying] = field(default_factory=list[FeedRetrying])
    shown: list[Any] = field(default_factory=list[Any])
    removed: list[str] = field(default_factory=list[str])
    notices: list[FeedNotice] = field(default_factory=list[FeedNotice])
    error: RealtimeError | None = None
    seconds: float = 0.0
    hung: bool = False
    token_calls: int = 0

    def note(self, event: object) -> None:
        """Note an event of the feed."""
        match event:
            case FeedLive():
                self.live = monotonic()
            case FeedRetrying():
                self.told.append(event)
            case RunsChanged(runs=runs, removed=removed):
                self.removed += removed
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
    server = FaultyServer(row.fault, row.outcome.times, row.at.before, row.version, row.quiet)
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


@pytest.mark.parametrize("row", [*MATRIX, *QUIET], ids=str)
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
    if row.at is At.LIVE and outcome.passes and outcome.told:
        assert story.live - story.begun[-1] <= RECOVERY
    if row.asks:
        least, most = row.asks
        assert least <= story.told[-1].delay <= most
        assert story.begun[-1] - story.begun[-2] >= story.told[-1].delay - ROUNDING

    # Everything is shown, once, and in order; nothing is taken away.
    assert story.removed == []
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
