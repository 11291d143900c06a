"""`/`: one run from its queue to its report."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.actions import (
    WORK_TIMEOUT_MS,
    choose_package,
    count_of,
    expect_run_status,
    expect_subscription,
    go_to,
    open_page,
    prod_and_dev,
    reload,
    run_id_on,
)
from tests.e2e.recorder import frames, texts, toasts

STATUSES = ["No run yet", "Connecting", "Queued", "Executing", "Completed"]


@prod_and_dev
def test_a_run_goes_from_queued_through_its_progress_to_its_report(page: Page):
    crowd = page.context.new_page()
    open_page(crowd, "/batch")
    crowd.get_by_role("radio", name="40").click()
    crowd.locator("#start-batch").click()
    expect(count_of(crowd, "Executing")).to_have_text("3", timeout=WORK_TIMEOUT_MS)

    open_page(page, "/")
    page.locator("#start-run").click()
    expect_run_status(page, "Queued")
    crowd.locator("#cancel-batch").click()
    expect_run_status(page, "Completed")

    assert texts(page, "run-status") == STATUSES
    percents = [int(text) for text in texts(page, "run-percent")]
    assert percents == sorted(percents)
    assert len(percents) >= 3
    assert percents[-1] == 100
    expect(page.locator("#run-output")).to_contain_text("Longest functions")
    expect_subscription(page, "Complete")


@prod_and_dev
def test_completion_is_announced_once(page: Page):
    open_page(page, "/")
    choose_package(page, "httpx")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")

    expect(page.locator("[data-sonner-toast]")).to_contain_text("httpx: ")
    go_to(page, "Errors")
    go_to(page, "One run")
    expect_run_status(page, "Completed")
    assert len(toasts(page)) == 1

    reload(page)
    expect_run_status(page, "Completed")
    expect(page.locator("#run-output")).to_be_visible()
    assert toasts(page) == []


def test_each_run_is_announced(page: Page):
    open_page(page, "/")
    for package in ("httpx", "click"):
        choose_package(page, package)
        page.locator("#start-run").click()
        expect(page.locator("[data-sonner-toast]").first).to_contain_text(package)
        expect_run_status(page, "Completed")

    assert [toast.partition(":")[0] for toast in toasts(page)] == ["httpx", "click"]


def test_a_second_run_shows_nothing_of_the_first(page: Page):
    open_page(page, "/")
    choose_package(page, "httpx")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")
    first = page.locator("#run-output").inner_text()
    first_id = run_id_on(page)

    choose_package(page, "pygments")
    page.locator("#start-run").click()
    expect(page.locator("#run")).not_to_contain_text(first_id)
    expect_run_status(page, "Completed")

    second_id = run_id_on(page)
    shown = {frame["run-output"] for frame in frames(page) if frame["run-id"] == second_id}
    assert None in shown
    assert first not in shown


def test_a_finished_run_is_still_there_after_visiting_another_page(page: Page):
    open_page(page, "/")
    choose_package(page, "httpx")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")
    report = page.locator("#run-output").inner_text()

    go_to(page, "Assistant")
    expect(page.get_by_role("heading", name="Ask about a package")).to_be_visible()
    go_to(page, "One run")

    expect(page.locator("#run-output")).to_have_text(report, use_inner_text=True)
