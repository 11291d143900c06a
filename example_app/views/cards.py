"""Cards: a titled section, figures, an error, an empty place, a piece of source."""

from collections.abc import Callable
from inspect import getsource
from typing import Any

import reflex as rx

SIZE = rx.breakpoints(initial="2", sm="3")
"""The size of a card: on a phone it leaves more room for what is in it."""


def card(title: str, *children: rx.Component, **props: Any) -> rx.Component:
    """A section with a heading.

    Args:
        title: The heading.
        *children: What is in it, from top to bottom.
        **props: Props of the card.

    Returns:
        The card.
    """
    return rx.card(
        rx.flex(
            rx.heading(title, size="3", as_="h2"),
            *children,
            direction="column",
            spacing="3",
        ),
        size=SIZE,
        width="100%",
        **props,
    )


def one_line(text: Any, **props: Any) -> rx.Component:
    """Text that is cut off at the end of its line.

    Args:
        text: The text.
        **props: Props of the text.

    Returns:
        The text.
    """
    return rx.text(text, overflow="hidden", text_overflow="ellipsis", white_space="nowrap", **props)


def figure(label: str, value: Any) -> rx.Component:
    """A number with its label.

    Args:
        label: What is counted.
        value: The formatted number.

    Returns:
        The figure.
    """
    return rx.box(
        rx.text(label, size="1", color=rx.color("gray", 11)),
        rx.text(value, size="5", weight="medium", white_space="nowrap"),
    )


def figures(*children: rx.Component, **props: Any) -> rx.Component:
    """Figures side by side, as many as fit.

    Args:
        *children: The figures.
        **props: Props of the grid.

    Returns:
        The grid.
    """
    columns = "repeat(auto-fill, minmax(max(5rem, 14%), 1fr))"
    return rx.grid(*children, grid_template_columns=columns, spacing="4", width="100%", **props)


def empty(icon: str, message: str, **props: Any) -> rx.Component:
    """What stands where nothing is yet.

    Args:
        icon: An icon's name.
        message: What will be here, and how it gets here.
        **props: Props of the box.

    Returns:
        The placeholder.
    """
    return rx.center(
        rx.icon(icon, size=28, color=rx.color("gray", 8)),
        rx.text(message, size="2", color=rx.color("gray", 11), align="center", max_width="40ch"),
        direction="column",
        spacing="2",
        width="100%",
        **props,
    )


def source(*shown: type | Callable[..., Any]) -> rx.Component:
    """The source of what makes a page work, folded away.

    Args:
        *shown: The classes and functions to show.

    Returns:
        The source.
    """
    return rx.el.details(
        rx.el.summary(
            "The code behind this page", cursor="pointer", font_size="var(--font-size-2)"
        ),
        rx.el.pre(
            "\n\n".join(getsource(item).rstrip() for item in shown),
            font_size="var(--font-size-1)",
            overflow_x="auto",
            padding="1rem",
            margin_top="0.75rem",
            border_radius="var(--radius-3)",
            background=rx.color("gray", 3),
        ),
        color=rx.color("gray", 11),
    )
