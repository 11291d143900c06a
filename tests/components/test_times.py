"""Times and durations as a browser shows them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def times(page: Page) -> Page:
    page.goto("/times")
    return page


def test_there_is_a_dash_before_anything_began(times: Page) -> None:
    for name in ("time", "elapsed", "left", "duration"):
        expect(times.locator(f"#{name}")).to_have_text("\N{EN DASH}")


def test_a_duration_ticks_while_it_goes_on_and_is_exact_when_it_has_ended(times: Page) -> None:
    times.get_by_role("button", name="Begin").click()
    for seconds in (2, 3):
        expect(times.locator("#elapsed")).to_have_text(f"1 min 0{seconds} s")
    times.get_by_role("button", name="End").click()
    expect(times.locator("#elapsed")).to_have_text("1 min 02 s")
    expect(times.locator("#duration")).to_have_text("1 min 02 s")


def test_what_is_left_ticks_down_and_ends_as_a_dash(times: Page) -> None:
    times.get_by_role("button", name="Begin").click()
    for seconds in (29, 28):
        expect(times.locator("#left")).to_have_text(f"{seconds} s")
    times.get_by_role("button", name="End").click()
    expect(times.locator("#left")).to_have_text("\N{EN DASH}")


def test_a_time_is_shown_by_the_visitors_clock_and_read_by_machines(times: Page) -> None:
    times.get_by_role("button", name="Begin").click()
    expect(times.locator("#time")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    moment = times.locator("#time").get_attribute("datetime")
    assert moment
    assert times.evaluate("moment => Date.now() - Date.parse(moment) < 100_000", moment)
