"""A button that copies a value."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.components.look.boxes import HIDDEN


class CopyButton(rx.Component):
    """Copies a value, and shows for a moment that it has."""

    tag: str | None = "CopyButton"

    value: rx.Var[Any]
    label: rx.Var[str]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        library = rx.asset("CopyButton.jsx", shared=True).importable_path
        return {library: rx.ImportVar(tag=self.tag)}


def copy_button(value: Any, label: str, **props: Any) -> rx.Component:
    """A button that copies a value.

    Args:
        value: The var of a text, or of what is copied as JSON; without one it is disabled.
        label: What it copies, as it is read aloud.
        **props: Props of the button.

    Returns:
        The button.
    """
    hidden = {"aria-hidden": "true"}
    return CopyButton.create(
        rx.icon("copy", size=14, custom_attrs=hidden),
        rx.icon("check", size=14, custom_attrs=hidden),
        value=value,
        label=label,
        **{**_STYLE, **props},
    )


_STYLE: Final[dict[str, Any]] = {
    "display": "inline-flex",
    "align_items": "center",
    "justify_content": "center",
    "width": "1.5rem",
    "height": "1.5rem",
    "flex_shrink": "0",
    "border": "none",
    "border_radius": "var(--radius-2)",
    "background": "transparent",
    "color": rx.color("gray", 11),
    "cursor": "pointer",
    "_hover": {"background": rx.color("gray", 4)},
    "_disabled": {"opacity": "0.4", "cursor": "default"},
    "_focus_visible": {"outline": f"2px solid {rx.color('accent', 8)}"},
    "& [role='status']": HIDDEN,
}
