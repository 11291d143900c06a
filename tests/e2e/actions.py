"""What a visitor does, and what every test looks at."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

# For what the tasks need; a page's own answers come within Playwright's default of 5 seconds.
WORK_TIMEOUT_MS = 30_000

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""How many pixels of a page lie beyond its right edge."""

REACT_LISTENS = """() => {
  const main = document.querySelector("main");
  return main !== null && Object.keys(main).some((key) => key.startsWith("__reactFiber"));
}"""

prod_and_dev = pytest.mark.parametrize("app", ["prod", "dev"], indirect=True)


def open_page(page: Page, route: str) -> None:
    """Open a page; return once it listens to clicks."""
    page.goto(route)
    page.wait_for_function(REACT_LISTENS)


def reload(page: Page) -> None:
    """Reload the page; return once it listens to clicks."""
    page.reload()
    page.wait_for_function(REACT_LISTENS)


def go_to(page: Page, label: str) -> None:
    """Follow a link of the navigation, without loading the page anew."""
    page.get_by_role("navigation").get_by_role("link", name=label, exact=True).click()


def choose_package(page: Page, package: str) -> None:
    """Choose a package from the list."""
    page.locator("#package").click()
    page.get_by_role("option", name=package, exact=True).click()


def expect_run_status(page: Page, status: str) -> None:
    """Wait until the run has a status."""
    shown = page.locator("#run [aria-label='Run status'], #run-status")
    expect(shown).to_have_text(status, timeout=WORK_TIMEOUT_MS)


def expect_subscription(page: Page, status: str) -> None:
    """Wait until the page's subscription has a status."""
    expect(page.locator("#subscription-status [role=status]")).to_have_text(status)


def number_in(page: Page, element: str) -> int:
    """The number that an element shows; 0 while it shows none."""
    return int(re.sub(r"\D", "", page.locator(element).inner_text()) or 0)


def expect_rows(page: Page, table: str, count: int) -> None:
    """Wait until a table has so many rows, in view or not."""
    expect(page.locator(f"{table} table")).to_have_attribute("aria-rowcount", str(count + 1))


def count_of(page: Page, status: str) -> Locator:
    """How many runs of the page's set have a status."""
    return page.locator(".batch-progress-legend li", has_text=status).locator("strong")


def run_id_on(page: Page) -> str:
    """The id of the run that the page shows."""
    found = re.search(r"run_\w+", page.locator("#run, #run-id").inner_text())
    assert found
    return found.group()


def expect_error(box: Locator, message: str) -> None:
    """Wait until a box says what is wrong, and what to do about it."""
    alert = box.get_by_role("alert")
    expect(alert.locator("strong")).to_contain_text(message)
    told = alert.locator("strong").inner_text()
    assert len(alert.inner_text().replace(told, "").strip()) > len("Retry.")
