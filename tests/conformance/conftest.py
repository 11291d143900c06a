"""One embedded server, the official client and ours on it, and a worker that waits for its cues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.options import FeedStyle, StreamsVersion
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.feeds import RealtimeClient
from tests.conformance import items
from tests.conformance.sdk import FOLDER, JavaScript
from tests.conformance.witnesses import Witnesses, witnesses
from tests.conformance.worker import Worker
from tests.npm import INSTALL_SECONDS, install
from tests.serving import serve


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.conformance)
            # The first test of a fresh clone waits for npm.
            item.add_marker(pytest.mark.timeout(INSTALL_SECONDS + 60))


@pytest.fixture(scope="session")
def packages() -> None:
    """The SDK is installed."""
    install(FOLDER, "The conformance tests need the official SDK and other")


@dataclass(frozen=True, slots=True)
class Clients:
    """Both clients on one server.

    Attributes:
        javascript: The official client.
        python: Ours.
    """

    javascript: JavaScript
    python: RealtimeClient

    def watch(
        self, feed: str, target: Any, **options: Any
    ) -> AbstractAsyncContextManager[Witnesses]:
        """Let both follow a feed.

        Args:
            feed: `run`, `streams` (a run with them), `stream` (one of a run), `tag` or `batch`.
            target: The run's or batch's id, the tags, or the run's id and the stream's name.
            **options: The subscription's options, in snake case.
        """
        return witnesses(
            self.javascript.follow(feed, target, **items.in_camel_case(options)),
            items.follow(self.python, feed, target, **options),
        )


def clients_of(base_url: str, token: str) -> Clients:
    """Both clients with one credential."""
    return Clients(
        JavaScript(base_url, token), RealtimeClient(base_url=base_url, access_token=token)
    )


@pytest.fixture(params=get_args(FeedStyle))
def style(request: pytest.FixtureRequest) -> FeedStyle:
    """The backend that the server imitates; every story is told on each."""
    return request.param


@pytest.fixture
def streams_version() -> StreamsVersion:
    """The version of the streams of runs whose trigger asks for none, as ours does."""
    return "v1"


@pytest.fixture
def server(style: FeedStyle, streams_version: StreamsVersion, tmp_path: Path) -> DevServer:
    """A server that leaves its runs to a worker of another process."""
    server = DevServer(
        str(tmp_path / "runs.db"), concurrency=0, style=style, streams_version=streams_version
    )

    @server.task("my-task")
    async def my_task(payload: Any) -> None:
        """Is never called: the worker does as if."""

    return server


@pytest.fixture
async def clients(packages: None, server: DevServer) -> AsyncIterator[Clients]:
    """Both clients on the server."""
    async with serve(server) as base_url:
        yield clients_of(base_url, server.secret_key)


@pytest.fixture
async def store(clients: Clients, tmp_path: Path) -> AsyncIterator[Store]:
    """The server's runs, opened as another process opens them."""
    store = Store(str(tmp_path / "runs.db"))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def worker(store: Store) -> Worker:
    """A worker on the server's runs."""
    worker = Worker(store)
    await worker.register()
    return worker
