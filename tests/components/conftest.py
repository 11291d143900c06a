"""The app in `app`, built for production once for all tests, and a page of Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.chromium import chromium, faultless_page
from tests.reflex_app import running

HERE = Path(__file__).parent
DESKTOP = ViewportSize(width=1280, height=900)

# Building the app is part of the first test that asks for it.
TEST_TIMEOUT_SECONDS = 240


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder that look at the app."""
    for item in items:
        if HERE in item.path.parents and "app" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(TEST_TIMEOUT_SECONDS))


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app."""
    folder = tmp_path_factory.mktemp("components")
    shutil.copytree(HERE / "app", folder, dirs_exist_ok=True)
    with running(folder) as url:
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    """A page of a new visitor. The test fails if its console shows an error."""
    with faultless_page(browser, base_url=app, viewport=DESKTOP) as page:
        yield page
