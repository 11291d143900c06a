"""Statuses as icon, word and colour: never as a colour alone."""

from typing import Any

import reflex as rx

RUN_STATUS = {
    "DELAYED": ("hourglass", "Delayed", "gray"),
    "PENDING_VERSION": ("hourglass", "Waiting for a version", "gray"),
    "QUEUED": ("clock", "Queued", "gray"),
    "DEQUEUED": ("rocket", "Starting", "blue"),
    "EXECUTING": ("loader", "Executing", "blue"),
    "WAITING": ("pause", "Waiting", "amber"),
    "COMPLETED": ("check", "Completed", "green"),
    "FAILED": ("x", "Failed", "red"),
    "CANCELED": ("ban", "Cancelled", "gray"),
    "CRASHED": ("zap", "Crashed", "red"),
    "SYSTEM_FAILURE": ("server-crash", "System failure", "red"),
    "EXPIRED": ("calendar-x", "Expired", "orange"),
    "TIMED_OUT": ("timer-off", "Timed out", "orange"),
}

SUBSCRIPTION_STATUS = {
    "idle": ("circle-dashed", "Not subscribed", "gray"),
    "connecting": ("loader", "Connecting", "blue"),
    "live": ("radio", "Live", "green"),
    "reconnecting": ("refresh-cw", "Reconnecting", "amber"),
    "complete": ("circle-check", "Complete", "gray"),
    "stopped": ("circle-stop", "Stopped", "gray"),
    "failed": ("circle-x", "Failed", "red"),
}


def run_status(status: Any, **props: Any) -> rx.Component:
    """The status of a run, as a badge of constant width.

    Args:
        status: The run's `status`.
        **props: Props of the badge's box, such as its id.

    Returns:
        The badge; a dash while there is no run.
    """
    return rx.box(_match(status, RUN_STATUS, "No run yet"), min_width="7.5rem", **props)


def subscription_status(status: Any, **props: Any) -> rx.Component:
    """How a page's subscription is doing.

    Args:
        status: A state's `subscription_status`.
        **props: Props of the badge's box, such as its id.

    Returns:
        A badge.
    """
    return rx.box(
        _match(status, SUBSCRIPTION_STATUS, "Not subscribed"),
        custom_attrs={"aria-label": "Subscription", "role": "status"},
        white_space="nowrap",
        **props,
    )


def _match(
    status: Any, looks: dict[str, tuple[str, str, str]], otherwise: str
) -> rx.Component | rx.Var:
    badges = [(name, _badge(*look)) for name, look in looks.items()]
    return rx.match(status, *badges, _badge("circle-dashed", otherwise, "gray"))


def _badge(icon: str, label: str, color: Any) -> rx.Component:
    return rx.badge(rx.icon(icon, size=14), label, color_scheme=color, size="2")
