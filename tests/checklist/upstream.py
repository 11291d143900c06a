"""An embedded server whose runs change only when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

from reflex_realtime.devserver import DevServer, TaskContext
from reflex_realtime.devserver.options import FeedStyle
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.run_feed import one_run_feed, run_feed
from reflex_realtime.protocol.requests import ShapeRequest, run_request
from tests.checklist.following import Followed, following
from tests.conformance.worker import Worker
from tests.feeds.replay import QUICK
from tests.serving import serve

POLL_SECONDS = 0.5
DONE = {"status": "COMPLETED_SUCCESSFULLY", "completed_at": 1_785_578_409_000}


class Upstream:
    """The server, one worker, and the client under test.

    Args:
        server: The started server.
        base_url: Where it is.
    """

    def __init__(self, server: DevServer, base_url: str) -> None:
        self.server = server
        self.base_url = base_url
        self.worker = Worker(server._store)

    @property
    def client(self) -> RealtimeClient:
        """A client that holds the secret key."""
        return self.reader(self.server.secret_key)

    @property
    def connection(self) -> Connection:
        """A connection that holds the secret key, with hardly a pause between failures."""
        return Connection(self.base_url, credential(self.server.secret_key), retry=QUICK)

    def reader(self, token: str) -> RealtimeClient:
        """A client with another credential."""
        return RealtimeClient(access_token=token, base_url=self.base_url)

    async def trigger(self, **options: Any) -> str:
        """Start a run; return its id."""
        return (await self.client.trigger("report", {"topic": "tides"}, **options)).id

    async def change(self, run_id: str, **columns: Any) -> None:
        """Change columns of a run."""
        await self.worker.change(run_id, **columns)

    def follow(
        self, request: ShapeRequest, *, token: str = ""
    ) -> AbstractAsyncContextManager[Followed]:
        """Follow a feed of runs."""
        connection = self.connection
        if token:
            connection = replace(connection, credential=credential(token))
        return following(connection, lambda connection: run_feed(connection, request))

    def follow_run(
        self, run_id: str, *, stop_on_completion: bool = True
    ) -> AbstractAsyncContextManager[Followed]:
        """Follow one run, to its end."""
        return following(
            self.connection,
            lambda connection: one_run_feed(
                connection, run_request(run_id), stop_on_completion=stop_on_completion
            ),
        )


@asynccontextmanager
async def upstream(style: FeedStyle = "native", **options: Any) -> AsyncIterator[Upstream]:
    """Serve an embedded server that works on nothing by itself.

    Args:
        style: Which backend its run feeds imitate.
        **options: Further options of the server.

    Yields:
        The server and its client.
    """
    server = DevServer(
        ":memory:", style=style, **{"concurrency": 0, "poll_seconds": POLL_SECONDS, **options}
    )

    @server.task("report")
    async def report(payload: Any, ctx: TaskContext) -> Any:
        return payload

    _ = report
    async with serve(server) as base_url:
        yield Upstream(server, base_url)
