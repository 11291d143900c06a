"""What every test starts from: no credential, no app-wide defaults, the same examples each run.

And the order and the groups of the tests, which are for those that run side by side.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reflex_realtime import options

# Reproducible on every machine; the time that one example takes depends on what else runs there.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")

HERE = Path(__file__).parent
LONGEST = ("e2e", "components", "states", "conformance")
"""The folders whose tests take longest. They come first, so that no process waits at the end."""

SHARING_AN_APP = ("e2e", "components")
"""The folders whose tests look at one app, which takes long to build."""

WITH_APPS_OF_THEIR_OWN = ("test_credentials", "test_lifecycle", "test_on_complete")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by their folders; let those that share an app run in one process."""
    items.sort(key=lambda item: _rank(item.path.relative_to(HERE).parts[0]))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path)))


def _group(path: Path) -> str:
    place = path.relative_to(HERE)
    shares = place.parts[0] in SHARING_AN_APP and path.stem not in WITH_APPS_OF_THEIR_OWN
    return place.parts[0] if shares else str(place)


def _rank(folder: str) -> int:
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


@pytest.fixture(scope="session", autouse=True)
def environment_without_credentials() -> Iterator[None]:
    """Keep the tests from ever using a credential that the developer's shell holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TRIGGER_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="module", autouse=True)
def leftovers() -> Iterator[None]:
    """Keep what a module leaves in memory from being searched for garbage by all that follow."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a test told `configure()`."""
    monkeypatch.setattr(options, "_configured", {})
