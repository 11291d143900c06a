"""Timelines of a run and of a set, in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def begun(page: Page) -> Page:
    page.goto("/run-timeline")
    page.get_by_role("button", name="Begin").click()
    return page


def fact(page: Page, term: str) -> Locator:
    """What is said of a run in words."""
    return page.locator("#one dl > div", has=page.get_by_text(term, exact=True)).locator("dd")


def names_of_phases(bar: Locator) -> list[str | None]:
    return [phase.get_attribute("data-phase") for phase in bar.locator("[data-phase]").all()]


def test_a_page_without_a_run_says_so(page: Page) -> None:
    page.goto("/run-timeline")
    expect(page.locator("#one").get_by_role("img", name="No run yet")).to_be_visible()
    expect(fact(page, "Executing")).to_have_text("\N{EN DASH}")
    expect(page.locator("#set")).to_contain_text("No runs yet.")


def test_a_run_that_goes_on_grows_and_says_for_how_long(page: Page) -> None:
    begun(page)
    expect(fact(page, "Queued")).to_have_text("3.0 s")
    expect(fact(page, "Executing")).to_have_text(re.compile(r"[3-9] s"))
    executing = page.locator("#one [data-phase=executing]")
    box = executing.bounding_box()
    assert box
    page.wait_for_function(
        "width => document.querySelector('#one [data-phase=executing]').offsetWidth > width",
        arg=box["width"] + 1,
    )
    assert names_of_phases(page.locator("#one")) == ["queued", "executing"]


def test_a_wait_is_a_phase_of_its_own(page: Page) -> None:
    begun(page)
    expect(page.locator("#one [data-phase=executing]")).to_be_visible()
    page.get_by_role("button", name="Wait").click()
    expect(fact(page, "Waiting")).to_have_text(re.compile(r"\d s"))
    assert names_of_phases(page.locator("#one")) == ["queued", "executing", "waiting"]


def test_the_bars_of_a_set_grow_without_being_rendered(page: Page) -> None:
    begun(page)
    name = page.locator("#set tbody th")
    rendered = name.inner_text()
    box = page.locator("#set [data-phase=executing]").bounding_box()
    assert box
    page.wait_for_function(
        "width => document.querySelector('#set [data-phase=executing]').offsetWidth > width",
        arg=box["width"] + 1,
    )
    assert name.inner_text() == rendered


def test_only_the_bars_in_view_are_in_the_page_and_each_has_its_text(page: Page) -> None:
    page.goto("/run-timeline")
    page.get_by_role("button", name="Fill").click()
    expect(page.locator("#set table")).to_have_attribute("aria-rowcount", "501")
    assert page.locator("#set tbody tr").count() < 40
    bar = page.locator("#set").get_by_role("img", name="executing for 1.0 s, status Completed")
    expect(bar.first).to_be_visible()


def test_keys_lead_from_bar_to_bar_and_the_focus_shows_its_text(page: Page) -> None:
    page.goto("/run-timeline")
    page.get_by_role("button", name="Fill").click()
    page.locator("#set [data-index='0']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#set [data-index='1']")).to_be_focused()
    expect(page.get_by_role("tooltip")).to_contain_text("task-1 run_001: queued for 2.0 s")
    page.keyboard.press("End")
    expect(page.locator("#set [data-index='499']")).to_be_focused()
