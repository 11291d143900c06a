"""Statuses as icon, word and colour: never as a colour alone."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import reflex as rx

from reflex_realtime.models import RunStatus
from reflex_realtime.states.subscription import SubscriptionStatus


class Look(NamedTuple):
    """How something looks.

    Attributes:
        icon: The name of a lucide icon.
        word: What it is called on a page.
        color: A colour scale of Radix themes.
    """

    icon: str
    word: str
    color: Any


RUN_LOOKS: Final[dict[RunStatus, Look]] = {
    RunStatus.DELAYED: Look("hourglass", "Delayed", "gray"),
    RunStatus.PENDING_VERSION: Look("package-search", "Pending version", "gray"),
    RunStatus.QUEUED: Look("clock", "Queued", "gray"),
    RunStatus.DEQUEUED: Look("rocket", "Starting", "blue"),
    RunStatus.EXECUTING: Look("play", "Executing", "blue"),
    RunStatus.WAITING: Look("pause", "Waiting", "amber"),
    RunStatus.COMPLETED: Look("check", "Completed", "green"),
    RunStatus.FAILED: Look("x", "Failed", "red"),
    RunStatus.CANCELED: Look("ban", "Cancelled", "gray"),
    RunStatus.CRASHED: Look("zap", "Crashed", "red"),
    RunStatus.SYSTEM_FAILURE: Look("server-crash", "System failure", "red"),
    RunStatus.EXPIRED: Look("calendar-x", "Expired", "orange"),
    RunStatus.TIMED_OUT: Look("timer-off", "Timed out", "orange"),
}
NO_RUN: Final = Look("circle-dashed", "No run yet", "gray")

SUBSCRIPTION_LOOKS: Final[dict[SubscriptionStatus, Look]] = {
    "idle": Look("circle-dashed", "Not subscribed", "gray"),
    "connecting": Look("loader", "Connecting", "blue"),
    "live": Look("radio", "Live", "green"),
    "reconnecting": Look("refresh-cw", "Reconnecting", "amber"),
    "complete": Look("circle-check", "Complete", "gray"),
    "stopped": Look("circle-stop", "Stopped", "gray"),
    "failed": Look("circle-x", "Failed", "red"),
}
OFFLINE: Final = Look("wifi-off", "Disconnected", "amber")


# On a page that is not quite white, the ordinary green is too pale to read.
_BADGE: Final = {"size": "2", "high_contrast": True, "white_space": "nowrap"}


def run_color(status: Any) -> rx.Var[str]:
    """The colour scale of a run's status.

    Args:
        status: A run's `status`.

    Returns:
        `gray`, `blue`, `amber`, `green`, `orange` or `red`, for a `color_scheme`.
    """
    colors = [(str(status), look.color) for status, look in RUN_LOOKS.items()]
    return rx.match(status, *colors, NO_RUN.color)  # pyright: ignore[reportReturnType]


def run_word(status: Any) -> rx.Var[str]:
    """What a run's status is called on a page.

    Args:
        status: A run's `status`.

    Returns:
        Such as `Timed out`.
    """
    words = [(str(status), look.word) for status, look in RUN_LOOKS.items()]
    return rx.match(status, *words, NO_RUN.word)  # pyright: ignore[reportReturnType]


def look_badge(look: Look, **props: Any) -> rx.Component:
    """A badge of icon, word and colour.

    Args:
        look: What it shows.
        **props: Props of the badge.

    Returns:
        The badge.
    """
    return rx.badge(
        rx.icon(look.icon, size=14, custom_attrs={"aria-hidden": "true"}),
        look.word,
        **{**_BADGE, "color_scheme": look.color, **props},
    )
