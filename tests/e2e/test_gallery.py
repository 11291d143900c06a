"""The components in each of their states: they look as they should, and axe finds no fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

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


@pytest.mark.parametrize("entry", [ENTRIES[0]], indirect=True, ids=[ENTRIES[0].name])
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
