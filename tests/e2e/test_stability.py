"""Nothing on a page moves while what it shows goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from example_app.gallery.entries import ENTRIES
from example_app.gallery.stage import Ensemble, Stage
from tests.e2e.actions import open_page
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


@dataclass(frozen=True, slots=True)
class Play:
    """A page on which something goes on.

    Attributes:
        route: The page.
        start: What to click.
        ended: What the page shows when all is over: a selector and its text.
    """

    route: str
    start: str
    ended: tuple[str, str | re.Pattern[str]] = ("#subscription-status", "Complete")


ENDS = {Stage: ("#subscription-status", "Complete"), Ensemble: ("#played", "100 %")}
PLAYS = [
    Play("/", "#start-run"),
    Play("/assistant", "#start-run"),
    Play("/batch", "#start-batch", ("#batch-progress", re.compile("20 of 20 finished"))),
    Play("/errors", "#start-run"),
    *[Play(entry.route, "#play", ENDS[entry.state]) for entry in ENTRIES],
]


@pytest.fixture(scope="module")
def played(prod_app: str, browser: Browser) -> Iterator[dict[str, Page]]:
    """The pages, by route, after all that goes on there has ended: at once, since it takes long."""
    context = browser.new_context(base_url=prod_app, viewport=DESKTOP)
    context.add_init_script(OBSERVER)
    pages = {play.route: context.new_page() for play in PLAYS}
    for play in PLAYS:
        open_page(pages[play.route], play.route)
        pages[play.route].locator(play.start).click()
    for play in PLAYS:
        element, text = play.ended
        expect(pages[play.route].locator(element)).to_have_text(text, timeout=PLAY_TIMEOUT_MS)
    yield pages
    context.close()


@pytest.mark.parametrize("route", [play.route for play in PLAYS])
def test_nothing_moves_while_it_goes_on(played: dict[str, Page], route: str):
    moved, parts = cumulative_shift(played[route])

    assert moved <= MOST_SHIFT, parts


@pytest.mark.parametrize("route", [play.route for play in PLAYS])
def test_axe_finds_no_fault_when_it_has_ended(played: dict[str, Page], route: str):
    assert faults(played[route], "main") == []


def test_something_that_moves_is_noticed(page: Page):
    page.add_init_script(OBSERVER)
    open_page(page, "/")
    page.evaluate("document.querySelector('main').style.paddingTop = '200px'")
    page.wait_for_function("window.shifts.some(([value]) => value > 0.01)")

    assert cumulative_shift(page)[0] > MOST_SHIFT
