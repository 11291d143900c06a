"""One runs feed that several observers follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.entry import Entry
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, RowsChanged, RunFeedEvent
from reflex_realtime.feeds.reporting import Reporter
from reflex_realtime.feeds.row_feed import row_feed
from reflex_realtime.feeds.run_feed import RunDecoder
from reflex_realtime.models import FAILED_STATUSES, RunStatus
from reflex_realtime.protocol.columns import ColumnTypes
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import Packets, RunModels, run_status
from reflex_realtime.protocol.shape import Row


class RowEntry(Entry["RowObserver"]):
    """The rows of a feed as they stand, and whoever observes them.

    Args:
        connection: The server and the credential.
        request: Which runs.
    """

    def __init__(self, connection: Connection, request: ShapeRequest) -> None:
        super().__init__()
        self.connection = connection
        self.request = request
        self._rows: dict[str, Row] = {}
        self._packets: dict[int, Packets] = {}
        self._schema: ColumnTypes | None = None

    def present(self) -> RowsChanged | None:
        """All rows as they stand; None while none were read."""
        if self._schema is None:
            return None
        return RowsChanged((*self._rows.values(),), (), True, self._schema, self._packets)

    @property
    def is_complete(self) -> bool:
        """Whether this is the feed of one run, and the run has finished."""
        return self.request.run_id is not None and any(map(_is_final, self._rows.values()))

    async def follow(self) -> None:
        """Follow the feed and hand on what it brings."""
        async with aclosing(row_feed(self.connection, self.request)) as events:
            async for event in events:
                if isinstance(event, RowsChanged):
                    self._keep(event)
                else:
                    self.status = event
                for observer in self.observers:
                    observer.receive(event)

    def _keep(self, change: RowsChanged) -> None:
        self._schema = change.schema
        for row in change.rows:
            self._forget(str(row.get("friendlyId")))
            self._rows[str(row.get("friendlyId"))] = row
            if id(row) in change.packets:
                self._packets[id(row)] = change.packets[id(row)]
        for run_id in change.removed:
            self._forget(run_id)

    def _forget(self, run_id: str) -> None:
        row = self._rows.pop(run_id, None)
        self._packets.pop(id(row), None)


class RowObserver:
    """One observer of a runs feed: what it has not seen yet, each row as it last was.

    Args:
        entry: The feed.
        models: The models of the runs.
    """

    def __init__(self, entry: RowEntry, models: RunModels) -> None:
        self._entry = entry
        reporter = Reporter(entry.connection, entry.request.subject)
        self._decoder = RunDecoder(models, reporter)
        self._news = asyncio.Event()
        self._rows: dict[str, Row] = {}
        self._packets: dict[int, Packets] = {}
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
            self._rows.clear()
            self._packets.clear()
            self._removed.clear()
        for row in event.rows:
            run_id = str(row.get("friendlyId"))
            self._drop(run_id)
            self._removed.pop(run_id, None)
            self._rows[run_id] = row
            if id(row) in event.packets:
                self._packets[id(row)] = event.packets[id(row)]
        for run_id in event.removed:
            self._drop(run_id)
            self._removed[run_id] = None

    def ended(self) -> None:
        """Notice that the feed has ended."""
        self._news.set()

    def _drop(self, run_id: str) -> None:
        row = self._rows.pop(run_id, None)
        self._packets.pop(id(row), None)

    async def events(self) -> AsyncGenerator[RunFeedEvent, None]:
        """What happens, as `run_feed` tells it; states that nobody waited for are left out.

        Raises:
            RealtimeError: The feed cannot succeed.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            if self._rows or self._removed or self._snapshot:
                yield self._decoder.decode(self._taken())
            status, self._status = self._status, None
            if status:
                yield status
            if self._entry.has_ended and not self._news.is_set():
                self._entry.raise_error()
                return

    def _taken(self) -> RowsChanged:
        change = RowsChanged(
            (*self._rows.values(),),
            (*self._removed,),
            self._snapshot,
            self._schema,
            self._packets,
        )
        self._rows, self._packets, self._removed, self._snapshot = {}, {}, {}, False
        return change


def _is_final(row: Row) -> bool:
    status = run_status(str(row.get("status")))
    return status in FAILED_STATUSES or status in (RunStatus.COMPLETED, RunStatus.CANCELED)
