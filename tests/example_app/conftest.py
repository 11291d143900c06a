"""A small installed package, and a server that runs the example app's tasks on it."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from example_app import tasks
from example_app.packages import package_names
from example_app.server import server
from reflex_realtime.feeds import RealtimeClient
from tests.serving import serve

assert tasks, "importing the tasks registers them"

TIDES = {
    "__init__.py": '"""Predict the tides of a harbour."""\n\nimport math\n',
    "moon.py": '''
"""The moon pulls at the sea. The sea follows the moon with some delay."""

import math
from datetime import datetime


class Moon:
    """A moon that pulls at every sea it passes."""

    def phase(self, moment: datetime) -> float:
        """Say how much of the moon is lit at that moment."""
        if moment.year < 1900:
            return 0.0
        return math.sin(moment.day)
''',
    "broken.py": "def tide(:\n",
}


@pytest.fixture
def tides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The source folder of an installed package called `tides`."""
    site = tmp_path / "site"
    for name, code in TIDES.items():
        write(site / "tides" / name, code)
    write(site / "tides-1.0.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: tides\n")
    write(site / "tides-1.0.dist-info" / "top_level.txt", "tides\n")
    monkeypatch.syspath_prepend(site)
    importlib.invalidate_caches()
    package_names.cache_clear()
    yield site / "tides"
    package_names.cache_clear()


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealtimeClient]:
    """A client of a server that runs the tasks; uploads lie in a temporary folder."""
    monkeypatch.chdir(tmp_path)
    running = server.with_path(":memory:")
    async with serve(running) as base_url:
        yield RealtimeClient(access_token=running.secret_key, base_url=base_url)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
