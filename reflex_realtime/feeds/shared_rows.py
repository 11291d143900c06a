"""One runs feed that several observers follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Final

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.entry import Entry, observers_first
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RowsChanged, RunFeedEvent
from reflex_realtime.feeds.reporting import Reporter
from reflex_realtime.feeds.row_feed import row_feed
from reflex_realtime.feeds.run_feed import RunDecoder, SharedRunDecoder
from reflex_realtime.models import FINISHED_STATUSES
from reflex_realtime.protocol.columns import ColumnTypes
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import Packets, RunModels, run_status
from reflex_realtime.protocol.shape import Row

TOGETHER: Final = 8
"""So many observers are told of an event at a time."""


class _Rows:
    """Rows by run, each as it last was, with the packets of those that have some."""

    def __init__(self) -> None:
        self.by_run: dict[str, Row] = {}
        self.packets: dict[int, Packets] = {}

    def put(self, row: Row, packets: Mapping[int, Packets]) -> str:
        """Keep a row, behind all others; return its run's id."""
        run_id = str(row.get("friendlyId"))
        self.drop(run_id)
        self.by_run[run_id] = row
        if id(row) in packets:
            self.packets[id(row)] = packets[id(row)]
        return run_id

    def drop(self, run_id: str) -> None:
        """Keep the row of a run no longer."""
        row = self.by_run.pop(run_id, None)
        self.packets.pop(id(row), None)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.by_run.values())


class RowEntry(Entry["RowObserver"]):
    """The rows of a feed as they stand, and whoever observes them.

    Args:
        connection: The server and the credential.
        request: Which runs.

    Attributes:
        joined: Set when an observer comes.
    """

    def __init__(self, connection: Connection, request: ShapeRequest) -> None:
        super().__init__()
        self.connection = connection
        self.request = request
        self._rows = _Rows()
        self._schema: ColumnTypes | None = None
        self.joined: asyncio.Event = asyncio.Event()
        self._shared_decoders: dict[tuple[type, ...], RunDecoder] = {}

    def decoder(self, models: RunModels) -> RunDecoder:
        """What reads the rows for an observer.

        Many observers of one run are sent much, and change nothing of it, so its rows are read
        once for all of them. The runs of a set are each observer's own.

        Args:
            models: The models of the runs.
        """
        reporter = Reporter(self.connection, self.request.subject)
        if self.request.run_id is None:
            return RunDecoder(models, reporter)
        shared = SharedRunDecoder(models, reporter)
        return self._shared_decoders.setdefault((*models,), shared)

    def present(self) -> RowsChanged | None:
        """All rows as they stand; None while none were read."""
        if self._schema is None:
            return None
        return RowsChanged((*self._rows,), (), True, self._schema, self._rows.packets)

    @property
    def is_complete(self) -> bool:
        """Whether this is the feed of one run, and the run has finished."""
        return self.request.run_id is not None and any(map(_is_final, self._rows))

    async def follow(self) -> None:
        """Follow the feed and hand on what it brings."""
        async with aclosing(row_feed(self.connection, self.request)) as events:
            async for event in events:
                if isinstance(event, RowsChanged):
                    self._keep(event)
                else:
                    self.enter(event)
                await self._tell(event)
                if self.request.run_id is None and isinstance(self.status, FeedLive):
                    await self._pace()

    async def _pace(self) -> None:
        """Wait as long as no observer would show what a poll brings, or until another one comes.

        A set may change hundreds of times a second: what a page shows together is asked for
        together. One run is not held up, since its end is shown at once.
        """
        seconds = min((observer.pace for observer in self.observers), default=0.0)
        if seconds <= 0:
            return
        self.joined.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.joined.wait()

    async def _tell(self, event: RowsChanged | FeedLive | FeedRetrying) -> None:
        """Let the observers have an event, some at a time.

        What hundreds of them make of it at the same moment would outlive Python's young
        generations of garbage, and have all the memory of the process searched again and again.
        """
        waiting = [*self.observers]
        for start in range(0, len(waiting), TOGETHER):
            for observer in waiting[start : start + TOGETHER]:
                observer.receive(event)
            await observers_first()

    def _keep(self, change: RowsChanged) -> None:
        self._schema = change.schema
        for row in change.rows:
            self._rows.put(row, change.packets)
        for run_id in change.removed:
            self._rows.drop(run_id)


class RowObserver:
    """One observer of a runs feed: what it has not seen yet, each row as it last was.

    Args:
        entry: The feed.
        models: The models of the runs.
        pace: Seconds between two updates of whoever shows what comes.
    """

    def __init__(self, entry: RowEntry, models: RunModels, pace: float) -> None:
        self.pace = pace
        self._entry = entry
        entry.joined.set()
        self._decoder = entry.decoder(models)
        self._news = asyncio.Event()
        self._rows = _Rows()
        self._removed: dict[str, None] = {}
        self._snapshot = False
        self._schema: ColumnTypes = {}
        self._status: FeedLive | FeedRetrying | None = None
        if present := entry.present():
            self.receive(present)
        if entry.status:
            self.receive(entry.status)

    def receive(self, event: RowsChanged | FeedLive | FeedRetrying) -> None:
        """Take in what happened, over what was not seen yet."""
        self._news.set()
        if not isinstance(event, RowsChanged):
            self._status = event
            return
        self._schema = event.schema
        if event.snapshot:
            self._snapshot = True
            self._rows = _Rows()
            self._removed.clear()
        for row in event.rows:
            self._removed.pop(self._rows.put(row, event.packets), None)
        for run_id in event.removed:
            self._rows.drop(run_id)
            self._removed[run_id] = None

    def ended(self) -> None:
        """Notice that the feed has ended."""
        self._news.set()

    async def events(self) -> AsyncGenerator[RunFeedEvent, None]:
        """What happens, as `run_feed` tells it; states that nobody waited for are left out.

        Raises:
            RealtimeError: The feed cannot succeed.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            if self._rows.by_run or self._removed or self._snapshot:
                yield self._decoder.decode(self._taken())
            status, self._status = self._status, None
            if status:
                yield status
            if self._entry.has_ended and not self._news.is_set():
                self._entry.raise_error()
                return

    def _taken(self) -> RowsChanged:
        rows, removed, snapshot = self._rows, self._removed, self._snapshot
        self._rows, self._removed, self._snapshot = _Rows(), {}, False
        return RowsChanged((*rows,), (*removed,), snapshot, self._schema, rows.packets)


def _is_final(row: Row) -> bool:
    return run_status(str(row.get("status"))) in FINISHED_STATUSES
