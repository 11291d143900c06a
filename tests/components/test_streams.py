"""Streams as a page shows them, while a run writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

VIEWS = ("plain", "markdown", "log")
CARET = """(view) => {
  const written = view.querySelector(".realtime-caret");
  const ends = [written, ...written.querySelectorAll("*")];
  return ends.some((end) => getComputedStyle(end, "::after").content !== "none");
}"""

# What is made of a list is kept with its line; see `lines.js`.
COUNT_LINES = """
  window.lines = new Set();
  const { set } = WeakMap.prototype;
  WeakMap.prototype.set = function (key, value) {
    if (value?.line) window.lines.add(value.line);
    return set.call(this, key, value);
  };
"""


@pytest.fixture
def streams(page: Page) -> Iterator[Page]:
    """The page, with a run that writes when a button says so."""
    start(page)
    yield page
    press(page, "Finish")


def start(page: Page) -> None:
    page.goto("/streams")
    press(page, "Start")
    expect(region(page, "plain")).to_have_text("Waiting for the first words")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def region(page: Page, view: str) -> Locator:
    """What scrolls in a view."""
    return page.locator(f"#{view}").get_by_role("log")


def write(page: Page, parts: int, last: int) -> None:
    """Have the run write so many parts, and wait for the last line."""
    press(page, f"Write {parts}")
    expect(page.locator("#last")).to_have_text(f"Line {last}")


def wait_for_end(page: Page, view: str) -> None:
    """Wait until a view is scrolled to its end."""
    is_at_end = "r => r.scrollHeight - r.clientHeight - r.scrollTop < 2"
    page.wait_for_function(is_at_end, arg=region(page, view).element_handle())


def scroll_up(page: Page, view: str) -> None:
    region(page, view).hover()
    page.mouse.wheel(0, -400)
    expect(jump(page, view)).to_be_visible()


def jump(page: Page, view: str) -> Locator:
    return page.locator(f"#{view}").get_by_role("button", name="Jump to the end")


def boxes(page: Page) -> list[Any]:
    return [page.locator(f"#{view}").bounding_box() for view in VIEWS]


def test_before_a_run_each_view_says_that_there_is_nothing(page: Page) -> None:
    page.goto("/streams")
    for view in (*VIEWS, "text-log"):
        expect(region(page, view)).to_have_text("Nothing here yet")


def test_a_text_is_shown_as_it_is_and_as_markdown(streams: Page) -> None:
    write(streams, 5, 4)
    plain, markdown = region(streams, "plain"), region(streams, "markdown")
    expect(plain).to_contain_text("The sea *rises* and falls **twice** a day:")
    expect(markdown.get_by_role("heading", name="Tides")).to_be_visible()
    expect(markdown.locator("p")).to_have_text("The sea rises and falls twice a day:")
    expect(markdown.get_by_role("listitem")).to_have_count(2)
    expect(markdown.locator("pre")).to_have_text("hours = 12.42\n\nprint(hours)")
    expect(markdown.get_by_role("cell")).to_have_text(["Bay of Fundy", "16"])


@pytest.mark.parametrize(("view", "block"), [("plain", ".realtime-plain"), ("markdown", "h2")])
def test_what_stands_there_stays_when_more_is_written(streams: Page, view: str, block: str) -> None:
    write(streams, 50, 49)
    first = region(streams, view).locator(block).first
    first.evaluate("(block) => (block.stays = true)")
    write(streams, 50, 99)
    assert first.evaluate("(block) => block.stays")


def test_a_log_has_only_the_lines_in_view_in_the_document(streams: Page) -> None:
    write(streams, 500, 499)
    lines = region(streams, "log").locator(".realtime-line")
    expect(lines.last).to_contain_text("Error")
    expect(lines.last).to_contain_text("Line 499")
    assert lines.count() < 50


@pytest.mark.parametrize("view", VIEWS)
def test_the_end_is_followed_unless_the_reader_has_scrolled_up(streams: Page, view: str) -> None:
    write(streams, 50, 49)
    wait_for_end(streams, view)
    expect(jump(streams, view)).to_be_hidden()
    scroll_up(streams, view)
    before = region(streams, view).evaluate("region => region.scrollTop")
    write(streams, 5, 54)
    assert region(streams, view).evaluate("region => region.scrollTop") == before
    jump(streams, view).click()
    expect(jump(streams, view)).to_be_hidden()
    expect(region(streams, view)).to_be_focused()
    write(streams, 5, 59)
    wait_for_end(streams, view)


@pytest.mark.parametrize("view", VIEWS)
def test_the_end_stays_in_view_when_a_view_gets_another_size(streams: Page, view: str) -> None:
    write(streams, 50, 49)
    wait_for_end(streams, view)
    press(streams, "Fail")
    expect(streams.locator(f"#{view}").get_by_role("status")).to_contain_text("The pen broke.")
    wait_for_end(streams, view)
    streams.set_viewport_size({"width": 390, "height": 844})
    wait_for_end(streams, view)
    expect(jump(streams, view)).to_be_hidden()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_scrolled_with_the_keyboard(streams: Page, view: str) -> None:
    write(streams, 50, 49)
    region(streams, view).focus()
    streams.keyboard.press("Home")
    expect(jump(streams, view)).to_be_visible()
    streams.keyboard.press("End")
    expect(jump(streams, view)).to_be_hidden()


def test_lines_are_filtered_by_level(streams: Page) -> None:
    write(streams, 50, 49)
    log = streams.locator("#log")
    for level in ("Debug", "Info", "Error"):
        log.get_by_role("button", name=level).click()
    expect(log.get_by_role("button", name="Debug 13")).to_have_attribute("aria-pressed", "false")
    expect(log.get_by_role("button", name="Warning 12")).to_have_attribute("aria-pressed", "true")
    lines = region(streams, "log").locator(".realtime-line")
    expect(lines).to_have_count(12)
    expect(lines.last).to_contain_text("Line 46")
    write(streams, 5, 54)
    expect(lines.last).to_contain_text("Line 54")
    log.get_by_role("button", name="Warning 14").click()
    expect(region(streams, "log")).to_have_text("No line of these levels")


def test_nothing_moves_around_a_view_while_it_grows(streams: Page) -> None:
    before = boxes(streams)
    write(streams, 50, 49)
    press(streams, "Fail")
    expect(streams.locator("#log").get_by_role("status")).to_contain_text("The pen broke.")
    assert boxes(streams) == before


def test_a_caret_stands_at_the_end_while_the_run_writes(streams: Page) -> None:
    write(streams, 1, 0)
    for view in ("plain", "markdown"):
        assert streams.locator(f"#{view}").evaluate(CARET)
        expect(region(streams, view)).to_have_attribute("aria-busy", "true")
    press(streams, "Finish")
    for view in ("plain", "markdown"):
        expect(region(streams, view)).to_have_attribute("aria-busy", "false")
        expect(streams.locator(f"#{view} .realtime-caret")).to_have_count(0)


def test_the_end_of_a_stream_is_said_once_and_its_growth_is_not(streams: Page) -> None:
    write(streams, 5, 4)
    expect(region(streams, "plain")).to_have_attribute("aria-live", "off")
    status = streams.locator("#markdown").get_by_role("status")
    expect(status).to_have_text("")
    press(streams, "Finish")
    expect(status).to_have_text("As markdown: complete")


def test_a_run_that_wrote_nothing_is_said_to(streams: Page) -> None:
    press(streams, "Finish")
    expect(region(streams, "plain")).to_have_text("The run wrote nothing")


def test_a_run_that_failed_is_said_to_and_its_text_stays(streams: Page) -> None:
    write(streams, 5, 4)
    press(streams, "Fail")
    status = streams.locator("#plain").get_by_role("status")
    expect(status).to_contain_text("The run failed. The pen broke.")
    expect(region(streams, "plain")).to_contain_text("Tides")


def test_a_completed_run_is_told(streams: Page) -> None:
    press(streams, "Finish")
    expect(streams.locator("#completed")).to_contain_text("run_")


def test_a_page_that_is_loaded_anew_shows_the_same(streams: Page) -> None:
    write(streams, 50, 49)
    shown = region(streams, "plain").inner_text()
    streams.reload()
    expect(streams.locator("#last")).to_have_text("Line 49")
    assert region(streams, "plain").inner_text() == shown
    wait_for_end(streams, "log")


def test_what_is_made_of_a_stream_goes_on_where_it_ended(page: Page) -> None:
    page.add_init_script(COUNT_LINES)
    start(page)
    write(page, 50, 49)
    before = page.evaluate("window.lines.size")
    assert before > 0
    for last in (54, 59, 64):
        write(page, 5, last)
    assert page.evaluate("window.lines.size") == before
    press(page, "Finish")


def test_reductions_grow_with_the_stream(streams: Page) -> None:
    write(streams, 5, 4)
    write(streams, 50, 54)
    expect(streams.locator("#joined")).to_have_text(" ".join(map(str, range(55))))
    expect(streams.locator("#calls > *")).to_have_text([f"tool {n}" for n in range(9, 55, 10)])
