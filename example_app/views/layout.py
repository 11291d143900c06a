"""The frame around every page: navigation, heading, colour mode."""

from dataclasses import dataclass

import reflex as rx

from example_app.gallery.entries import ENTRIES
from example_app.server import IS_EMBEDDED
from reflex_realtime.components import connection_status
from reflex_realtime.states.subscription import SubscriptionState

WIDE = ["none", "none", "flex"]
NARROW = ["flex", "flex", "none"]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    route: str
    label: str
    icon: str


LINKS = [
    Link("/", "One run", "play"),
    Link("/assistant", "Assistant", "messages-square"),
    Link("/batch", "Batch", "layers"),
    Link("/files", "Upload", "file-up"),
    Link("/search", "Cancel", "ban"),
    Link("/dashboard", "Dashboard", "layout-dashboard"),
    Link("/errors", "Errors", "triangle-alert"),
]
GALLERY_LINKS = [
    Link("/gallery", "Gallery", "shapes"),
    *[Link(entry.route, entry.name, entry.icon) for entry in ENTRIES],
]
ALL_LINKS = [*LINKS, *GALLERY_LINKS]


def layout(
    route: str,
    title: str,
    lead: str,
    state: type[SubscriptionState] | None,
    *children: rx.Component,
) -> rx.Component:
    """A page in its frame.

    Args:
        route: Where the page is; its link is highlighted.
        title: The page's heading.
        lead: What the page shows, in a sentence or two.
        state: The state that the page shows; None where it shows none.
        *children: The page's content, from top to bottom.

    Returns:
        The page.
    """
    heading = rx.flex(
        rx.heading(
            title,
            size=rx.breakpoints(initial="5", sm="7"),
            as_="h1",
            overflow_wrap="anywhere",
        ),
        *([] if state is None else [connection_status(state, id="subscription-status")]),
        justify="between",
        align="center",
        wrap="wrap",
        spacing="3",
        min_height="2rem",
    )
    content = rx.flex(
        heading,
        rx.text(lead, color=rx.color("gray", 11), max_width="65ch"),
        *children,
        _where_tasks_run(),
        direction="column",
        spacing="4",
        padding=["1rem", "1.25rem", "2rem"],
        max_width="60rem",
        width="100%",
        margin_x="auto",
    )
    return rx.flex(
        _sidebar(route),
        rx.box(_top_bar(route), rx.el.main(content), flex="1", min_width="0"),
        min_height="100vh",
        background=rx.color("gray", 2),
        font_variant_numeric="tabular-nums",
    )


def _sidebar(route: str) -> rx.Component:
    return rx.flex(
        rx.el.header(rx.flex(_brand(), _color_mode(), justify="between", align="center")),
        rx.el.nav(
            rx.flex(
                *[_sidebar_link(link, route) for link in LINKS],
                rx.separator(size="4", margin_y="0.5rem"),
                *[_sidebar_link(link, route) for link in GALLERY_LINKS],
                direction="column",
                spacing="1",
            ),
            custom_attrs={"aria-label": "Pages"},
        ),
        display=WIDE,
        direction="column",
        spacing="5",
        width="17.5rem",
        flex_shrink="0",
        padding="1.25rem",
        height="100vh",
        overflow_y="auto",
        position="sticky",
        top="0",
        border_right=f"1px solid {rx.color('gray', 5)}",
        background=rx.color("gray", 1),
    )


def _sidebar_link(link: Link, route: str) -> rx.Component:
    current = link.route == route
    return rx.link(
        rx.flex(
            rx.icon(link.icon, size=18, flex_shrink="0"),
            rx.text.span(link.label, white_space="nowrap"),
            align="center",
            spacing="3",
        ),
        href=link.route,
        underline="none",
        color=rx.color("accent", 11) if current else rx.color("gray", 11),
        weight="medium" if current else "regular",
        background=rx.color("accent", 3) if current else "transparent",
        size="2",
        padding="0.25rem 0.75rem",
        border_radius="var(--radius-3)",
        custom_attrs={"aria-current": "page"} if current else {},
        _hover={"background": rx.color("accent", 3)},
    )


def _top_bar(route: str) -> rx.Component:
    menu = rx.menu.root(
        rx.menu.trigger(
            rx.icon_button(
                rx.icon("menu", size=18),
                variant="soft",
                id="open-menu",
                custom_attrs={"aria-label": "Pages"},
            )
        ),
        rx.menu.content(
            *[
                rx.menu.item(
                    rx.icon(link.icon, size=16),
                    link.label,
                    on_select=rx.redirect(link.route),
                    color_scheme="gray" if link.route != route else None,
                )
                for link in ALL_LINKS
            ],
            size="2",
        ),
    )
    return rx.el.header(
        _brand(),
        rx.flex(_color_mode(), menu, spacing="2", align="center"),
        display=NARROW,
        justify_content="space-between",
        align_items="center",
        padding="0.75rem 1rem",
        position="sticky",
        top="0",
        z_index="10",
        border_bottom=f"1px solid {rx.color('gray', 5)}",
        background=rx.color("gray", 1),
    )


def _color_mode() -> rx.Component:
    return rx.color_mode.button(size="2", custom_attrs={"aria-label": "Light or dark"})


def _brand() -> rx.Component:
    return rx.flex(
        rx.center(
            rx.icon("activity", size=16, color="white"),
            width="1.75rem",
            height="1.75rem",
            border_radius="var(--radius-3)",
            background=rx.color("accent", 9),
        ),
        rx.text("reflex-realtime", weight="bold", size="3", white_space="nowrap"),
        align="center",
        spacing="2",
    )


def _where_tasks_run() -> rx.Component:
    return rx.text(
        "The tasks run on the embedded development server, inside this app. "
        "Set TRIGGER_SECRET_KEY to use Trigger.dev instead."
        if IS_EMBEDDED
        else "The tasks run on Trigger.dev.",
        id="where-tasks-run",
        size="1",
        color=rx.color("gray", 11),
        padding_top="1rem",
    )
