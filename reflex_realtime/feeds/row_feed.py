"""The rows of a runs feed: one poll after another, from a snapshot to whatever changes.

What it does next is decided in `protocol.run_feed_states`; here it is done.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from time import monotonic
from typing import Final
from urllib.parse import urlencode

import httpx

from reflex_realtime.errors import ProtocolError, RealtimeError
from reflex_realtime.feeds.bodies import read_body
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RowFeedEvent, RowsChanged
from reflex_realtime.feeds.faults import fault, locate, raise_for_status, request_error
from reflex_realtime.feeds.packets import PacketStore
from reflex_realtime.feeds.renewal import renewal
from reflex_realtime.feeds.reporting import Reporter
from reflex_realtime.feeds.retry import Pacer
from reflex_realtime.hooks import NoticeKind
from reflex_realtime.protocol.feed_inputs import Left, Woken
from reflex_realtime.protocol.refusals import is_outside_of_log
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.rows import RowChanges, RowLog
from reflex_realtime.protocol.run_feed_states import (
    Advanced,
    CaughtUp,
    Idled,
    Phase,
    RunFeedInput,
    RunFeedState,
    Stale,
    Voided,
    after,
)
from reflex_realtime.protocol.runs import unknown_columns
from reflex_realtime.protocol.shape import read_batch

INSTANT_SECONDS: Final = 0.3
"""An answer that brings nothing sooner than this was not held: ask more slowly."""


async def row_feed(
    connection: Connection, request: ShapeRequest, *, pacer: Pacer | None = None
) -> AsyncGenerator[RowFeedEvent, None]:
    """Follow the rows of the runs that a request selects.

    Args:
        connection: The server, the credential, and how patient to be.
        request: Which runs.
        pacer: Where its pauses are spent, for whoever wants to cut them short.

    Yields:
        `RowsChanged` with the snapshot and with each change; `FeedLive` when the feed waits for
        changes, after the start and after each recovery; `FeedRetrying` after each failure that
        may pass. It does not end by itself.

    Raises:
        RealtimeError: The feed cannot succeed: authentication, permission, not found, protocol.
    """
    reporter = Reporter(connection, request.subject)
    feed = _RowFeed(connection, request, reporter, pacer or Pacer(connection.retry))
    try:
        async with connection.open_client() as client:
            client.event_hooks["request"].append(feed.pacer.begins)
            while feed.state.phase is not Phase.FAILED:
                happened = await feed.turn(client)
                feed.enter(after(feed.state, happened))
                for event in await feed.news(happened):
                    yield event
        if feed.state.error:
            raise feed.state.error
    finally:
        feed.enter(after(feed.state, Left()))
        reporter.tell(NoticeKind.CLOSED, feed.state.error)


class _RowFeed:
    """A runs feed on its way: its state, its rows, and what is to be told."""

    def __init__(
        self,
        connection: Connection,
        request: ShapeRequest,
        reporter: Reporter,
        pacer: Pacer,
    ) -> None:
        self.state = RunFeedState()
        self._connection = connection
        self._request = request
        self._url = connection.url(request.path)
        self._reporter = reporter
        self.pacer = pacer
        self._delay = 0.0
        self._token = ""
        self._sample_token = ""
        self._sample: httpx.Request | None = None
        self._rows = RowLog()
        self._changes: RowChanges | None = None
        self._packets = PacketStore(connection)
        self._snapshot_due = True
        self._announced = False

    async def turn(self, client: httpx.AsyncClient) -> RunFeedInput:
        """Do what the state asks for."""
        match self.state.phase:
            case Phase.LOADING | Phase.LIVE:
                return await self._ask(client)
            case Phase.RENEWING:
                return await renewal(
                    self._connection, self._token, self.state.error, self._reporter
                )
            case _:
                await self.pacer.pause(self._delay)
                return Woken()

    def enter(self, state: RunFeedState) -> None:
        """Go into the next state. Where everything is asked for anew, the rows are void."""
        if state.position.at_start and not self.state.position.at_start:
            self._rows.void()
            self._changes = None
        self.state = state

    async def news(self, happened: RunFeedInput) -> list[RowFeedEvent]:
        """What the last turn means to whoever follows the feed."""
        events: list[RowFeedEvent] = []
        changes, self._changes = self._changes, None
        if changes is not None and (self._snapshot_due or changes):
            events.append(await self._rows_changed(changes))
        state = self.state
        waits = isinstance(happened, CaughtUp | Idled) and state.position.live
        if waits and not self._announced:
            self._announced = True
            events.append(FeedLive())
            self._reporter.tell(NoticeKind.CONNECTED)
        if state.phase is Phase.PAUSING:
            self._delay = self._connection.retry.delay(state.failures, state.error)
            if state.error:
                self._announced = False
                events.append(FeedRetrying(state.error, self._delay))
                self._reporter.tell(NoticeKind.RETRIED, state.error, seconds=self._delay)
        return events

    async def _ask(self, client: httpx.AsyncClient) -> RunFeedInput:
        """Ask, and tell what kind of an answer comes."""
        try:
            await self.pacer.turn()
            self._token = await self._connection.token()
            asked = monotonic()
            async with asyncio.timeout(self._connection.limits.answer):
                response, body = await self._get(client)
            try:
                return self._understood(response, body, monotonic() - asked)
            except ProtocolError as wrong:
                locate(wrong, response)
                raise
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as cause:
            error = request_error(cause, self._url)
            error.__cause__ = cause
        except RealtimeError as refusal:
            error = refusal
        return fault(error, renewable=self._connection.credential.renewable)

    async def _get(self, client: httpx.AsyncClient) -> tuple[httpx.Response, bytes]:
        response = await client.send(self._next_request(client), stream=True)
        try:
            return response, await read_body(response, self._connection.limits.answer_bytes)
        finally:
            await response.aclose()

    def _next_request(self, client: httpx.AsyncClient) -> httpx.Request:
        """What to ask now. All but the query stays the same, and is put together once per token."""
        if self._sample is None or self._sample_token != self._token:
            self._sample_token = self._token
            self._sample = client.build_request(
                "GET",
                self._url,
                headers=self._connection.headers(self._token),
                timeout=self._connection.timeout,
            )
        params = {**self._request.params, **self.state.position.params()}
        return httpx.Request(
            "GET",
            f"{self._url}?{urlencode(sorted(params.items()))}",
            headers=self._sample.headers,
            extensions=self._sample.extensions,
        )

    def _understood(self, response: httpx.Response, body: bytes, seconds: float) -> RunFeedInput:
        """Tell what an answer says, and merge its rows.

        Raises:
            RealtimeError: It is no success, or not the protocol.
        """
        position, headers = self.state.position, response.headers
        if response.status_code == 409 or (
            not position.at_start and is_outside_of_log(response.status_code, body)
        ):
            return Voided(headers)
        raise_for_status(response, body, self._request.subject)
        if response.status_code == 204:
            return Idled(position)
        if position.is_stale(headers):
            return Stale(secrets.token_hex(8))
        batch = read_batch(body)
        if batch.voids:
            return Voided(headers)
        there = position.advanced(headers, batch)
        if position.schema is None:
            unknown = unknown_columns(there.schema or {})
            self._report([f"the unknown column {name!r}" for name in unknown])
        self._report(batch.problems)
        self._report(self._rows.apply(batch.changes))
        if batch.completes:
            self._changes = self._rows.complete()
        changed = bool(self._changes)
        advances = there.offset != position.offset and batch.count > 0 and not there.live
        self._reporter.polled(seconds, len(self._changes.changed) if self._changes else 0)
        if changed or (advances and batch.changes):
            self.pacer.progressed()
        if there.live and (changed or seconds > INSTANT_SECONDS or not position.live):
            return CaughtUp(there)
        return Advanced(there) if advances else Idled(there)

    def _report(self, problems: list[str] | tuple[str, ...]) -> None:
        for problem in problems:
            self._reporter.rejected(ProtocolError(f"The server sent {problem}."))

    async def _rows_changed(self, changes: RowChanges) -> RowsChanged:
        """The change, with the packets that are stored elsewhere."""
        snapshot, self._snapshot_due = self._snapshot_due, False
        return RowsChanged(
            changes.changed,
            tuple(str(row["friendlyId"]) for row in changes.removed if row.get("friendlyId")),
            snapshot,
            self.state.position.schema or {},
            await self._packets.fetched(changes.changed),
        )
