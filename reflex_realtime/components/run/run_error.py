"""`run_error`: why a run failed."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.source import run_source, subscribed


def run_error(
    source: Any, *, on_complete: EventType[()] | EventType[str] | None = None, **props: Any
) -> rx.Component:
    """Why a run failed, with its stack folded away; for a state also what is wrong with following.

    Args:
        source: A state class with a run, or the var of a run.
        on_complete: The event handler that is called with the id of each run that finishes; needs
            a state class.
        **props: Props of the box.

    Returns:
        The errors; an empty box while there are none.

    Raises:
        ConfigurationError: The source is neither, or `on_complete` is given without a state.
    """
    shown = run_source(source)
    errors = [_run_error(shown.value)]
    if shown.state is not None:
        errors.append(subscription_error(shown.error))
    box = rx.flex(*errors, **{"direction": "column", "spacing": "3", "width": "100%", **props})
    return subscribed(shown, box, on_complete)


def subscription_error(error: Any) -> rx.Component | rx.Var[Any]:
    """What is wrong with a subscription, and what to do about it.

    Args:
        error: The var of a state's `error`.

    Returns:
        A callout; nothing while there is no error.
    """
    return rx.cond(
        error,
        _callout("triangle-alert", "amber", rx.text.strong(error.message), " ", error.remedy),
    )


def stack_of(error: Any) -> rx.Component | rx.Var[Any]:
    """The stack trace of a run's error, folded away.

    Args:
        error: The var of a run's `error`.

    Returns:
        What unfolds it; nothing where there is none.
    """
    return rx.cond(
        error.stack_trace,
        rx.el.details(
            rx.el.summary("Stack trace", cursor="pointer"),
            rx.el.pre(
                error.stack_trace,
                tab_index=0,
                custom_attrs={"aria-label": "Stack trace"},
                role="group",
                overflow="auto",
                max_height="16rem",
                margin_top="0.5rem",
                font_size="var(--font-size-1)",
                line_height="var(--line-height-1)",
                white_space="pre",
            ),
            font_size="var(--font-size-2)",
            min_width="0",
        ),
    )


def _run_error(run: Any) -> rx.Component | rx.Var[Any]:
    error = run.error
    name = rx.cond(error.name, rx.text.strong(error.name, ": "))
    return rx.cond(
        run.is_failed,
        _callout(
            "circle-x",
            "red",
            rx.cond(error, rx.fragment(name, error.message), "The run failed without a message."),
            below=stack_of(error),
        ),
    )


def _callout(icon: str, color: Any, *message: Any, below: Any = None) -> rx.Component:
    return rx.callout.root(
        rx.callout.icon(rx.icon(icon, size=18, custom_attrs={"aria-hidden": "true"})),
        rx.callout.text(*message),
        *([] if below is None else [rx.box(below, grid_column="2 / -1", min_width="0")]),
        color_scheme=color,
        high_contrast=True,
        role="alert",
        width="100%",
        overflow_wrap="anywhere",
    )
