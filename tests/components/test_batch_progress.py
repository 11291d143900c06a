"""The progress of a set of runs, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def progress(page: Page) -> Page:
    page.goto("/batch-progress")
    page.get_by_role("button", name="Fill").click()
    expect(page.get_by_text("94 of 100 finished")).to_be_visible()
    return page


def test_nothing_is_finished_where_there_are_no_runs(page: Page) -> None:
    page.goto("/batch-progress")
    expect(page.get_by_text("0 of 0 finished")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "0")


def test_statuses_are_counted_in_words_and_numbers(progress: Page) -> None:
    counts = ["Queued 0", "Executing 6", "Waiting 0", "Completed 85", "Failed 9", "Cancelled 0"]
    expect(progress.get_by_role("listitem")).to_have_text(counts)


def test_each_status_has_its_share_of_the_bar(progress: Page) -> None:
    progress.emulate_media(reduced_motion="reduce")
    bar = progress.get_by_role("progressbar")
    whole = bar.evaluate("bar => bar.offsetWidth")
    widths = [part.evaluate("part => part.offsetWidth") for part in bar.locator("span").all()]
    shares = [round(100 * width / whole) for width in widths]
    assert shares == [85, 9, 0, 0, 6, 0]


def test_what_is_read_aloud_changes_in_steps(progress: Page) -> None:
    bar = progress.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuetext", "90 percent of the runs have finished")
    progress.get_by_role("button", name="Finish").click()
    expect(bar).to_have_attribute("aria-valuetext", "100 percent of the runs have finished")


def test_the_time_left_ticks_and_goes_when_all_have_finished(progress: Page) -> None:
    left = progress.get_by_text(re.compile("^about "))
    expect(left).to_have_text("about 6 s left")
    expect(left).to_have_text("about 5 s left")
    progress.get_by_role("button", name="Finish").click()
    expect(left).to_have_count(0)
