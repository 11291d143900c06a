"""Where a page imports the code of these components from."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.patches.browser import lines_library

_FILES: Final = ("blocks.js", "lines.js", "plain.jsx", "reductions.js", "streaming.jsx")


def library(file: str) -> str:
    """Put the code among the app's assets, when the app is compiled.

    Args:
        file: The file that the page imports.

    Returns:
        What it imports it by.
    """
    lines_library()
    for shared in _FILES:
        rx.asset(shared, shared=True)
    return rx.asset(file, shared=True).importable_path


def imported(file: str, tag: str | None) -> dict[str, Any]:
    """The import of one name.

    Args:
        file: The file that has it.
        tag: The name.
    """
    return {library(file): [rx.ImportVar(tag=tag)]}
