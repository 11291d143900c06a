"""`/batch`: many runs in a table that fills."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.actions import WORK_TIMEOUT_MS, number_in, open_page, reload
from tests.e2e.recorder import texts

ROWS = "#batch-table .run-row"


def test_a_batch_of_twenty_runs_fills_the_table(page: Page):
    open_page(page, "/batch")
    page.locator("#start-batch").click()

    expect(page.locator(ROWS)).to_have_count(20)
    expect(page.locator("#count-completed")).to_have_text("20", timeout=WORK_TIMEOUT_MS)
    expect(page.locator(ROWS).filter(has_text="Completed")).to_have_count(20)
    counts = [int(text) for text in texts(page, "count-completed")]
    assert counts == sorted(counts)
    assert len(counts) > 3
    assert number_in(page, "#total-lines") > 10_000


def test_cancelling_the_rest_ends_what_is_not_done(page: Page):
    open_page(page, "/batch")
    page.get_by_role("radio", name="All").click()
    page.locator("#start-batch").click()
    expect(page.locator("#count-completed")).not_to_have_text("0", timeout=WORK_TIMEOUT_MS)
    page.locator("#cancel-batch").click()

    expect(page.locator("#cancel-batch")).to_be_disabled(timeout=WORK_TIMEOUT_MS)
    runs = page.locator(ROWS).count()
    assert number_in(page, "#count-completed") + number_in(page, "#count-cancelled") == runs
    assert number_in(page, "#count-cancelled") > 0


def test_a_batch_goes_on_after_a_reload(page: Page):
    open_page(page, "/batch")
    page.locator("#start-batch").click()
    expect(page.locator(ROWS)).to_have_count(20)

    reload(page)

    expect(page.locator("#count-completed")).to_have_text("20", timeout=WORK_TIMEOUT_MS)
    expect(page.locator(ROWS)).to_have_count(20)
