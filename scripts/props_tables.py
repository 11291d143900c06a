"""Writes the tables of props in docs/components, from the docstrings.

A page whose last section is `## Props` gets a table for each component that its title names.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from reflex_realtime import components

PAGES = Path(__file__).parents[1] / "docs" / "components"
HEADING = "## Props\n"
ARGUMENT = re.compile(r"^(\*{0,2}\w+): ", re.MULTILINE)


def with_props(page: str) -> str:
    """A page with the tables of the components that its title names, where it has a place."""
    if HEADING not in page:
        return page
    names = page.partition("\n")[0].removeprefix("# ").split(", ")
    sections = [table(getattr(components, name)) for name in names]
    if len(names) > 1:
        pairs = zip(names, sections, strict=True)
        sections = [f"### {name}\n\n{section}" for name, section in pairs]
    return page.partition(HEADING)[0] + "\n".join([HEADING, *sections])


def table(component: Any) -> str:
    """The parameters of a function as a table."""
    rows = [
        f"| `{name}` | {default(component, name)} | {text.replace('|', chr(92) + '|')} |"
        for name, text in arguments(inspect.getdoc(component) or "")
    ]
    return "\n".join(["| prop | default | |", "| --- | --- | --- |", *rows, ""])


def arguments(docstring: str) -> list[tuple[str, str]]:
    """The names and texts of the `Args` section of a docstring."""
    section = docstring.partition("\nArgs:\n")[2]
    section = re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0]
    parts = ARGUMENT.split(inspect.cleandoc(section))[1:]
    return [
        (name, " ".join(text.split())) for name, text in zip(parts[::2], parts[1::2], strict=True)
    ]


def default(component: Any, name: str) -> str:
    """A parameter's default as code; empty where it has none."""
    value = inspect.signature(component).parameters[name.lstrip("*")].default
    return "" if value is inspect.Parameter.empty else f"`{value!r}`"


if __name__ == "__main__":
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(with_props(path.read_text()))
