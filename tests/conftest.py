"""What every test starts from: no credential, no app-wide defaults, the same examples each run.

And the order of the tests, which is for those that run side by side.
"""

from __future__ import annotations

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by their folders."""
    items.sort(key=lambda item: _rank(item.path.relative_to(HERE).parts[0]))


def _rank(folder: str) -> int:
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


@pytest.fixture(scope="session", autouse=True)
def environment_without_credentials() -> Iterator[None]:
    """Keep the tests from ever using a credential that the developer's shell holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TRIGGER_")]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a test told `configure()`."""
    monkeypatch.setattr(options, "_configured", {})
