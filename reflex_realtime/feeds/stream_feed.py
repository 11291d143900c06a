"""The feed of one stream of a run: server-sent events, resumed where they broke off.

What it does next is decided in `protocol.stream_feed_states`; here it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from time import monotonic
from typing import Any, Final, NamedTuple, cast

import httpx
from httpx_sse import EventSource, ServerSentEvent

from reflex_realtime.errors import PayloadError, ProtocolError, RealtimeError
from reflex_realtime.feeds.bodies import read_body
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, StreamFeedEvent
from reflex_realtime.feeds.faults import fault, raise_for_status, request_error
from reflex_realtime.feeds.limits import Limits
from reflex_realtime.feeds.renewal import renewal
from reflex_realtime.feeds.reporting import Reporter
from reflex_realtime.feeds.retry import Pacer
from reflex_realtime.hooks import NoticeKind
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.event_limit import EventLimit
from reflex_realtime.protocol.feed_inputs import Left, Woken
from reflex_realtime.protocol.requests import stream_headers, stream_path
from reflex_realtime.protocol.stream_feed_states import (
    ENDED,
    Finished,
    Opened,
    Received,
    Rested,
    StreamFeedInput,
    StreamFeedState,
    StreamPhase,
    after,
)
from reflex_realtime.protocol.streams import PartLog, StreamCursor

START: Final = StreamCursor()

HELD_SECONDS: Final = 1.0
"""A stream that the server closed sooner than this, with nothing new, was not held."""


def ends_when_closed() -> bool:
    """Take the server's closing of a stream as its end."""
    return False


async def stream_feed(
    connection: Connection,
    run_id: str,
    stream: str,
    *,
    start_index: int = 0,
    cursor: StreamCursor = START,
    timeout_seconds: int | None = None,
    reopens: Callable[[], bool] = ends_when_closed,
    pacer: Pacer | None = None,
) -> AsyncGenerator[StreamFeedEvent, None]:
    """Follow a stream of a run.

    Args:
        connection: The server, the credential, and how patient to be.
        run_id: The run.
        stream: The stream's name.
        start_index: How many parts to leave out at the start.
        cursor: Where to go on, as an earlier `PartsAdded` says; then there is no start index.
        timeout_seconds: After how many seconds without data the server closes, 1 to 600; None
            for its default of 60.
        reopens: Asked when the server has closed the stream for want of data: whether more may
            come. Servers do not say when a stream has ended.
        pacer: Where its pauses are spent, for whoever wants to cut them short.

    Yields:
        `PartsAdded` as parts arrive, `FeedLive` on each connection, `FeedRetrying` after each
        failure that may pass.

    Raises:
        RealtimeError: The stream cannot be read: authentication, permission, not found, protocol.
    """
    stream_headers("", timeout_seconds)
    log = PartLog(stream, start_index, cursor)
    reporter = Reporter(connection, f"the stream {stream!r} of the run {run_id!r}")
    feed = _StreamFeed(connection, run_id, log, reporter, pacer or Pacer(connection.retry))
    try:
        async with connection.open_client() as client:
            client.event_hooks["request"].append(feed.pacer.begins)
            while feed.state.phase not in ENDED:
                turn = feed.turn(client, timeout_seconds, reopens)
                async with aclosing(turn) as events:
                    async for event in events:
                        yield event
        if feed.state.error:
            raise feed.state.error
    finally:
        feed.enter(Left())
        reporter.tell(NoticeKind.CLOSED, feed.state.error)


class _StreamFeed:
    """A stream feed on its way: its state, and how far the stream was read."""

    def __init__(
        self,
        connection: Connection,
        run_id: str,
        log: PartLog,
        reporter: Reporter,
        pacer: Pacer,
    ) -> None:
        self.state = StreamFeedState()
        self._connection = connection
        self._run_id = run_id
        self._url = connection.url(stream_path(run_id, log.stream))
        self._log = log
        self._reporter = reporter
        self.pacer = pacer
        self._delay = 0.0
        self._token = ""

    async def turn(
        self, client: httpx.AsyncClient, timeout_seconds: int | None, reopens: Callable[[], bool]
    ) -> AsyncGenerator[StreamFeedEvent, None]:
        """Do what the state asks for."""
        if self.state.phase is StreamPhase.RENEWING:
            refusal = self.state.error
            self.enter(await renewal(self._connection, self._token, refusal, self._reporter))
        elif self.state.phase is StreamPhase.PAUSING:
            await self.pacer.pause(self._delay)
            self.enter(Woken())
        else:
            async with aclosing(self._connect(client, timeout_seconds, reopens)) as events:
                async for event in events:
                    yield event
        if self.state.phase is StreamPhase.PAUSING:
            self._delay = self._connection.retry.delay(self.state.failures, self.state.error)
            if self.state.error:
                self._reporter.tell(NoticeKind.RETRIED, self.state.error, seconds=self._delay)
                yield FeedRetrying(self.state.error, self._delay)

    def enter(self, event: StreamFeedInput) -> None:
        """Go into the state that follows from what happened."""
        self.state = after(self.state, event)

    async def _connect(
        self, client: httpx.AsyncClient, timeout_seconds: int | None, reopens: Callable[[], bool]
    ) -> AsyncGenerator[StreamFeedEvent, None]:
        """Open the stream and read it until it ends in whatever way."""
        try:
            await self.pacer.turn()
            self._token = await self._connection.token()
            headers = {
                **self._connection.headers(self._token),
                **stream_headers(self._log.resume_after, timeout_seconds),
            }
            begun = monotonic()
            async with self._opened(client, headers) as source:
                self.enter(Opened())
                self._reporter.tell(NoticeKind.CONNECTED)
                yield FeedLive()
                async with aclosing(_events(source)) as events:
                    async for event in events:
                        if parts := self._read(event):
                            cursor = self._log.cursor.resumed()
                            yield PartsAdded(self._run_id, self._log.stream, parts, cursor)
            self.enter(Rested(monotonic() - begun > HELD_SECONDS) if reopens() else Finished())
            return
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as cause:
            error = request_error(cause, self._url)
            error.__cause__ = cause
        except RealtimeError as refusal:
            error = refusal
        self.enter(fault(error, renewable=self._connection.credential.renewable))

    def _read(self, event: ServerSentEvent) -> tuple[StreamPart, ...]:
        """The new parts of an event."""
        parts = tuple(self._log.read(event))
        for problem in self._log.problems:
            self._reporter.rejected(PayloadError(f"The server sent {problem}."))
        self._log.problems.clear()
        if parts:
            self.enter(Received())
            self.pacer.progressed()
            self._reporter.polled(0.0, len(parts))
        return parts

    @asynccontextmanager
    async def _opened(
        self, client: httpx.AsyncClient, headers: dict[str, str]
    ) -> AsyncGenerator[EventSource, None]:
        """Open an event stream; raise the typed error of an answer that is not one."""
        limits = self._connection.limits
        timeout = self._connection.timeout
        request = client.build_request("GET", self._url, headers=headers, timeout=timeout)
        async with asyncio.timeout(limits.silence):
            response = await client.send(request, stream=True)
        try:
            if not response.is_success:
                async with asyncio.timeout(limits.answer):
                    body = await read_body(response, limits.answer_bytes)
                raise_for_status(response, body, self._reporter.feed)
            if "text/event-stream" not in response.headers.get("content-type", ""):
                raise ProtocolError(
                    f"What the server sends for {self._reporter.feed} is not an event stream.",
                    remedy="Check that the base URL is that of a Trigger.dev server.",
                    status=response.status_code,
                    url=self._url,
                )
            self._log.opened(response.headers.get("x-stream-version", "v1"))
            async with aclosing(_limited_text(response, limits)) as text:
                yield EventSource(cast("httpx.Response", _Text(response.headers, text)))
        finally:
            await response.aclose()


class _Text(NamedTuple):
    """What the SSE parser needs of a response."""

    headers: httpx.Headers
    text: AsyncGenerator[str, None]

    def aiter_text(self) -> AsyncGenerator[str, None]:
        """The text of the body."""
        return self.text


async def _limited_text(response: httpx.Response, limits: Limits) -> AsyncGenerator[str, None]:
    """The text of a body, without what is too large.

    Raises:
        TimeoutError: A single line takes too long.
    """
    limit = EventLimit(limits.event_chars)
    ended = monotonic()
    async with aclosing(cast("AsyncGenerator[str, None]", response.aiter_text())) as pieces:
        async for piece in pieces:
            if "\n" in piece or "\r" in piece:
                ended = monotonic()
            elif monotonic() - ended > limits.answer:
                raise TimeoutError
            yield limit.pass_on(piece)


def _events(source: EventSource) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a source, as the generator that they are."""
    return cast("AsyncGenerator[Any, None]", source.aiter_sse())
