"""`/dashboard`: the runs of a tag."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.actions import (
    WORK_TIMEOUT_MS,
    choose_package,
    count_of,
    expect_rows,
    expect_run_status,
    expect_subscription,
    go_to,
    open_page,
    prod_and_dev,
)

TABLE = "#dashboard-table"


@prod_and_dev
def test_everything_a_visitor_has_started_is_shown_and_goes_on_live(page: Page):
    open_page(page, "/")
    choose_package(page, "click")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")
    go_to(page, "Batch")
    page.locator("#start-batch").click()
    expect_rows(page, "#batch-table", 20)

    go_to(page, "Dashboard")

    expect_rows(page, TABLE, 21)
    expect(count_of(page, "Completed")).to_have_text("21", timeout=WORK_TIMEOUT_MS)


def test_a_visitor_sees_nothing_of_another(page: Page):
    open_page(page, "/")
    choose_package(page, "click")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")

    other = page.context.new_page()
    open_page(other, "/dashboard")

    expect_subscription(other, "Live")
    expect_rows(other, TABLE, 0)
