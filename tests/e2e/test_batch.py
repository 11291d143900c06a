"""`/batch`: many runs in a table that fills."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.actions import WORK_TIMEOUT_MS, count_of, expect_rows, number_in, open_page, reload
from tests.e2e.recorder import texts

TABLE = "#batch-table"


def test_a_batch_of_twenty_runs_fills_the_table(page: Page):
    open_page(page, "/batch")
    page.locator("#start-batch").click()

    expect_rows(page, TABLE, 20)
    expect(count_of(page, "Completed")).to_have_text("20", timeout=WORK_TIMEOUT_MS)
    page.get_by_role("button", name=re.compile("^Completed")).click()
    expect_rows(page, TABLE, 20)
    counts = [int(text) for text in texts(page, "count-completed")]
    assert counts == sorted(counts)
    assert len(counts) > 3
    assert number_in(page, "#total-lines") > 10_000


def test_cancelling_the_rest_ends_what_is_not_done(page: Page):
    open_page(page, "/batch")
    page.get_by_role("radio", name="All").click()
    page.locator("#start-batch").click()
    expect(count_of(page, "Completed")).not_to_have_text("0", timeout=WORK_TIMEOUT_MS)
    page.locator("#cancel-batch").click()

    expect(page.locator("#cancel-batch")).to_be_disabled(timeout=WORK_TIMEOUT_MS)
    runs = int(page.locator(f"{TABLE} table").get_attribute("aria-rowcount") or 0) - 1
    completed, cancelled = (
        int(count_of(page, status).inner_text()) for status in ("Completed", "Cancelled")
    )
    assert completed + cancelled == runs
    assert cancelled > 0


def test_a_batch_goes_on_after_a_reload(page: Page):
    open_page(page, "/batch")
    page.locator("#start-batch").click()
    expect_rows(page, TABLE, 20)

    reload(page)

    expect(count_of(page, "Completed")).to_have_text("20", timeout=WORK_TIMEOUT_MS)
    expect_rows(page, TABLE, 20)
