"""Everything that a comparison needs, started once: the server, the app, the hooks, Chromium."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import httpx
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.feeds.processes import process_of
from benchmarks.pages.backend import App, run
from benchmarks.pages.server import TASK, serve
from reflex_realtime.feeds import RealtimeClient
from tests.conformance.sdk import find_bun
from tests.reflex_app import CHROMIUM_ARGUMENTS, find_chromium
from tests.states.redis_workers import redis_server

HERE = Path(__file__).parent
STOP_SECONDS = 15

Side: TypeAlias = Literal["ours", "plain", "hook"]
SIDES: tuple[Side, ...] = ("ours", "plain", "hook")
SIDE_NAMES = {"ours": "this library", "plain": "plain Reflex", "hook": "React hook"}


class Shown:
    """A page that Chromium shows.

    Attributes:
        messages: The bytes that the page has received since it was opened, if they are counted:
            messages of websockets.
        bodies: The same, bodies of answers.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages = self.bodies = 0

    @property
    def received(self) -> int:
        """The bytes that the page has received, in whatever way, if they are counted."""
        return self.messages + self.bodies

    async def count_received(self) -> None:
        """Count what the page receives from now on."""
        network = await self.page.context.new_cdp_session(self.page)
        network.on("Network.webSocketFrameReceived", self._count_frame)
        network.on("Network.dataReceived", self._count_data)
        await network.send("Network.enable")

    def _count_frame(self, event: dict[str, Any]) -> None:
        self.messages += len(event["response"]["payloadData"].encode())

    def _count_data(self, event: dict[str, Any]) -> None:
        self.bodies += event["dataLength"]

    async def shows(self, text: str) -> None:
        """Wait until the page shows a text."""
        await self.page.wait_for_function(
            "text => document.body.textContent.includes(text)", arg=text, timeout=60_000
        )

    async def shows_times(self, text: str, times: int) -> None:
        """Wait until the page shows a text so many times."""
        await self.page.wait_for_function(
            "([text, times]) => document.body.textContent.split(text).length > times",
            arg=[text, times],
            timeout=60_000,
            polling=200,
        )

    async def shows_in_all(self, length: int) -> None:
        """Wait until all that the page shows has a length."""
        await self.page.wait_for_function(
            "length => document.querySelector('main')?.textContent.length >= length",
            arg=length,
            timeout=120_000,
            polling=200,
        )

    async def shows_length(self, length: int) -> None:
        """Wait until the streamed text has a length."""
        await self.page.wait_for_function(
            "length => window.lengths.at(-1)?.[0] >= length",
            arg=length,
            timeout=120_000,
            polling=200,
        )

    async def marks(self) -> dict[str, float]:
        """When the page showed each mark first, in milliseconds since 1970."""
        return await self.page.evaluate("window.marks")

    async def lengths(self) -> list[tuple[int, float]]:
        """Each length of the streamed text, and when the page showed it."""
        return await self.page.evaluate("window.lengths")


@dataclass
class Stage:
    """What a comparison is played on.

    Attributes:
        server: The address of the embedded server.
        secret_key: Its secret key.
        client: A client of it, with its secret key.
        app: The Reflex app.
        hooks: The address of the pages with the official hooks.
        browser: Chromium.
    """

    server: str
    secret_key: str
    client: RealtimeClient
    app: App
    hooks: str
    browser: Browser

    async def create_run(self, payload: Any = None, tags: Sequence[str] = ()) -> str:
        """Create a run that only changes when it is driven; returns its id."""
        payload = payload or {"text": ""}
        run_id = (await self.client.trigger(TASK, payload, tags=list(tags))).id
        await self.drive("mark", [run_id], steps=1, first=0)
        return run_id

    async def create_runs(self, count: int, payload: Any, tag: str) -> list[str]:
        """Create as many runs; returns their ids."""
        ids: list[str] = []
        for start in range(0, count, 500):
            size = min(500, count - start)
            handle = await self.client.batch_trigger(TASK, [payload] * size, tags=[tag])
            async for created in self.client.subscribe_to_batch(handle.id):
                ids.append(created.id)
                if len(ids) == start + size:
                    break
        await self.drive("mark_all", ids, steps=1, first=0)
        return ids

    async def create_batch(self, count: int, payload: Any) -> tuple[str, list[str]]:
        """Create a batch of runs that only change when they are driven; returns both ids."""
        async with httpx.AsyncClient(timeout=None) as client:
            body = {"count": count, "payload": payload}
            answer = (await client.post(f"{self.server}/batch", json=body)).json()
            return answer["batch"], answer["runs"]

    async def drive(self, kind: str, runs: list[str], **order: Any) -> list[float]:
        """Let runs change; returns when each step was committed, in milliseconds since 1970."""
        async with httpx.AsyncClient(timeout=None) as client:
            body = {"kind": kind, "runs": runs, **order}
            answer = await client.post(f"{self.server}/drive", json=body)
            return [at * 1000 for at in answer.raise_for_status().json()["commits"]]

    async def requests(self) -> dict[str, int]:
        """The requests for feeds since the last call: `most` at once, and the `total`."""
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.server}/requests")).json()

    @asynccontextmanager
    async def page(
        self, side: Side, name: str, target: str, *, counts: bool = False
    ) -> AsyncIterator[Shown]:
        """Open a page in a new window.

        Args:
            side: Who made it.
            name: `run`, `runs`, `batch` or `stream`; with a window `newest` (of runs) or `tail`
                (of a stream); `panel` for the streams of runs. The hooks have none of these three.
            target: The run's id, the tag or the batch's id.
            counts: Whether to count the bytes that it receives.
        """
        context = await self.browser.new_context()
        await context.add_init_script(path=HERE / "observer.js")
        try:
            shown = Shown(await context.new_page())
            if counts:
                await shown.count_received()
            await shown.page.goto(await self._url(side, name, target))
            yield shown
        finally:
            await context.close()

    async def _url(self, side: Side, name: str, target: str) -> str:
        if side != "hook":
            return f"{self.app.url}/{side}/{name}?{urlencode({'target': target})}"
        scope = {"runs": "read:tags:", "batch": "read:batch:"}.get(name, "read:runs:")
        token = await self.client.create_public_token(scopes=[scope + target], expires_in="1h")
        query = {"page": name, "target": target, "token": token, "server": self.server}
        return f"{self.hooks}/?{urlencode(query)}"


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Build and start everything but the app's backend; it takes some 10 seconds."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        server, secret_key = running.enter_context(process_of(serve)).recv()
        hooks = running.enter_context(_hooks(folder / "react"))
        app = App(
            folder / "app",
            {"TRIGGER_API_URL": server, "TRIGGER_SECRET_KEY": secret_key},
            running.enter_context(redis_server(folder)),
        )
        client = RealtimeClient(access_token=secret_key, base_url=server)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
            )
            yield Stage(server, secret_key, client, app, hooks, browser)
            await browser.close()


@contextmanager
def _hooks(folder: Path) -> Iterator[str]:
    bun = find_bun()
    react = HERE / "react"
    run([bun, "install", "--frozen-lockfile", "--silent"], react)
    run([bun, "build", "./index.html", "--production", "--outdir", str(folder)], react)
    process = subprocess.Popen(
        [bun, "serve.ts", str(folder)], cwd=react, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
