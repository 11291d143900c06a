"""What the README points to exists, and its hello world runs as it is printed there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.reflex_app import CHROMIUM_ARGUMENTS, REFLEX, find_chromium, reflex_environment, running

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"<!-- hello-world -->\s*```python\n(.*?)```", re.DOTALL)


def hello_world() -> str:
    """Return the app that the README prints."""
    found = BLOCK.search(README.read_text())
    assert found, "README.md has no Python block after <!-- hello-world -->"
    return found.group(1)


def test_every_file_that_the_readme_points_to_exists():
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", README.read_text())
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []


def test_the_hello_world_has_fewer_than_thirty_lines():
    assert len(hello_world().splitlines()) < 30


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_the_hello_world_follows_a_run_to_its_end(tmp_path: Path):
    # `reflex init`, then the app in the place of the one that it made: what a reader does.
    init = [REFLEX, "init", "--name", "hello", "--template", "blank", "--no-agents"]
    subprocess.run(init, cwd=tmp_path, env=reflex_environment(), check=True)
    (tmp_path / "hello" / "hello.py").write_text(hello_world())

    with running(tmp_path) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page()
        page.goto(url)
        page.get_by_role("button", name="Count").click()
        expect(page.get_by_role("status", name="Run status")).to_have_text(
            "Completed", timeout=30_000
        )
        expect(page.get_by_text("41538")).to_be_visible()
        browser.close()
