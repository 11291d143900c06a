"""`/assistant`: an answer that grows."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.actions import choose_package, expect_run_status, open_page, prod_and_dev, reload
from tests.e2e.recorder import texts


@prod_and_dev
def test_the_text_grows_until_the_run_has_completed(page: Page):
    open_page(page, "/assistant")
    choose_package(page, "pygments")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")
    expect(page.locator("#text")).to_contain_text("pygments.util:")

    shown = texts(page, "stream-text")
    assert len(shown) > 5
    letters = [re.sub(r"[^a-zA-Z]", "", text) for text in shown]
    assert all(later.startswith(earlier) for earlier, later in pairwise(letters))
    assert len(shown[-1].split()) > 1000


def test_findings_arrive_as_objects(page: Page):
    open_page(page, "/assistant")
    page.locator("#start-run").click()
    expect_run_status(page, "Completed")

    expect(page.locator("#stream-findings")).to_contain_text("compile_app has")
    expect(page.locator("#stream-counts")).to_contain_text("findings")


@pytest.mark.parametrize("moment", ["while it runs", "when it has ended"])
def test_a_reload_shows_the_whole_text(page: Page, moment: str):
    open_page(page, "/assistant")
    choose_package(page, "pygments")
    page.locator("#start-run").click()
    expect(page.locator("#text")).to_be_visible()
    if moment == "when it has ended":
        expect_run_status(page, "Completed")

    reload(page)
    expect_run_status(page, "Completed")

    expect(page.locator("#text")).to_contain_text("pygments: ")
    expect(page.locator("#text")).to_contain_text("pygments.util: ")
    assert page.locator("#text").inner_text().count("pygments.lexers.python: ") == 1
