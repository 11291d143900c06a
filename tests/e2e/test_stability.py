"""Nothing on a page moves while what it shows goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from example_app.gallery.entries import ENTRIES
from example_app.gallery.stage import Ensemble, Stage
from scripts.screenshots import MODES, Mode, show
from tests.e2e.actions import expect_rows, go_to, open_page
from tests.e2e.axe import faults
from tests.e2e.conftest import DESKTOP

MOST_SHIFT = 0.02
"""Of a window's height and width, as Chromium counts it."""

PAUSE_MS, WINDOW_MS = 1000, 5000
"""What moves without such a pause between, but for no longer than that, is added up."""

PLAY_TIMEOUT_MS = 90_000

OBSERVER = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const moved = entry.sources.map(({ node, previousRect: a, currentRect: b }) => {
      const name = node?.id ? `#${node.id}` : node?.className || node?.nodeName;
      const at = ({ x, y, width, height }) => `(${x}, ${y}, ${width}, ${height})`;
      return `${name} ${at(a)} to ${at(b)}`;
    });
    window.shifts.push([entry.value, moved.join("; "), entry.startTime]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def cumulative_shift(page: Page) -> tuple[float, list[str]]:
    """The page's cumulative layout shift since it was loaded, as browsers define it, and its parts.

    That is the most that moved within a window of time.
    """
    windows: list[list[tuple[float, str, float]]] = []
    for value, moved, at in page.evaluate("window.shifts"):
        last = windows[-1] if windows else []
        if last and at - last[-1][2] < PAUSE_MS and at - last[0][2] < WINDOW_MS:
            last.append((value, moved, at))
        else:
            windows.append([(value, moved, at)])
    worst = max(windows, key=lambda window: sum(shift[0] for shift in window), default=[])
    return sum(shift[0] for shift in worst), [f"{value:.4f} {moved}" for value, moved, _ in worst]


Step: TypeAlias = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Play:
    """A page on which something goes on.

    Attributes:
        route: The page on which it is started.
        start: Starts it.
        goes_to: Leads to another page, where it goes on; None where it stays on the first.
        ended: What the page shows when all is over: a selector and its text.
    """

    route: str
    start: Step
    goes_to: Step | None = None
    ended: tuple[str, str | re.Pattern[str]] = ("#subscription-status", "Complete")


def clicking(element: str) -> Step:
    """Click an element."""
    return lambda page: page.locator(element).click()


def upload(page: Page) -> None:
    """Give the page a file that takes some moments."""
    file = FilePayload(name="zeros.bin", mimeType="application/octet-stream", buffer=bytes(10**7))
    page.locator("input[type=file]").set_input_files(file)


def start_a_search(page: Page) -> None:
    """Let a number be searched for some seconds."""
    page.get_by_role("radio", name="5").click()
    page.locator("#start-run").click()


def follow_the_run(page: Page) -> None:
    """Go to the page of the run."""
    page.locator("#run-id").click()
    expect(page.locator("#run")).to_contain_text("run_")


def go_to_the_dashboard(page: Page) -> None:
    """Go to the page of all runs."""
    go_to(page, "Dashboard")
    expect_rows(page, "#dashboard-table", 20)


ALL_FINISHED = (".batch-progress-head > span:first-child", "20 of 20 finished")
ENDS = {Stage: ("#subscription-status", "Complete"), Ensemble: ("#played", "100 %")}
PLAYS = {
    "/": Play("/", clicking("#start-run")),
    "/assistant": Play("/assistant", clicking("#start-run")),
    "/batch": Play("/batch", clicking("#start-batch"), ended=ALL_FINISHED),
    "/dashboard": Play(
        "/batch", clicking("#start-batch"), goes_to=go_to_the_dashboard, ended=ALL_FINISHED
    ),
    "/errors": Play("/errors", clicking("#start-run")),
    "/files": Play("/files", upload),
    "/search": Play("/search", start_a_search),
    "/runs/[run_id]": Play("/search", start_a_search, goes_to=follow_the_run),
    **{
        entry.route: Play(entry.route, clicking("#play"), ended=ENDS[entry.state])
        for entry in ENTRIES
    },
}


@pytest.fixture(scope="module")
def played(prod_app: str, browser: Browser) -> Iterator[dict[str, Page]]:
    """The pages, by route, after all that goes on there has ended: at once, since it takes long."""
    context = browser.new_context(base_url=prod_app, viewport=DESKTOP)
    context.add_init_script(OBSERVER)
    pages = {route: context.new_page() for route in PLAYS}
    for route, play in PLAYS.items():
        open_page(pages[route], play.route)
        play.start(pages[route])
        if play.goes_to:
            play.goes_to(pages[route])
            pages[route].evaluate("window.shifts = []")
    for route, play in PLAYS.items():
        element, text = play.ended
        expect(pages[route].locator(element)).to_have_text(text, timeout=PLAY_TIMEOUT_MS)
    yield pages
    context.close()


@pytest.mark.parametrize("route", PLAYS)
def test_nothing_moves_while_it_goes_on(played: dict[str, Page], route: str):
    moved, parts = cumulative_shift(played[route])

    assert moved <= MOST_SHIFT, parts


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("route", PLAYS)
def test_axe_finds_no_fault_when_it_has_ended(played: dict[str, Page], route: str, mode: Mode):
    # Behind others, a page is drawn once a second.
    played[route].bring_to_front()
    show(played[route], DESKTOP["width"], mode)

    assert faults(played[route], "main") == []


def test_something_that_moves_is_noticed(page: Page):
    page.add_init_script(OBSERVER)
    open_page(page, "/")
    page.evaluate("document.querySelector('main').style.paddingTop = '200px'")
    page.wait_for_function("window.shifts.some(([value]) => value > 0.01)")

    assert cumulative_shift(page)[0] > MOST_SHIFT
