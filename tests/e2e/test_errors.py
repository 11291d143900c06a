"""`/errors`: what goes wrong is said, with what to do about it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.actions import expect_run_status, open_page, prod_and_dev


@prod_and_dev
def test_a_failing_task_is_tried_again_and_shows_its_error(page: Page):
    open_page(page, "/errors")
    page.locator("#start-run").click()
    expect_run_status(page, "Failed")

    expect(page.locator("#run-attempt")).to_have_text("3")
    expect(page.locator("#run-error-name")).to_have_text("JSONDecodeError: ")
    expect(page.locator("#run-error-message")).to_contain_text("line 1 column 26")
    expect(page.locator("#run-error-stack")).to_contain_text("outline.py")


def test_the_task_succeeds_once_its_input_is_repaired(page: Page):
    open_page(page, "/errors")
    page.locator("#start-run").click()
    expect_run_status(page, "Failed")
    page.locator("#document").fill('{"tides": ["high", "low"]}')
    page.locator("#start-run").click()

    expect_run_status(page, "Completed")
    expect(page.locator("#run-error")).to_have_count(0)


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

    expect(page.locator("#error-message")).to_contain_text(message)
    expect(page.locator("#error-remedy")).not_to_be_empty()


def test_an_error_gives_way_to_the_next_one(page: Page):
    open_page(page, "/errors")
    page.locator("#unknown-task").click()
    expect(page.locator("#error-message")).to_contain_text("no-such-task")
    page.locator("#unknown-run").click()

    expect(page.locator("#error-message")).to_contain_text("run_doesnotexist")
    expect(page.locator("#error")).to_have_count(1)
