"""What is followed without a state class, as a browser shows it."""

from __future__ import annotations

import urllib.request

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def live(page: Page) -> Page:
    page.goto("/live")
    expect(page.locator("#unknown")).to_have_text("not_found")
    return page


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def text(page: Page, name: str, value: str) -> None:
    expect(page.locator(f"#{name}")).to_have_text(value)


def test_a_run_is_followed_to_its_end_wherever_it_was_dropped_in(live: Page) -> None:
    text(live, "first", "idle")
    click(live, "Start")
    for name in ("first", "second"):
        text(live, name, "live EXECUTING")
    click(live, "Finish")
    for name in ("first", "second"):
        text(live, name, "complete COMPLETED")
    text(live, "words", "3")
    text(live, "told", "1")


def test_its_streams_are_shown_while_they_grow(live: Page) -> None:
    click(live, "Start")
    text(live, "answer", "one two three")


def test_a_batch_that_a_var_names_is_followed(live: Page) -> None:
    text(live, "batch", "0")
    click(live, "Start batch")
    text(live, "batch", "2")


def test_what_the_app_has_written_is_followed_without_anything_being_named(live: Page) -> None:
    total = live.locator("#total")
    expect(total).not_to_have_text("")
    before = int(total.inner_text())
    click(live, "Start")
    text(live, "total", str(before + 1))
    expect(live.locator(".in-loop")).to_have_text([str(before + 1)])


def test_a_var_that_becomes_empty_follows_nothing(live: Page) -> None:
    click(live, "Start")
    text(live, "first", "live EXECUTING")
    click(live, "Nothing")
    text(live, "first", "idle")


def test_what_the_app_does_not_grant_is_not_shown(live: Page) -> None:
    click(live, "Start")
    text(live, "first", "live EXECUTING")
    click(live, "Somebody's")
    text(live, "first", "failed")
    expect(live.locator("#message")).to_contain_text("does not let this page see")


def test_it_follows_while_it_is_shown_and_no_longer(live: Page) -> None:
    click(live, "Start")
    text(live, "first", "live EXECUTING")
    text(live, "status-in-cond", "idle")
    click(live, "Toggle")
    text(live, "in-cond", "live EXECUTING")
    click(live, "Toggle")
    text(live, "status-in-cond", "idle")
    text(live, "first", "live EXECUTING")


def test_it_goes_on_after_a_reload_and_a_return(live: Page) -> None:
    click(live, "Start")
    text(live, "first", "live EXECUTING")
    live.reload()
    text(live, "first", "live EXECUTING")
    live.get_by_role("link", name="Elsewhere").click()
    expect(live.locator("#elapsed")).to_be_visible()
    live.go_back()
    text(live, "first", "live EXECUTING")
    click(live, "Finish")
    text(live, "first", "complete COMPLETED")
    text(live, "told", "1")


def test_a_page_is_built_before_anybody_looks(app: str) -> None:
    with urllib.request.urlopen(f"{app}/live") as answer:
        built = answer.read().decode()
    assert 'id="first"' in built
    assert "run_unknown" not in built


def test_a_card_a_table_and_the_streams_are_shown_where_a_page_does_not_say(page: Page) -> None:
    page.goto("/live-views")
    click(page, "Start")
    expect(page.get_by_text("Executing", exact=True).first).to_be_visible()
    expect(page.get_by_text("one two three").first).to_be_visible()
    click(page, "Start batch")
    expect(page.get_by_role("row")).not_to_have_count(0)
    click(page, "Finish")
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
