"""The table of runs, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

RUNS = 300


@pytest.fixture
def table(page: Page) -> Page:
    """The table, filled."""
    page.goto("/runs-table")
    page.get_by_role("button", name="Fill").click()
    expect(page.get_by_text(f"{RUNS} runs", exact=True)).to_be_visible()
    return page


def first_id(page: Page) -> Locator:
    """The id in the first row below the header."""
    return page.locator("[aria-rowindex='2'] td").nth(2)


def test_there_are_no_runs_at_first(page: Page) -> None:
    page.goto("/runs-table")
    expect(page.get_by_text("No runs yet.")).to_be_visible()
    expect(page.get_by_role("table", name="Runs")).to_have_attribute("aria-rowcount", "1")


def test_only_the_rows_in_view_are_in_the_page(table: Page) -> None:
    expect(table.get_by_role("table", name="Runs")).to_have_attribute("aria-rowcount", "301")
    assert table.locator("tbody tr").count() < 40
    table.locator(".runs-table-box").evaluate("box => box.scrollTop = box.scrollHeight")
    expect(table.locator("[aria-rowindex='301']")).to_be_visible()
    assert table.locator("tbody tr").count() < 40


def test_the_newest_come_first_and_headers_sort_both_ways(table: Page) -> None:
    expect(first_id(table)).to_have_text("run_299")
    lines = table.get_by_role("columnheader", name="Lines")
    lines.get_by_role("button").press("Enter")
    expect(lines).to_have_attribute("aria-sort", "ascending")
    expect(first_id(table)).to_have_text("run_000")
    lines.get_by_role("button").click()
    expect(lines).to_have_attribute("aria-sort", "descending")
    expect(first_id(table)).to_have_text("run_257")
    expect(table.get_by_role("columnheader", name="Created")).to_have_attribute("aria-sort", "none")


def test_statuses_are_chosen_by_buttons_that_count_them(table: Page) -> None:
    failed = table.get_by_role("button", name="Failed 30")
    failed.click()
    expect(failed).to_have_attribute("aria-pressed", "true")
    expect(table.get_by_text("30 of 300 runs")).to_be_visible()
    table.get_by_role("button", name="Queued 3").click()
    expect(table.get_by_text("33 of 300 runs")).to_be_visible()
    table.get_by_role("button", name="All 300").click()
    expect(table.get_by_text("300 runs", exact=True)).to_be_visible()


def test_a_text_is_searched_for_and_what_is_not_found_can_be_shown_again(table: Page) -> None:
    search = table.get_by_role("searchbox")
    search.fill("USER:3")
    expect(table.get_by_text("60 of 300 runs")).to_be_visible()
    search.fill("nowhere")
    table.get_by_role("button", name="Show all runs").click()
    expect(search).to_have_value("")
    expect(table.get_by_text("300 runs", exact=True)).to_be_visible()


def test_rows_are_reached_and_chosen_by_keys(table: Page) -> None:
    table.locator("[aria-rowindex='2']").focus()
    for key, row in (("ArrowDown", 3), ("End", 301), ("ArrowUp", 300), ("Home", 2)):
        table.keyboard.press(key)
        expect(table.locator(f"[aria-rowindex='{row}']")).to_be_focused()
    table.keyboard.press("Enter")
    expect(table.get_by_text("Clicked run_299")).to_be_visible()


def test_a_row_that_has_the_focus_keeps_it_when_it_is_scrolled_away(table: Page) -> None:
    table.locator("[aria-rowindex='2']").focus()
    table.locator(".runs-table-box").evaluate("box => box.scrollTop = box.scrollHeight")
    expect(table.locator("[aria-rowindex='301']")).to_be_visible()
    expect(table.locator("[aria-rowindex='2']")).to_be_focused()


def test_a_button_in_a_row_is_not_a_click_on_the_row(table: Page) -> None:
    table.locator("[aria-rowindex='4']").get_by_role("button", name="Press").click()
    expect(table.get_by_text("Pressed run_297")).to_be_visible()
    table.locator("[aria-rowindex='3']").click()
    expect(table.get_by_text("Clicked run_298")).to_be_visible()


def test_new_runs_do_not_move_what_is_looked_at(table: Page) -> None:
    box = table.locator(".runs-table-box")
    box.evaluate("box => box.scrollTop = 4400")
    looked_at = table.locator("tr", has=table.get_by_text("run_199", exact=True))
    expect(looked_at).to_have_attribute("aria-rowindex", "102")
    before = looked_at.bounding_box()
    table.get_by_role("button", name="Add").click()
    expect(looked_at).to_have_attribute("aria-rowindex", "103")
    assert looked_at.bounding_box() == before


def test_an_update_renders_the_row_of_the_run_that_changed(page: Page) -> None:
    page.goto("/runs-live")
    page.get_by_role("button", name="Start").click()
    rows = page.locator(".runs-table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.get_by_text("Executing")).to_have_count(3)
    rendered = rows.locator("td:last-child")
    before = rendered.all_inner_texts()
    rows.nth(1).click()
    expect(rows.nth(1)).to_contain_text("Cancelled")
    after = rendered.all_inner_texts()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_on_a_phone_the_table_scrolls_in_its_own_box(table: Page) -> None:
    table.set_viewport_size({"width": 390, "height": 844})
    width = "document.documentElement.scrollWidth"
    assert table.evaluate(width) == 390
    box = table.locator(".runs-table-box")
    box.evaluate("box => box.scrollLeft = box.scrollWidth")
    expect(table.locator("[aria-rowindex='2']").get_by_role("button")).to_be_in_viewport()
    status = table.locator("[aria-rowindex='2'] td").first
    expect(status).to_have_text(re.compile("Completed|Failed"))
    expect(status).to_be_in_viewport(ratio=1)
