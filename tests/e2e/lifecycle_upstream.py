"""The embedded server of the life cycle's tests, in a thread: its runs do as the test says."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_realtime.devserver import DevServer, TaskContext
from tests.serving import serve

END = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see of a run, at the server as on a page."""

    run_id: str
    status: str
    reached: str
    total: str


def feed_path(run_id: str) -> str:
    """The path of a run's feed."""
    return f"/realtime/v1/runs/{run_id}"


class Upstream:
    """An embedded server that counts the requests that it holds.

    Attributes:
        url: Its base URL.
        secret_key: Its secret key.
    """

    def __init__(self) -> None:
        self.url = ""
        self.secret_key = ""
        self._open: Counter[str] = Counter()
        self._most_open: Counter[str] = Counter()
        self._server = DevServer(path=":memory:", concurrency=50)
        self._server.asgi = self._counting(self._server.asgi)
        self._orders: dict[str, asyncio.Queue[int]] = {}
        self._answering = asyncio.Event()
        self._answering.set()
        self._stopping = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._add_task()

    def start_run(self) -> str:
        """Start a run; return its id."""
        return self._post("/api/v1/tasks/work/trigger", {"payload": {"name": "tides"}})["id"]

    def advance(self, run_id: str, reached: int) -> None:
        """Let a run get on."""
        self._loop.call_soon_threadsafe(self._orders_of(run_id).put_nowait, reached)

    def finish(self, run_id: str) -> None:
        """Let a run end."""
        self.advance(run_id, END)

    def run(self, run_id: str) -> Seen:
        """A run as the server has it."""
        run = self._get(f"/api/v3/runs/{run_id}")
        total = (run.get("output") or {}).get("total", "")
        reached = (run.get("metadata") or {}).get("reached", "")
        return Seen(run_id, run["status"], str(reached), str(total))

    def newest_runs(self) -> list[str]:
        """The ids of the newest runs, the newest first."""
        return [run["id"] for run in self._get("/api/v1/runs?page[size]=50")["data"]]

    def asks(self, run_id: str) -> int:
        """How many requests for a run's feed are under way."""
        return self._open[feed_path(run_id)]

    def asks_at_most(self, run_id: str) -> int:
        """How many requests for a run's feed have been under way at once."""
        return self._most_open[feed_path(run_id)]

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Answer nothing to run feeds meanwhile."""
        self._loop.call_soon_threadsafe(self._answering.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._answering.set)

    def _add_task(self) -> None:
        @self._server.task("work")
        async def work(payload: Any, ctx: TaskContext) -> dict[str, int]:
            reached = END
            while order := await self._orders_of(ctx.run_id).get():
                reached = order
                ctx.metadata.set("reached", reached)
            return {"total": reached}

        _ = work

    def _orders_of(self, run_id: str) -> asyncio.Queue[int]:
        return self._orders.setdefault(run_id, asyncio.Queue())

    def _counting(self, app: ASGIApp) -> ASGIApp:
        async def count(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            self._open[path] += 1
            self._most_open[path] = max(self._most_open[path], self._open[path])
            try:
                if path.startswith("/realtime/"):
                    await self._answering.wait()
                await app(scope, receive, send)
            finally:
                self._open[path] -= 1

        return count

    def _get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.secret_key}"}
        return httpx.get(self.url + path, headers=headers).raise_for_status().json()

    def _post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret_key}"}
        return httpx.post(self.url + path, headers=headers, json=body).raise_for_status().json()

    async def _serve(self, started: Future[None]) -> None:
        async with serve(self._server) as self.url:
            self.secret_key = self._server.secret_key
            started.set_result(None)
            await self._stopping.wait()

    def __enter__(self) -> Upstream:
        """Start."""
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=[self._serve(started)]
        )
        self._thread.start()
        started.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        self._loop.close()
