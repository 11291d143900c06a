"""The gallery's pages: one for each component, and one with all of them."""

import reflex as rx

from example_app.gallery.entry import Entry, still_grid
from example_app.views.cards import card
from example_app.views.layout import layout


def component_page(entry: Entry) -> rx.Component:
    """The page of a component.

    Args:
        entry: The component.

    Returns:
        Its states side by side, then a live one.
    """
    return layout(
        entry.route,
        entry.name,
        entry.lead,
        entry.state,
        card("Live", entry.controls(), rx.box(entry.live(), id="live", width="100%")),
        _code(entry.code),
        card("Each state", still_grid(entry)),
    )


def overview(entries: list[Entry]) -> rx.Component:
    """The page that leads to all components.

    Args:
        entries: The components.

    Returns:
        The page.
    """
    return layout(
        "/gallery",
        "Gallery",
        "The components of the library: each takes a state class, or a var, and shows what is "
        "going on. Each has a page with all its states and a live run.",
        None,
        rx.grid(
            *[_preview(entry) for entry in entries],
            grid_template_columns="repeat(auto-fill, minmax(min(100%, 17rem), 1fr))",
            spacing="4",
        ),
    )


def _preview(entry: Entry) -> rx.Component:
    return rx.card(
        rx.link(
            rx.flex(
                rx.icon(entry.icon, size=18, flex_shrink="0"),
                rx.code(entry.name, variant="ghost"),
                align="center",
                spacing="2",
            ),
            href=entry.route,
        ),
        rx.text(entry.lead, size="2", color=rx.color("gray", 11), margin_top="0.5rem"),
    )


def _code(code: str) -> rx.Component:
    return rx.el.pre(
        code,
        font_size="var(--font-size-1)",
        overflow_x="auto",
        padding="1rem",
        border_radius="var(--radius-3)",
        background=rx.color("gray", 3),
        color=rx.color("gray", 12),
        tab_index=0,
    )
