"""`/errors`: what goes wrong is said, with what to do about it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.actions import expect_error, expect_run_status, open_page, prod_and_dev


@prod_and_dev
def test_a_failing_task_is_tried_again_and_shows_its_error(page: Page):
    open_page(page, "/errors")
    page.locator("#start-run").click()
    expect_run_status(page, "Failed")

    expect(page.locator("#run-attempt")).to_have_text("3")
    error = page.locator("#run-error [role=alert]")
    expect(error.locator("strong")).to_have_text("JSONDecodeError: ")
    expect(error).to_contain_text("line 1 column 26")
    error.get_by_text("Stack trace").click()
    expect(error.get_by_label("Stack trace")).to_contain_text("outline.py")


def test_the_task_succeeds_once_its_input_is_repaired(page: Page):
    open_page(page, "/errors")
    page.locator("#start-run").click()
    expect_run_status(page, "Failed")
    page.locator("#document").fill('{"tides": ["high", "low"]}')
    page.locator("#start-run").click()

    expect_run_status(page, "Completed")
    expect(page.locator("#run-error [role=alert]")).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "message"),
    [
        ("#unknown-task", "no-such-task"),
        ("#bad-payload", "text"),
        ("#unknown-run", "the run 'run_doesnotexist'"),
        ("#no-token", "no access token"),
        ("#wrong-token", "does not accept the access token"),
        ("#no-server", "127.0.0.1:9"),
    ],
)
def test_what_cannot_succeed_says_what_is_wrong_and_what_to_do(
    page: Page, button: str, message: str
):
    open_page(page, "/errors")
    page.locator(button).click()

    expect_error(page.locator("#error"), message)


def test_an_error_gives_way_to_the_next_one(page: Page):
    open_page(page, "/errors")
    page.locator("#unknown-task").click()
    expect_error(page.locator("#error"), "no-such-task")
    page.locator("#unknown-run").click()

    expect_error(page.locator("#error"), "run_doesnotexist")
    expect(page.locator("#error [role=alert]")).to_have_count(1)
