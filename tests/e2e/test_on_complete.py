"""`on_complete` of a component: once for each run in a tab, through reloads."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.reflex_app import REFLEX, reflex_environment, running

IDS = {1: re.compile(r"^\S+$"), 2: re.compile(r"^\S+ \S+$")}

APP = """
import reflex as rx
from reflex_realtime import RealtimeRunState
from reflex_realtime.components import realtime_subscription
from reflex_realtime.devserver import DevServer

server = DevServer()


@server.task("work")
async def work() -> int:
    return 1


class Work(RealtimeRunState, rx.State):
    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("work"))


class Told(rx.State):
    ids: list[str] = []

    @rx.event
    def tell(self, run_id: str):
        self.ids = [*self.ids, run_id]


def index():
    return rx.vstack(
        realtime_subscription(Work, on_complete=Told.tell),
        rx.button("Start", on_click=Work.start),
        rx.text(Work.subscription_status, id="status"),
        rx.text(Work.run.id, id="run"),
        rx.text(Told.ids.join(" "), id="told"),
    )


app = rx.App()
app.add_page(index)
server.mount(app)
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app whose page waits for the end of runs."""
    folder = tmp_path_factory.mktemp("told")
    init = [REFLEX, "init", "--name", "told", "--template", "blank", "--no-agents"]
    subprocess.run(init, cwd=folder, env=reflex_environment(), check=True)
    (folder / "told" / "told.py").write_text(APP)
    with running(folder) as url:
        yield url


def test_on_complete_is_called_once_for_each_run_through_reloads(
    app: str, browser: Browser
) -> None:
    context = browser.new_context(base_url=app)
    page = context.new_page()
    page.goto("/")
    for count in (1, 2):
        page.get_by_role("button").click()
        expect(page.locator("#told")).to_have_text(IDS[count], timeout=20_000)
        told = page.locator("#told").inner_text()
        expect(page.locator("#run")).to_have_text(told.split()[-1])
        assert len(set(told.split())) == count
        page.reload()
        expect(page.locator("#run")).to_have_text(told.split()[-1])
        page.wait_for_timeout(300)
        expect(page.locator("#told")).to_have_text(told)
    context.close()


def test_another_tab_is_told_of_its_own_runs_only(app: str, browser: Browser) -> None:
    context = browser.new_context(base_url=app)
    page, other = context.new_page(), context.new_page()
    page.goto("/")
    other.goto("/")
    page.get_by_role("button").click()
    expect(page.locator("#status")).to_have_text("complete", timeout=20_000)
    expect(page.locator("#told")).to_have_text(page.locator("#run").inner_text())
    expect(other.locator("#told")).to_have_text("")
    context.close()
