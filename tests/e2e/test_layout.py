"""Every page on a desktop and on a phone, in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from example_app.views.layout import GALLERY_LINKS, LINKS
from tests.e2e.actions import OVERFLOW, expect_rows, open_page

ROUTES = [link.route for link in LINKS]
WAYS = [*LINKS, GALLERY_LINKS[0], GALLERY_LINKS[-1]]
PHONE = ViewportSize(width=390, height=844)


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_fits_the_width_of_a_phone(page: Page, route: str):
    page.set_viewport_size(PHONE)
    open_page(page, route)

    assert page.evaluate(OVERFLOW) == 0


def test_a_page_with_results_fits_the_width_of_a_phone(page: Page):
    page.set_viewport_size(PHONE)
    open_page(page, "/batch")
    page.locator("#start-batch").click()
    expect_rows(page, "#batch-table", 20)

    assert page.evaluate(OVERFLOW) == 0


def test_the_menu_of_a_phone_leads_to_every_page(page: Page):
    page.set_viewport_size(PHONE)
    open_page(page, "/")
    for link in WAYS:
        page.locator("#open-menu").click()
        page.get_by_role("menuitem", name=link.label, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(link.label)


def test_the_navigation_leads_to_every_page(page: Page):
    open_page(page, "/")
    for link in WAYS:
        entry = page.get_by_role("navigation").get_by_role("link", name=link.label, exact=True)
        entry.click()
        expect(entry).to_have_attribute("aria-current", "page")


def test_the_colour_mode_can_be_switched(page: Page):
    open_page(page, "/")
    expect(page.locator("html")).to_have_class("light")
    page.get_by_role("button", name="Light or dark").click()

    expect(page.locator("html")).to_have_class("dark")


def test_every_page_says_where_its_tasks_run(page: Page):
    open_page(page, "/")

    expect(page.locator("#where-tasks-run")).to_contain_text("embedded development server")
