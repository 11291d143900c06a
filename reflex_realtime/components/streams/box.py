"""The box that a stream is shown in, and how what is in it looks."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.components.look.boxes import HIDDEN

_HEIGHT: Final = "20rem"

STYLE: Final[dict[str, Any]] = {
    "display": "flex",
    "flex_direction": "column",
    "position": "relative",
    "overflow": "hidden",
    "width": "100%",
    "border": f"1px solid {rx.color('gray', 5)}",
    "border_radius": "var(--radius-3)",
    "background": "var(--color-panel-solid)",
    "color": rx.color("gray", 12),
    "& .realtime-stage": {
        "position": "relative",
        "display": "flex",
        "flex_direction": "column",
        "flex": "1 1 auto",
        "min_height": "0",
    },
    "& .realtime-region": {
        "flex": "1 1 auto",
        "min_height": "0",
        "overflow": "auto",
        # What follows the end must not be moved by the browser as well.
        "overflow_anchor": "none",
    },
    "& .realtime-region:focus-visible": {
        "outline": f"2px solid {rx.color('accent', 8)}",
        "outline_offset": "-2px",
    },
    "& .realtime-empty": {
        "margin": "0",
        "padding": "2rem 1rem",
        "text_align": "center",
        "font_size": "var(--font-size-2)",
        "color": rx.color("gray", 11),
    },
    "& .realtime-jump": {
        "position": "absolute",
        "bottom": "0.75rem",
        "left": "50%",
        "transform": "translateX(-50%)",
        "box_shadow": "var(--shadow-4)",
    },
    "& .realtime-hidden": HIDDEN,
}
"""The style of the box."""


def stream_box(component: rx.Component, style: dict[str, Any], props: dict[str, Any]) -> Any:
    """The box around a view of a stream.

    Args:
        component: The view.
        style: How what is in it looks.
        props: The props that the page gives: they are of the box. Without a height among them
            the box has one, so that nothing moves while the stream grows.

    Returns:
        The box.
    """
    sizes = {"height", "max_height", "flex", "flex_grow", "style"}
    height = {} if sizes & props.keys() else {"height": _HEIGHT}
    return rx.box(component, **{**STYLE, **style, **height, **props})
