"""Runs and their streams as one feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import (
    FeedEvent,
    RunsChanged,
    RunSetChanged,
    StreamKey,
)
from reflex_realtime.feeds.run_feed import finishes, one_run_feed
from reflex_realtime.feeds.run_streams import Events, RunStreams
from reflex_realtime.feeds.source import FeedSource
from reflex_realtime.models import RealtimeRun
from reflex_realtime.protocol.requests import ShapeRequest
from reflex_realtime.protocol.runs import RunModels
from reflex_realtime.protocol.streams import StreamCursor

MOST_EVENTS = 1000
"""So many events wait for being taken; then the feeds wait."""


async def run_with_streams_feed(
    connection: Connection,
    request: ShapeRequest,
    models: RunModels = (RealtimeRun[Any, Any],),
    *,
    stop_on_completion: bool = True,
    cursors: Mapping[str, StreamCursor] | None = None,
    source: FeedSource | None = None,
) -> AsyncGenerator[FeedEvent, None]:
    """Follow one run and each of its streams.

    Args:
        connection: The server and the credential.
        request: Which run.
        models: The models of the run.
        stop_on_completion: Whether to end when the run has finished and its streams are read.
        cursors: Where to go on, by stream, as earlier `PartsAdded` say.
        source: Where the feeds come from; None for straight from the server.

    Yields:
        The events of the run's feed, and `PartsAdded` and `StreamFailed` of its streams.

    Raises:
        RealtimeError: The run's feed cannot succeed. A failing stream does not end the feed.
    """
    run_id = request.run_id or ""
    known = {(run_id, stream): cursor for stream, cursor in (cursors or {}).items()}
    runs = one_run_feed(connection, request, models, stop_on_completion=False, source=source)
    events: Events = asyncio.Queue(MOST_EVENTS)
    streams = RunStreams(connection, known, source, events, drains=stop_on_completion)
    has_finished = False
    async with aclosing(_merged(runs, streams, events)) as merged:
        async for event in merged:
            if event is not None:
                yield event
            if isinstance(event, RunsChanged):
                has_finished = has_finished or finishes(event)
            if stop_on_completion and has_finished and events.empty() and not streams.are_reading:
                return


async def runs_with_streams_feed(
    connection: Connection,
    runs: AsyncGenerator[FeedEvent, None],
    *,
    cursors: Mapping[StreamKey, StreamCursor] | None = None,
    source: FeedSource | None = None,
) -> AsyncGenerator[FeedEvent, None]:
    """Follow runs and the streams of those that are shown.

    Args:
        connection: The server and the credential.
        runs: The feed of the runs, with `RunSetChanged`.
        cursors: Where to go on, by run and stream, as earlier `PartsAdded` say.
        source: Where the streams come from; None for straight from the server.

    Yields:
        The events of the runs' feed, and `PartsAdded` and `StreamFailed` of their streams.

    Raises:
        RealtimeError: The runs' feed cannot succeed. A failing stream does not end the feed.
    """
    events: Events = asyncio.Queue(MOST_EVENTS)
    streams = RunStreams(connection, cursors or {}, source, events)
    async with aclosing(_merged(runs, streams, events)) as merged:
        async for event in merged:
            if event is not None:
                yield event


async def _merged(
    runs: AsyncGenerator[FeedEvent, None], streams: RunStreams, events: Events
) -> AsyncGenerator[FeedEvent | None, None]:
    """The events of runs and of their streams; None when a stream has ended."""
    pump = asyncio.create_task(_pump(runs, streams, events))
    try:
        while True:
            event = await events.get()
            if isinstance(event, Exception):
                raise event
            await _follow_streams(streams, event)
            yield event
    finally:
        pump.cancel()
        closed = streams.close()
        await asyncio.gather(pump, closed, return_exceptions=True)


async def _follow_streams(streams: RunStreams, event: FeedEvent | None) -> None:
    shown = event.shown if isinstance(event, RunSetChanged) else event
    if isinstance(shown, RunsChanged):
        for run in shown.runs:
            streams.follow(run)
        for run_id in shown.removed:
            await streams.leave(run_id)


async def _pump(runs: AsyncGenerator[FeedEvent, None], streams: RunStreams, events: Events) -> None:
    try:
        async with aclosing(runs) as feed:
            async for event in feed:
                await events.put(streams.reported(None, event))
    except Exception as error:
        await events.put(error)
