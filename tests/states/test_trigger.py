"""Starting and cancelling runs from handlers: those that hold the session's lock, and others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import reflex as rx
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_realtime import RealtimeBatchState, RealtimeRunState, configure
from reflex_realtime.devserver import DevServer
from reflex_realtime.errors import TransportError
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.states import writers
from tests.serving import serve
from tests.states.browser import Browser
from tests.states.redis_workers import redis_server
from tests.states.tasks import Count, Counted, add_tasks

LOCK_MILLISECONDS = 600


class Gate:
    """Lets requests that change something wait before the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._opened = asyncio.Event()
        self.open()

    def open(self) -> None:
        self._opened.set()

    def close(self) -> None:
        self._opened.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            await self._opened.wait()
        await self._app(scope, receive, send)


class Starting(RealtimeRunState[Count, Counted], rx.State):
    written: list[str] = []
    completions: list[str] = []

    @rx.event
    async def start(self):
        self.written.append("before")
        handle = await self._trigger("count", Count(to=1))
        self.written.append("after")
        return self._subscribe(handle)

    @rx.event
    async def start_only(self, task: str):
        await self._trigger(task, Count(to=1))
        self.written.append("started")

    @rx.event
    async def cancel(self):
        await self._cancel("run_1")
        self.written.append("after")

    @rx.event(background=True)
    async def start_in_background(self, task: str):
        handle = await self._trigger(task, Count(to=1))
        async with self:
            return self._subscribe(handle)

    @rx.event(background=True)
    async def start_in_background_with_the_lock(self):
        async with self:
            await self._trigger("count", Count(to=1))
            self.written.append("after")

    @rx.event(background=True)
    async def cancel_in_background(self):
        await self._cancel("run_unknown")

    @rx.event
    def write(self, text: str):
        self.written.append(text)

    async def _on_complete(self, run: Any, error: Any) -> None:
        self.completions.append(run.id)


class StartingBatch(RealtimeBatchState[Count, Counted], rx.State):
    written: list[str] = []

    @rx.event
    async def start(self):
        await self._batch_trigger("count", [Count(to=1), Count(to=2)])
        self.written.append("after")

    @rx.event(background=True)
    async def start_in_background(self):
        batch = await self._batch_trigger("count", [Count(to=1), Count(to=2)])
        async with self:
            return self._subscribe(batch)


@pytest.fixture
async def gated() -> AsyncIterator[tuple[DevServer, Gate]]:
    server = DevServer(path=":memory:")
    server.asgi = gate = Gate(server.asgi)
    add_tasks(server)
    async with serve(server) as url:
        configure(base_url=url, access_token=server.secret_key)
        yield server, gate
        gate.open()


@pytest.fixture
def realtime(gated: tuple[DevServer, Gate]) -> DevServer:
    return gated[0]


@pytest.fixture
def gate(gated: tuple[DevServer, Gate]) -> Gate:
    return gated[1]


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """The address of a server that takes requests and never answers."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def short_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLEX_REDIS_LOCK_EXPIRATION", str(LOCK_MILLISECONDS))
    monkeypatch.setenv("REFLEX_REDIS_LOCK_WARNING_THRESHOLD", str(LOCK_MILLISECONDS - 1))


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def sessions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the sessions are kept."""
    if request.param == "redis":
        monkeypatch.setenv("REFLEX_REDIS_URL", request.getfixturevalue("redis_url"))


def shown(browser: Browser, name: str, state: Any = Starting) -> Any:
    return browser.of(state).get(name)


@pytest.mark.usefixtures("short_locks", "sessions")
@pytest.mark.parametrize(
    "handler",
    [
        Starting.start,
        Starting.cancel,
        Starting.start_in_background_with_the_lock,
        StartingBatch.start,
    ],
    ids=["trigger", "cancel", "within-async-with-self", "batch-trigger"],
)
async def test_a_handler_that_holds_the_lock_gives_a_silent_server_up_before_the_lock_expires(
    handler: Any, silent: str, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    configure(base_url=silent)
    state: Any = handler.state
    async with Browser(backend) as browser:
        await browser.call(handler)
        await browser.sees(lambda: (shown(browser, "written", state) or [""])[-1] == "after")
        error = shown(browser, "error", state)
        assert error["kind"] == "transport"
        assert "did not answer in 0.3 s" in error["message"]
        assert "background=True" in error["remedy"]
    async with Browser(backend, browser.token) as again:
        assert shown(again, "written", state)[-1] == "after"
    assert "LockExpired" not in caplog.text


@pytest.mark.usefixtures("short_locks", "sessions")
async def test_a_background_handler_waits_for_a_slow_server_and_holds_up_nothing(
    gate: Gate, backend: str
) -> None:
    async with Browser(backend) as browser:
        gate.close()
        await browser.call(Starting.start_in_background, task="count")
        await asyncio.sleep(1.5 * LOCK_MILLISECONDS / 1000)
        await browser.call(Starting.write, text="meanwhile")
        await browser.sees(lambda: shown(browser, "written") == ["meanwhile"])
        gate.open()
        await browser.sees(lambda: shown(browser, "completions"))
        assert shown(browser, "subscription_status") == "complete"
        assert shown(browser, "error") is None


async def test_a_background_handler_starts_and_follows_a_batch(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(StartingBatch.start_in_background)
        await browser.sees(
            lambda: (
                [run["is_success"] for run in shown(browser, "runs", StartingBatch) or []]
                == [True, True]
            )
        )


@pytest.mark.parametrize(
    ("handler", "arguments"),
    [(Starting.start_in_background, {"task": "unknown"}), (Starting.cancel_in_background, {})],
    ids=["trigger", "cancel"],
)
async def test_a_background_handler_shows_why_its_request_failed(
    handler: Any, arguments: dict[str, Any], backend: str
) -> None:
    async with Browser(backend) as browser:
        await browser.call(handler, **arguments)
        error = await browser.sees(lambda: shown(browser, "error"))
        assert error["kind"] == "not_found"
        assert not writers.present()


@pytest.mark.parametrize("again", [Starting.start_only, Starting.start_in_background])
async def test_the_error_of_a_request_goes_when_the_next_one_succeeds(
    again: Any, backend: str
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Starting.start_only, task="unknown")
        await browser.sees(lambda: shown(browser, "error"))
        await browser.call(again, task="count")
        await browser.sees(lambda: shown(browser, "error") is None)


async def test_a_request_that_succeeds_does_not_hide_what_is_wrong_with_the_subscription(
    backend: str, client: RealtimeClient, gated: Any
) -> None:
    handle = await client.trigger("count", Count(to=1))
    assert handle
    state: Any = Starting(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state._fail(TransportError("The feed is down."))
    await state._trigger("count", Count(to=1))
    assert state.error.message == "The feed is down."
    assert await state._trigger("unknown") is None
    assert state.error.kind == "not_found"
    await state._trigger("count", Count(to=1))
    assert state.error.message == "The feed is down."
