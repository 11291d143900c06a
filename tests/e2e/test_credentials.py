"""What a browser gets, what is compiled for it, and what is logged: no credential.

The app uses all mixins, and each way to configure a credential.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, WebSocket, expect

from reflex_realtime.protocol.tokens import sign_public_token
from tests.e2e.lifecycle_upstream import Upstream
from tests.reflex_app import REFLEX, reflex_environment, running
from tests.states.targets import HANDLERS

IN_ENVIRONMENT = "tr_dev_0environment0"
REFUSED = "tr_dev_0refused0"
PUBLIC_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")

# `reflex___state____state.guarded___guarded____one.stop`
NAMED_HANDLER = re.compile(r"reflex___state____state\.guarded___[\w.]+\.(\w+)\b")

APP = """
import logging
import os

import reflex as rx
from reflex_realtime import (
    RealtimeBatchState,
    RealtimeOptions,
    RealtimeRunState,
    RealtimeRunsWithTagState,
    RealtimeRunWithStreamsState,
    TaskHandle,
    configure,
)
from reflex_realtime.components import realtime_subscription

logging.basicConfig(level=logging.INFO)
logging.getLogger("reflex_realtime").setLevel(logging.DEBUG)
configure(access_token=os.environ["CONFIGURED"])


class One(RealtimeRunState, rx.State):
    handle: TaskHandle | None = None

    @rx.event
    async def begin(self):
        self.handle = await self._trigger("work", tags="guarded")
        return self._subscribe(self.handle)


class Streaming(RealtimeRunWithStreamsState, rx.State):
    realtime_options = RealtimeOptions(access_token=os.environ["CONFIGURED"])

    @rx.event
    async def begin(self):
        return self._subscribe(await self._trigger("work", tags="guarded"))


class Tagged(RealtimeRunsWithTagState, rx.State):
    @rx.event
    def begin(self):
        return self._subscribe("guarded")


class Batch(RealtimeBatchState, rx.State):
    @rx.event
    async def begin(self):
        return self._subscribe(await self._batch_trigger("work", [1, 2]))


class Refused(RealtimeRunState, rx.State):
    realtime_options = RealtimeOptions(access_token=os.environ["REFUSED"])

    @rx.event
    def begin(self):
        return self._subscribe("run_1")


STATES = [One, Streaming, Tagged, Batch, Refused]


def view(state):
    return rx.box(
        realtime_subscription(state),
        rx.text(state.subscription_status, id=f"status-{state.__name__}"),
        rx.text(state.error.message, state.error.remedy, id=f"error-{state.__name__}"),
        rx.button("Stop", on_click=state.stop),
        rx.button("Restart", on_click=state.restart),
        rx.button("Enable", on_click=state.enable),
        rx.button("Disable", on_click=state.disable),
        rx.button("Subscribe", on_click=state.subscribe("run_1")),
    )


def index():
    return rx.box(
        rx.button("Begin", id="begin", on_click=[state.begin for state in STATES]),
        *[view(state) for state in STATES],
        rx.text(One.run.id, id="run-id"),
        rx.text(One.handle.id, id="handle"),
        rx.text(Tagged.runs.length(), id="tagged"),
        rx.text(Batch.runs.length(), id="in-batch"),
    )


app = rx.App()
app.add_page(index)
"""


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guarded")


@pytest.fixture(scope="module")
def app(upstream: Upstream, folder: Path) -> Iterator[str]:
    """The address of the app, which was built with all its credentials at hand."""
    init = [REFLEX, "init", "--name", "guarded", "--template", "blank", "--no-agents"]
    subprocess.run(init, cwd=folder, env=reflex_environment(), check=True)
    (folder / "guarded" / "guarded.py").write_text(APP)
    variables = {
        "TRIGGER_API_URL": upstream.url,
        "TRIGGER_SECRET_KEY": IN_ENVIRONMENT,
        "CONFIGURED": upstream.secret_key,
        "REFUSED": REFUSED,
    }
    with running(folder, variables=variables) as url:
        yield url


@pytest.fixture(scope="module")
def compiled(app: str, folder: Path) -> str:
    """All that was compiled for the browser."""
    files = [file for file in (folder / ".web/build").rglob("*") if file.is_file()]
    assert files
    return "\n".join(file.read_text(errors="replace") for file in files)


def credentials_in(text: str, upstream: Upstream) -> list[str]:
    """The credentials that a text shows."""
    keys = (upstream.secret_key, IN_ENVIRONMENT, REFUSED)
    return [*PUBLIC_TOKEN.findall(text), *(key for key in keys if key in text)]


def test_a_token_of_a_run_is_found_where_there_is_one(upstream: Upstream) -> None:
    token = sign_public_token(
        upstream.secret_key,
        environment_id="env_1",
        scopes=["read:runs:run_1"],
        issued_at=0,
        expires_at=1,
    )
    assert credentials_in(f'{{"token": "{token}"}}', upstream) == [token]


def test_no_frame_and_no_line_of_the_log_holds_a_credential(
    app: str, browser: Browser, upstream: Upstream, folder: Path
) -> None:
    frames: list[str] = []

    def keep(frame: str | bytes) -> None:
        frames.append(frame if isinstance(frame, str) else frame.decode(errors="replace"))

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", keep)
        socket.on("framesent", keep)

    context = browser.new_context(base_url=app)
    page = context.new_page()
    page.on("websocket", listen)
    page.goto("/")
    page.locator("#begin").click()
    expect(page.locator("#status-Refused")).to_have_text("failed", timeout=20_000)
    expect(page.locator("#error-Refused")).not_to_be_empty()
    expect(page.locator("#tagged")).to_have_text("2", timeout=20_000)
    expect(page.locator("#in-batch")).to_have_text("2", timeout=20_000)
    run_id = page.locator("#run-id").inner_text()
    expect(page.locator("#handle")).to_have_text(run_id)
    page.reload()
    expect(page.locator("#run-id")).to_have_text(run_id)
    for started in upstream.newest_runs():
        upstream.finish(started)
    for state in ("One", "Streaming"):
        expect(page.locator(f"#status-{state}")).to_have_text("complete", timeout=20_000)
    context.close()

    carried = "\n".join(frames)
    assert carried.count(run_id) > 2
    assert credentials_in(carried, upstream) == []
    logged = (folder / ".prod.log").read_text()
    assert "does not accept the access token" in logged
    assert credentials_in(logged, upstream) == []


def test_no_compiled_file_holds_a_credential(compiled: str, upstream: Upstream) -> None:
    assert "subscription_status" in compiled
    assert credentials_in(compiled, upstream) == []


def test_the_hostile_browser_knows_every_handler_that_the_pages_name(compiled: str) -> None:
    named = {*NAMED_HANDLER.findall(compiled)} - {"begin"}
    assert {"view_opened", "view_closed", "stop", "restart", "enable", "disable"} <= named
    assert named <= {name for _, name in HANDLERS}
