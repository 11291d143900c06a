"""The components in each of their states: they look as they should, and axe finds no fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from example_app.gallery.entries import ENTRIES
from example_app.gallery.entry import Entry
from scripts.screenshots import MODES, WIDTHS, Mode, open_still, picture, show, still_page
from tests.e2e.actions import OVERFLOW
from tests.e2e.axe import faults
from tests.e2e.pictures import IS_UPDATE, difference, keep

each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module", params=ENTRIES, ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> Entry:
    """A component of the gallery."""
    return request.param


@pytest.fixture(scope="module")
def still(entry: Entry, prod_app: str, browser: Browser) -> Iterator[Page]:
    """Its page, at a moment that does not pass."""
    with still_page(browser, prod_app) as page:
        open_still(page, entry.route)
        yield page


BY_NAME = {entry.name: entry for entry in ENTRIES}


def of_entries(*names: str) -> pytest.MarkDecorator:
    """Let a test look at these components."""
    entries = [BY_NAME[name] for name in names]
    return pytest.mark.parametrize("entry", entries, indirect=True, ids=names)


def in_state(still: Page, state: str) -> Locator:
    """The component in one of its states."""
    heading = still.get_by_role("heading", name=state, exact=True)
    return still.locator("#stills > *", has=heading)


@each_mode
def test_axe_finds_no_fault_with_a_component(still: Page, mode: Mode):
    show(still, 1280, mode)

    assert faults(still, "main") == []


@each_mode
@pytest.mark.parametrize("width", WIDTHS)
def test_a_component_looks_as_its_picture(still: Page, entry: Entry, width: int, mode: Mode):
    show(still, width, mode)

    taken = picture(still.locator("#stills"))
    name = f"{entry.slug}-{width}-{mode}"
    if IS_UPDATE:
        keep(name, width, taken)

    assert difference(name, width, taken) == ""


def test_a_component_fits_the_width_of_a_phone(still: Page):
    show(still, min(WIDTHS), "light")

    assert still.evaluate(OVERFLOW) == 0


@of_entries("batch_progress", "runs_table", "run_timeline")
def test_what_shows_a_set_says_why_there_is_nothing(still: Page):
    expect(in_state(still, "Connecting")).to_contain_text("Loading runs")
    expect(in_state(still, "Refused")).to_contain_text("Not connected: There is no run")


@of_entries("batch_progress", "runs_table", "run_timeline")
def test_what_shows_a_set_says_that_it_may_be_out_of_date(still: Page):
    expect(in_state(still, "Disconnected")).to_contain_text("may be out of date")


@of_entries("batch_progress")
def test_nobody_is_told_how_long_it_takes_while_nobody_knows_how_far_it_is(still: Page):
    expect(in_state(still, "Half done")).to_contain_text("left")
    expect(in_state(still, "Disconnected")).not_to_contain_text("left")


@of_entries("run_json")
def test_what_has_yet_to_come_is_not_taken_for_nothing(still: Page):
    expect(in_state(still, "Connecting")).to_contain_text("Loading")
    expect(in_state(still, "No run")).to_contain_text("No payload.")


@of_entries(ENTRIES[0].name)
@pytest.mark.parametrize(
    "fault",
    ["#stills { padding-left: 40px }", "#stills > :nth-child(3) { visibility: hidden }"],
    ids=["moved", "missing"],
)
def test_a_broken_layout_is_noticed(still: Page, entry: Entry, fault: str):
    show(still, 1280, "light")
    style = still.add_style_tag(content=fault)
    taken = picture(still.locator("#stills"))
    style.evaluate("style => style.remove()")

    assert difference(f"{entry.slug}-1280-light", 1280, taken) != ""
