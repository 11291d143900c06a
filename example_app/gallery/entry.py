"""An entry of the gallery: a component, its states side by side, and a live one."""

from collections.abc import Callable
from dataclasses import dataclass

import reflex as rx

from example_app.gallery.stage import Ensemble, Stage, run_controls


@dataclass(frozen=True, slots=True)
class Still:
    """A component in one state.

    Attributes:
        state: What it shows: `Empty`, `Executing`, `Disconnected`, ...
        component: The component in that state.
        wide: Whether it takes the whole width of the page.
    """

    state: str
    component: rx.Component
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A component's page.

    Attributes:
        name: What it is imported by.
        icon: The icon of its link.
        lead: What it is for, in a sentence.
        code: What `live` is written as in an app.
        stills: Makes the component in each of its states.
        live: Makes the component as it follows what the visitor starts.
        controls: Makes the buttons that start it.
        state: What follows it.
        column: How wide a still is at least.
    """

    name: str
    icon: str
    lead: str
    code: str
    stills: Callable[[], list[Still]]
    live: Callable[[], rx.Component]
    controls: Callable[[], rx.Component] = run_controls
    state: type[Stage | Ensemble] = Stage
    column: str = "19rem"

    @property
    def slug(self) -> str:
        """The name as a part of a URL."""
        return self.name.replace("_", "-")

    @property
    def route(self) -> str:
        """Where its page is."""
        return f"/gallery/{self.slug}"


def still_grid(entry: Entry) -> rx.Component:
    """The states of a component side by side, each under its name.

    Args:
        entry: The component.

    Returns:
        The grid.
    """
    columns = f"repeat(auto-fill, minmax(min(100%, {entry.column}), 1fr))"
    return rx.grid(
        *[_still(still) for still in entry.stills()],
        id="stills",
        grid_template_columns=columns,
        spacing="5",
        width="100%",
    )


def _still(still: Still) -> rx.Component:
    return rx.flex(
        rx.heading(still.state, size="1", as_="h3", weight="medium", color=rx.color("gray", 11)),
        still.component,
        direction="column",
        spacing="2",
        min_width="0",
        grid_column="1 / -1" if still.wide else "auto",
    )
