"""The runs feed: the rows of a feed, read into runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from reflex_realtime.errors import NotFoundError, PayloadError, ProtocolError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import RowsChanged, RunFeedEvent, RunsChanged
from reflex_realtime.feeds.reporting import Reporter
from reflex_realtime.feeds.retry import Pacer
from reflex_realtime.feeds.row_feed import row_feed
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.models import AnyRun, RealtimeRun
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import RunModels, RunReader
from reflex_realtime.protocol.shape import Row


class RunDecoder:
    """Reads the rows of a feed into runs; what cannot be read is reported.

    Args:
        models: The models of the runs.
        reporter: Is told what cannot be read.
    """

    def __init__(self, models: RunModels, reporter: Reporter) -> None:
        self._reader = RunReader(models)
        self._reporter = reporter

    def decode(self, change: RowsChanged) -> RunsChanged:
        """Read changed rows into runs, made anew for each caller.

        Args:
            change: The rows.
        """
        runs = [run for row in change.rows if (run := self.read(row, change)) is not None]
        return RunsChanged(tuple(runs), change.removed, change.snapshot)

    def read(self, row: Row, change: RowsChanged) -> AnyRun | None:
        """Read one row into a run; None where it cannot be read.

        Args:
            row: The row.
            change: What it came with.
        """
        try:
            run = self._reader.read(row, change.schema, change.packets.get(id(row), {}))
        except ProtocolError as error:
            self._reporter.rejected(error)
            return None
        for problem in run.problems:
            what = f"{run.id}: {problem.field} cannot be read: {problem.message}."
            self._reporter.rejected(PayloadError(what))
        return run


class SharedRunDecoder(RunDecoder):
    """Reads the rows of one run, each of them once for all who observe it.

    They get the same run, so it is not to be changed.

    Args:
        models: The models of the run.
        reporter: Is told what cannot be read.
    """

    def __init__(self, models: RunModels, reporter: Reporter) -> None:
        super().__init__(models, reporter)
        self._row: Row | None = None
        self._run: AnyRun | None = None

    def read(self, row: Row, change: RowsChanged) -> AnyRun | None:
        """Read a row into a run, unless it is the row that was read last."""
        if row is not self._row:
            self._row, self._run = row, super().read(row, change)
        return self._run


async def run_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels = (RealtimeRun[Any, Any],),
    *,
    pacer: Pacer | None = None,
) -> AsyncGenerator[RunFeedEvent, None]:
    """Follow the runs that a request selects.

    Args:
        connection: The server, the credential, and how patient to be.
        request: Which runs.
        models: The models of the runs.
        pacer: Where its pauses are spent, for whoever wants to cut them short.

    Yields:
        `RunsChanged` with the snapshot and with each change; `FeedLive` when the feed waits for
        changes, after the start and after each recovery; `FeedRetrying` after each failure that
        may pass. It does not end by itself.

    Raises:
        RealtimeError: The feed cannot succeed: authentication, permission, not found, protocol.
    """
    decoder = RunDecoder(models, Reporter(connection, request.subject))
    async with aclosing(row_feed(connection, request, pacer=pacer)) as events:
        async for event in events:
            yield decoder.decode(event) if isinstance(event, RowsChanged) else event


async def one_run_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels = (RealtimeRun[Any, Any],),
    *,
    stop_on_completion: bool = True,
    source: FeedSource | None = None,
) -> AsyncGenerator[RunFeedEvent, None]:
    """Follow one run: as `run_feed`, but it ends with the run.

    Args:
        connection: The server, the credential, and how patient to be.
        request: Which run.
        models: The models of the run.
        stop_on_completion: Whether to end when the run has finished.
        source: Where the feed comes from; None for straight from the server.

    Yields:
        The events of `run_feed`.

    Raises:
        NotFoundError: There is no such run, or it was deleted while it was followed.
        RealtimeError: The feed cannot succeed.
    """
    open_feed = source.run_feed if source else run_feed
    async with aclosing(open_feed(connection, request, models)) as events:
        async for event in events:
            if isinstance(event, RunsChanged) and event.removed:
                raise NotFoundError(
                    f"The run {event.removed[0]} was deleted.",
                    remedy="Subscribe to a run that exists.",
                    status=404,
                )
            yield event
            if stop_on_completion and finishes(event):
                return


def finishes(event: object) -> bool:
    """Whether an event of a feed of one run shows that the run has ended."""
    return isinstance(event, RunsChanged) and any(run.is_finished for run in event.runs)
