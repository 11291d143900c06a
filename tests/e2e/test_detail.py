"""`/runs/[run_id]`: all about a run, for whoever has started it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.actions import (
    choose_package,
    expect_run_status,
    expect_subscription,
    go_to,
    open_page,
    prod_and_dev,
    run_id_on,
)


def run_an_analysis(page: Page) -> str:
    """Let a run end; return its id."""
    open_page(page, "/")
    choose_package(page, "click")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")
    return run_id_on(page)


@prod_and_dev
def test_a_row_of_the_dashboard_leads_to_all_about_its_run(page: Page):
    run_id = run_an_analysis(page)
    go_to(page, "Dashboard")
    page.locator("#dashboard-table tbody [role=row]").first.click()

    expect(page).to_have_url(f"/runs/{run_id}")
    expect_run_status(page, "Completed")
    expect(page.locator("#run")).to_contain_text(run_id)
    expect(page.locator("main")).to_contain_text('"click"')


def test_a_visitor_is_refused_the_run_of_another(page: Page):
    run_id = run_an_analysis(page)
    other = page.context.new_page()
    open_page(other, f"/runs/{run_id}")

    expect_subscription(other, "Failed")
    expect(other.locator("#run-error")).to_contain_text("does not grant")
    expect_run_status(other, "No run yet")


def test_a_run_that_does_not_exist_is_refused(page: Page):
    open_page(page, "/runs/run_doesnotexist")

    expect_subscription(page, "Failed")
    expect(page.locator("#run-error [role=alert]")).to_be_visible()


def test_a_replay_leads_to_the_new_run(page: Page):
    run_id = run_an_analysis(page)
    open_page(page, f"/runs/{run_id}")
    page.get_by_role("button", name="Replay").click()

    expect(page).not_to_have_url(f"/runs/{run_id}")
    expect(page.locator("#run")).not_to_contain_text(run_id)
    expect(page.locator("#run")).to_contain_text("run_")
    expect_run_status(page, "Completed")
