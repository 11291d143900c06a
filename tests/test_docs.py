"""The Python examples of the documentation run as they are printed there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.props_tables import with_props

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMPONENT_PAGES = [page for page in PAGES if page.parent.name == "components"]
# The hello world has a test of its own, in a browser.
BLOCK = re.compile(r"(?<!<!-- hello-world -->\n)^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

# Rendering a page is what finds a misspelt attribute of a var.
RENDER_ALL_PAGES = """
import reflex as rx
for name, page in list(vars().items()):
    if getattr(page, "__annotations__", {}).get("return") is rx.Component:
        page().render()
"""

RUN_THE_TASK = """
import asyncio
from tests.serving import serve
async def main():
    server = DevServer(":memory:")
    server.task("count-words")(count_words)
    async with serve(server) as url:
        await count(url, server.secret_key)
asyncio.run(main())
"""


def examples(page: Path) -> str:
    """All Python blocks of a page, as one module."""
    return "\n".join(BLOCK.findall(page.read_text()))


def run(code: str, folder: Path) -> str:
    """Run code in a process and a folder of its own; return what it printed."""
    script = folder / "example.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script],
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "REFLEX_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_run(page: Path, tmp_path: Path) -> None:
    run(examples(page) + RENDER_ALL_PAGES, tmp_path)


def test_the_task_of_the_documentation_counts_words(tmp_path: Path) -> None:
    code = examples(ROOT / "docs" / "devserver.md") + RUN_THE_TASK
    assert "COMPLETED {'to': 2, 'be': 2, 'or': 1, 'not': 1}" in run(code, tmp_path)


@pytest.mark.parametrize("page", COMPONENT_PAGES, ids=lambda page: page.stem)
def test_the_tables_of_props_say_what_the_docstrings_say(page: Path) -> None:
    assert with_props(page.read_text()) == page.read_text(), "run scripts/props_tables.py"
