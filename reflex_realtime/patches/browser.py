"""The component that merges patches in the browser."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import reflex as rx

PRIORITY: Final = 95
"""Where it stands in the page: inside of Reflex's store (100), outside of its socket (90)."""


class RealtimePatches(rx.Component):
    """Renders what is inside of it, and merges the patches of the vars that are shown there."""

    tag: str | None = "RealtimePatches"

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        rx.asset("patches.js", shared=True)
        lines_library()
        library = rx.asset("RealtimePatches.jsx", shared=True).importable_path
        return {library: rx.ImportVar(tag=self.tag)}


def lines_library() -> str:
    """Where a page imports the lines of lists from; put there when the app is compiled."""
    return rx.asset("lines.js", shared=True).importable_path


@cache
def merging_component() -> RealtimePatches:
    """The component, the same one for all vars: a page needs it once."""
    return RealtimePatches.create()
