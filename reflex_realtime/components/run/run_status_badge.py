"""`run_status_badge`: where a run stands."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.source import Source, run_source, subscribed
from reflex_realtime.components.look.statuses import (
    NO_RUN,
    RUN_LOOKS,
    SUBSCRIPTION_LOOKS,
    look_badge,
)

WIDTH: Final = "8.5rem"
"""Room for the longest word, so that nothing moves when the status changes."""

_ANNOUNCED: Final[dict[str, Any]] = {
    "role": "status",
    "custom_attrs": {"aria-label": "Run status"},
}


def run_status_badge(
    source: Any, *, on_complete: EventType[()] | EventType[str] | None = None, **props: Any
) -> rx.Component:
    """The status of a run as icon, word and colour, in a box of constant width.

    Args:
        source: A state class with a run, the var of a run, a status or the var of one.
        on_complete: The event handler that is called with the id of each run that finishes; needs
            a state class.
        **props: Props of the box.

    Returns:
        The badge; "No run yet" while there is no run.

    Raises:
        ConfigurationError: The source is none of these.
    """
    if _is_status(source):
        return _badge(source, _of_no_run(None), props)
    shown = run_source(source)
    return subscribed(shown, badge_of(shown, **props), on_complete)


def badge_of(source: Source, **props: Any) -> rx.Component:
    """The badge of a run, read aloud when it changes where there is but one run.

    Args:
        source: The run, and the state that it is of.
        **props: Props of the box.

    Returns:
        The badge.
    """
    announced = _ANNOUNCED if source.state else {}
    return _badge(source.value.status, _of_no_run(source), {**announced, **props})


def _is_status(source: Any) -> bool:
    kind = source._var_type if isinstance(source, rx.Var) else type(source)
    return isinstance(kind, type) and issubclass(kind, str)


def _badge(status: Any, of_no_run: Any, props: dict[str, Any]) -> rx.Component:
    badges = [(str(name), look_badge(look)) for name, look in RUN_LOOKS.items()]
    return rx.box(
        rx.match(status, *badges, of_no_run), **{"min_width": WIDTH, "flex_shrink": "0", **props}
    )


def _of_no_run(source: Source | None) -> Any:
    if source is None or source.state is None:
        return look_badge(NO_RUN)
    connecting = look_badge(SUBSCRIPTION_LOOKS["connecting"])
    return rx.cond(source.is_loading, connecting, look_badge(NO_RUN))
