"""The part of what shows runs that is written for the browser."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.components.look.formats import formats_library

_FILES: Final = (
    *("counts.js", "rows.js", "timeline.js", "useRows.js", "RunBar.jsx"),
    *("progress.css", "rows.css", "table.css", "timeline.css"),
)


class BrowserComponent(rx.Component):
    """A component of the file that is named like its tag.

    Attributes:
        label: What it is called to those who don't see it.
    """

    label: rx.Var[str]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        formats_library()
        for file in _FILES:
            library(file)
        return {library(f"{self.tag}.jsx"): rx.ImportVar(tag=self.tag)}


def library(file: str) -> str:
    """Where a page imports a file from, which is put there when the app is compiled."""
    return rx.asset(file, shared=True).importable_path
