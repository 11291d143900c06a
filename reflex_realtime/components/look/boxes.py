"""Boxes that several components are made of."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

HIDDEN: Final = {
    "position": "absolute",
    "width": "1px",
    "height": "1px",
    "overflow": "hidden",
    "clip_path": "inset(50%)",
    "white_space": "nowrap",
}
"""The style of what is read aloud and not shown."""


def one_line(text: Any, **props: Any) -> rx.Component:
    """Text that is cut off at the end of its line.

    Args:
        text: The text.
        **props: Props of the text.

    Returns:
        The text.
    """
    cut_off = {"overflow": "hidden", "text_overflow": "ellipsis", "white_space": "nowrap"}
    return rx.text(text, **{**cut_off, "min_width": "0", **props})


def empty(icon: str, message: Any, **props: Any) -> rx.Component:
    """What stands where nothing is yet.

    Args:
        icon: The name of a lucide icon.
        message: What will be here, in a few words.
        **props: Props of the box.

    Returns:
        The placeholder.
    """
    return rx.center(
        rx.icon(icon, size=24, color=rx.color("gray", 8), custom_attrs={"aria-hidden": "true"}),
        rx.text(message, size="2", color=rx.color("gray", 11), align="center", max_width="40ch"),
        **{"direction": "column", "spacing": "2", "width": "100%", "padding": "1rem", **props},
    )
