"""A feed that is followed, with what it asked, what it was answered, and what it told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import httpx

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedRetrying, PartsAdded, RunsChanged
from reflex_realtime.models import RealtimeRun

PATIENCE_SECONDS = 10

OpenFeed: TypeAlias = Callable[[Connection], AsyncGenerator[Any, None]]


@dataclass
class Exchange:
    """A request, and its answer as soon as there is one.

    Attributes:
        request: What was asked.
        at: When, in seconds.
        response: The answer's status and headers.
        answered_at: When its headers came.
    """

    request: httpx.Request
    at: float
    response: httpx.Response | None = None
    answered_at: float = 0.0

    @property
    def query(self) -> str:
        """The query, encoded."""
        return self.request.url.query.decode()

    @property
    def params(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def headers(self) -> httpx.Headers:
        """The request's headers."""
        return self.request.headers

    @property
    def answered(self) -> httpx.Headers:
        """The answer's headers."""
        assert self.response is not None
        return self.response.headers


@dataclass
class Followed:
    """A feed that somebody follows.

    Attributes:
        exchanges: What it asked, in order.
        events: What it told, in order.
        error: What it ended in.
        ended: Whether it has ended.
    """

    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    events: list[Any] = field(default_factory=list[Any])
    error: RealtimeError | None = None
    ended: bool = False
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def runs(self) -> list[RealtimeRun[Any, Any]]:
        """All runs that it told, in order."""
        changes = [event for event in self.events if isinstance(event, RunsChanged)]
        return [run for change in changes for run in change.runs]

    @property
    def statuses(self) -> list[str]:
        """Their statuses."""
        return [run.status.value for run in self.runs]

    @property
    def removed(self) -> list[str]:
        """The ids of the runs that it told to be gone."""
        changes = [event for event in self.events if isinstance(event, RunsChanged)]
        return [run_id for change in changes for run_id in change.removed]

    @property
    def parts(self) -> list[Any]:
        """The parts that it told, in order."""
        added = [event for event in self.events if isinstance(event, PartsAdded)]
        return [part.part for event in added for part in event.parts]

    @property
    def retries(self) -> list[FeedRetrying]:
        """Its reports of failures that may pass."""
        return [event for event in self.events if isinstance(event, FeedRetrying)]

    async def asked(self, times: int) -> Exchange:
        """Wait for so many requests; return the last of them."""
        await self.until(lambda: len(self.exchanges) >= times)
        return self.exchanges[times - 1]

    async def live(self) -> Exchange:
        """Wait for a poll that the server may hold; return it."""
        await self.until(lambda: self.exchanges and "live" in self.exchanges[-1].params)
        return self.exchanges[-1]

    async def told(self, count: int) -> list[RealtimeRun[Any, Any]]:
        """Wait for so many runs."""
        await self.until(lambda: len(self.runs) >= count)
        return self.runs

    async def end(self) -> RealtimeError | None:
        """Wait until it ends; return what in."""
        await self.until(lambda: self.ended)
        return self.error

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until what is known of it meets a condition."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self.news:
                await self.news.wait_for(condition)
        except TimeoutError:
            asked = [exchange.query for exchange in self.exchanges][-9:]
            raise AssertionError(f"asked {asked}, told {self.events[-9:]}, {self.error}") from None

    async def note(self) -> None:
        """Let whoever waits look again."""
        async with self.news:
            self.news.notify_all()


@asynccontextmanager
async def following(connection: Connection, open_feed: OpenFeed) -> AsyncIterator[Followed]:
    """Follow a feed.

    Args:
        connection: The server, the credential, and how patient to be.
        open_feed: Opens the feed.

    Yields:
        The feed, which goes on meanwhile.
    """
    followed = Followed()
    opened = connection.open_client

    async def note_request(request: httpx.Request) -> None:
        followed.exchanges.append(Exchange(request, monotonic()))
        await followed.note()

    async def note_response(response: httpx.Response) -> None:
        for exchange in followed.exchanges:
            if exchange.request is response.request:
                exchange.response, exchange.answered_at = response, monotonic()

    def open_client() -> httpx.AsyncClient:
        client = opened()
        hooks = client.event_hooks
        client.event_hooks = {
            "request": [*hooks["request"], note_request],
            "response": [*hooks["response"], note_response],
        }
        return client

    async def follow() -> None:
        try:
            async with aclosing(open_feed(replace(connection, open_client=open_client))) as feed:
                async for event in feed:
                    followed.events.append(event)
                    await followed.note()
        except RealtimeError as error:
            followed.error = error
        followed.ended = True
        await followed.note()

    task = asyncio.create_task(follow())
    try:
        yield followed
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
