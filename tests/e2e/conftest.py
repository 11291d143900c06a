"""The example app, built for production or served for development, and a page of Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.chromium import chromium, faultless_page
from tests.e2e.recorder import RECORDER
from tests.reflex_app import running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DESKTOP = ViewportSize(width=1280, height=900)

# Building the app is part of the first test that asks for it.
TEST_TIMEOUT_SECONDS = 240


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(TEST_TIMEOUT_SECONDS))


def run_example_app(folder: Path, mode: str) -> Iterator[str]:
    """Run the example app in a folder that keeps all it writes."""
    for name in ("example_app", "rxconfig.py"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "reflex.lock", folder / "reflex.lock")
    with running(folder, mode=mode) as url:
        yield url


@pytest.fixture(scope="package")
def prod_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the production build."""
    yield from run_example_app(tmp_path_factory.mktemp("prod"), "prod")


@pytest.fixture(scope="package")
def dev_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app in development, where React mounts everything twice."""
    yield from run_example_app(tmp_path_factory.mktemp("dev"), "dev")


@pytest.fixture
def app(request: pytest.FixtureRequest) -> str:
    """The address of the app in the mode that the test is parametrised with, or in production."""
    return request.getfixturevalue(f"{getattr(request, 'param', 'prod')}_app")


# Not for the whole session: while Playwright's loop runs, no other test could run one of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    """A page of a new visitor. The test fails if its console shows an error."""
    with faultless_page(browser, RECORDER, base_url=app, viewport=DESKTOP) as page:
        yield page
