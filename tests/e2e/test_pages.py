"""Axe finds nothing wrong with the pages of the example app, as they are at first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from example_app.views.layout import ALL_LINKS
from scripts.screenshots import MODES, Mode, open_still, show, still_page
from tests.e2e.axe import faults

ROUTES = [
    *[link.route for link in ALL_LINKS if not link.route.startswith("/gallery/")],
    "/runs/run_doesnotexist",
]


@pytest.fixture(scope="module", params=ROUTES)
def still(request: pytest.FixtureRequest, prod_app: str, browser: Browser) -> Iterator[Page]:
    """The page of a route."""
    with still_page(browser, prod_app) as page:
        open_still(page, request.param)
        yield page


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_no_fault_on_a_page(still: Page, mode: Mode):
    show(still, 1280, mode)

    assert faults(still) == []
