"""`/search`: a run that is cancelled, and one that a reload does not disturb."""

from __future__ import annotations

import psutil
from playwright.sync_api import Page, expect

from tests.e2e.actions import (
    expect_error,
    expect_run_status,
    expect_subscription,
    go_to,
    number_in,
    open_page,
    prod_and_dev,
    reload,
    run_id_on,
)
from tests.e2e.recorder import texts

MEASURED_SECONDS = 0.5
BUSY_PERCENT = 20
IDLE_PERCENT = 10
STOP_WITHIN_SECONDS = 10
# Long enough for several updates, were there any.
UPDATES_OF_A_WHILE_MS = 500
TRIED_MORE = "n => Number(document.querySelector('#tries').innerText.replaceAll(',', '')) > n"


def start_endless_search(page: Page) -> None:
    """Start a search that takes about an hour; wait until it is at work."""
    open_page(page, "/search")
    page.get_by_role("radio", name="8").click()
    page.locator("#start-run").click()
    expect_run_status(page, "Executing")
    expect(page.locator("#tries")).to_contain_text(",000")


def wait_for_tries(page: Page, *, more_than: int) -> None:
    """Wait until the page shows that more numbers have been tried."""
    page.wait_for_function(TRIED_MORE, arg=more_than)


def cancel(page: Page) -> None:
    """Cancel the run."""
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel the run").click()
    expect_run_status(page, "Cancelled")


@prod_and_dev
def test_cancelling_a_run_stops_its_work(page: Page):
    start_endless_search(page)
    assert cpu_percent_of_the_app() > BUSY_PERCENT

    cancel(page)

    expect_subscription(page, "Complete")
    measurements = int(STOP_WITHIN_SECONDS / MEASURED_SECONDS)
    assert any(cpu_percent_of_the_app() < IDLE_PERCENT for _ in range(measurements))


@prod_and_dev
def test_a_reload_in_the_middle_of_a_run_goes_on(page: Page):
    start_endless_search(page)
    run_id = run_id_on(page)
    tries = number_in(page, "#tries")

    reload(page)
    expect_run_status(page, "Executing")
    expect_subscription(page, "Live")
    wait_for_tries(page, more_than=tries + 1_000_000)

    assert run_id_on(page) == run_id
    assert set(texts(page, "run-status")) <= {"No run yet", "Executing"}
    cancel(page)


def test_who_stops_watching_sees_nothing_new_until_watching_again(page: Page):
    start_endless_search(page)
    page.locator("#stop-watching").click()
    expect_subscription(page, "Stopped")
    tries = number_in(page, "#tries")
    page.wait_for_timeout(UPDATES_OF_A_WHILE_MS)
    assert number_in(page, "#tries") == tries

    page.locator("#watch").click()
    expect_subscription(page, "Live")
    wait_for_tries(page, more_than=tries)
    cancel(page)


def test_a_run_is_followed_again_after_visiting_another_page(page: Page):
    start_endless_search(page)
    tries = number_in(page, "#tries")

    go_to(page, "Errors")
    expect(page.get_by_role("heading", name="A task that fails")).to_be_visible()
    go_to(page, "Cancel")

    expect_subscription(page, "Live")
    wait_for_tries(page, more_than=tries + 1_000_000)
    cancel(page)


def test_a_short_search_finds_its_number(page: Page):
    open_page(page, "/search")
    page.get_by_role("radio", name="4").click()
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")

    expect(page.locator("#run-output")).to_contain_text("Found: the number is ")
    expect(page.locator("#best-digest")).to_contain_text("0000")


def test_a_text_that_the_task_refuses_is_explained(page: Page):
    open_page(page, "/search")
    page.locator("#search-text").fill("")
    page.locator("#start-run").click()

    expect_error(page.locator("#run-error"), "text")


def cpu_percent_of_the_app() -> float:
    """How busy the servers that the tests have started are, in percent of one core."""
    servers = [
        process
        for process in psutil.Process().children(recursive=True)
        if "reflex" in " ".join(process.cmdline())
    ]
    for process in servers:
        process.cpu_percent()
    psutil.Process().cpu_percent(interval=MEASURED_SECONDS)
    return sum(process.cpu_percent() for process in servers)
