"""The feed of one stream of a run: server-sent events, resumed where they broke off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import httpx
from httpx_sse import EventSource, SSEError

from reflex_realtime.errors import ProtocolError, RealtimeError
from reflex_realtime.feeds.connection import Connection, raise_for_status, transport_error
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, PartsAdded, StreamFeedEvent
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.protocol.requests import stream_headers, stream_path
from reflex_realtime.protocol.streams import StreamCursor, read_event

REOPEN_SECONDS: Final = 0.5
"""The pause before a stream that the server closed for want of data is opened again."""


def ends_when_closed() -> bool:
    """Take the server's closing of a stream as its end."""
    return False


async def stream_feed(
    connection: Connection,
    run_id: str,
    stream: str,
    *,
    start_index: int = 0,
    timeout_seconds: int | None = None,
    reopens: Callable[[], bool] = ends_when_closed,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> AsyncGenerator[StreamFeedEvent, None]:
    """Follow a stream of a run.

    Args:
        connection: The server and the credential.
        run_id: The run.
        stream: The stream's name.
        start_index: How many parts to leave out at the start.
        timeout_seconds: After how many seconds without data the server closes, 1 to 600; None
            for its default of 60.
        reopens: Asked when the server has closed the stream for want of data: whether more may
            come. Servers do not say when a stream has ended.
        retry: When to ask again after a failure.

    Yields:
        `PartsAdded` as parts arrive, `FeedLive` on each connection, `FeedRetrying` after each
        failure that may pass.

    Raises:
        RealtimeError: The stream cannot be read: authentication, permission, not found, protocol.
    """
    cursor = StreamCursor()
    failures = 0
    left_out = start_index
    async with connection.open_client() as client:
        while True:
            try:
                cursor = cursor.resumed()
                headers = stream_headers(cursor.after, timeout_seconds)
                async with _opened(client, connection, run_id, stream, headers) as source:
                    version = source.response.headers.get("x-stream-version", "v1")
                    yield FeedLive()
                    async for event in source.aiter_sse():
                        parts, cursor = read_event(event, version, cursor, stream)
                        kept = parts[left_out:]
                        left_out = max(left_out - len(parts), 0)
                        if kept:
                            failures = 0
                            yield PartsAdded(stream, tuple(kept))
            except SSEError as error:
                raise ProtocolError(f"The stream {stream!r} is not an event stream.") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                failure = transport_error(error, connection.base_url)
            except RealtimeError as error:
                if not error.retryable:
                    raise
                failure = error
            else:
                if not reopens():
                    return
                await asyncio.sleep(REOPEN_SECONDS)
                continue
            failures += 1
            delay = retry.delay(failures, failure)
            yield FeedRetrying(failure, delay)
            await asyncio.sleep(delay)


@asynccontextmanager
async def _opened(
    client: httpx.AsyncClient,
    connection: Connection,
    run_id: str,
    stream: str,
    headers: dict[str, str],
) -> AsyncGenerator[EventSource, None]:
    """Open an event stream; raise the typed error of an answer that is not one."""
    url = connection.url(stream_path(run_id, stream))
    headers = {**await connection.headers(), **headers}
    async with client.stream("GET", url, headers=headers) as response:
        if response.is_error:
            subject = f"the stream {stream!r} of the run {run_id!r}"
            raise_for_status(response, await response.aread(), subject)
        yield EventSource(response)
