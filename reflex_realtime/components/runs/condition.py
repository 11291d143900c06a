"""What is said of a subscription: why there is nothing, or nothing new."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.components.look.boxes import empty
from reflex_realtime.components.look.source import Source

LOADING: Final = "Loading runs"


def condition(source: Source) -> Any:
    """Why what is shown may be old, in a few words; empty where it is not."""
    if source.state is None:
        return ""
    reason = rx.cond(
        source.error, rx.Var.create("Not connected: ") + source.error.message, "Not connected"
    )
    return rx.match(
        source.status,
        ("reconnecting", "Reconnecting, this may be out of date"),
        ("failed", reason),
        ("stopped", "Stopped"),
        "",
    )


def condition_line(source: Source) -> rx.Component:
    """The same, in a line that is there whether there is something to say or not."""
    if source.state is None:
        return rx.fragment()
    return rx.text(
        condition(source), size="1", role="status", color=rx.color("gray", 11), min_height="1.5em"
    )


def no_runs(source: Source) -> rx.Component:
    """What stands in the place of runs while there are none."""
    if source.state is None:
        return empty("inbox", "No runs yet.")
    waiting = rx.cond(source.is_loading, LOADING, "No runs yet.")
    return rx.cond(
        source.error,
        empty("unplug", rx.fragment(source.error.message, " ", source.error.remedy)),
        empty("inbox", waiting),
    )
