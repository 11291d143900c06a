"""`run_card`: a run in one box."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.boxes import one_line
from reflex_realtime.components.look.copy_button import copy_button
from reflex_realtime.components.look.formats import NOTHING, elapsed, json_line, local_time
from reflex_realtime.components.look.source import Source, run_source, subscribed
from reflex_realtime.components.run.run_error import stack_of, subscription_error
from reflex_realtime.components.run.run_progress import progress_of
from reflex_realtime.components.run.run_status_badge import badge_of

_GRAY = rx.color("gray", 11)
# No heading: what level it would have to be, only the page knows.
_CARD: Final[dict[str, Any]] = {"size": "2", "width": "100%", "role": "group"}


def run_card(
    source: Any,
    *,
    title: Any = None,
    actions: rx.Component | None = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    **props: Any,
) -> rx.Component:
    """A run in one box: what it is, where it stands, how far, since when, and what came of it.

    Args:
        source: A state class with a run, or the var of a run.
        title: Its name. By default that of the task.
        actions: What stands below, such as `run_actions(State)`.
        on_complete: The event handler that is called with the id of each run that finishes; needs
            a state class.
        **props: Props of the card.

    Returns:
        The card, as high without a run as with one.

    Raises:
        ConfigurationError: The source is neither, or `on_complete` is given without a state.
    """
    shown = run_source(source)
    run = shown.value
    name = rx.cond(run, run.task_identifier, "Run") if title is None else title
    card = rx.card(
        rx.flex(
            _heading(shown, name),
            progress_of(shown),
            _times(run),
            _tags(run),
            _result(run),
            *([subscription_error(shown.error)] if shown.state else []),
            *([actions] if actions is not None else []),
            direction="column",
            spacing="3",
        ),
        **{**_CARD, "custom_attrs": {"aria-label": name}, **props},
    )
    return subscribed(shown, card, on_complete)


def _heading(shown: Source, name: Any) -> rx.Component:
    run = shown.value
    return rx.flex(
        rx.box(
            rx.text(name, size="3", weight="bold", overflow_wrap="anywhere"),
            rx.flex(
                one_line(
                    rx.cond(run, run.id, NOTHING),
                    size="1",
                    color=_GRAY,
                    font_family="var(--code-font-family)",
                ),
                copy_button(run.id, "Copy the run's id"),
                align="center",
                spacing="1",
                height="1.5rem",
            ),
            min_width="0",
            flex="1",
        ),
        badge_of(shown, text_align="right"),
        justify="between",
        align="start",
        spacing="3",
    )


def _times(run: Any) -> rx.Component:
    return rx.grid(
        _figure("Created", local_time(run.created_at)),
        _figure("Started", local_time(run.started_at)),
        _figure("Finished", local_time(run.finished_at)),
        _figure("Duration", elapsed(run.started_at, run.finished_at)),
        columns=rx.breakpoints(initial="2", sm="4"),
        spacing="3",
        font_variant_numeric="tabular-nums",
    )


def _figure(label: str, value: rx.Component) -> rx.Component:
    return rx.box(
        rx.text(label, size="1", color=_GRAY),
        rx.text(value, size="2", weight="medium", white_space="nowrap"),
    )


def _tags(run: Any) -> rx.Component:
    return rx.flex(
        rx.foreach(
            run.tags,
            lambda tag: rx.badge(tag, color_scheme="gray", variant="surface", high_contrast=True),
        ),
        wrap="wrap",
        spacing="2",
        min_height="1.375rem",
    )


def _result(run: Any) -> rx.Component:
    """The output or the error in a line: what is longer is folded away, or belongs elsewhere."""
    return rx.box(rx.cond(run.is_failed, _error(run.error), _output(run)), min_height="2.75rem")


def _output(run: Any) -> rx.Component:
    return rx.box(
        rx.text("Output", size="1", color=_GRAY),
        one_line(json_line(run.output), size="2", font_family="var(--code-font-family)"),
    )


def _error(error: Any) -> rx.Component:
    return rx.box(
        rx.text("Error", size="1", color=_GRAY),
        rx.text(
            rx.cond(error.name, rx.text.strong(error.name, ": ")),
            rx.cond(error, error.message, "The run failed without a message."),
            size="2",
            color=rx.color("red", 11),
            overflow_wrap="anywhere",
        ),
        stack_of(error),
    )
