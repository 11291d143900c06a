"""A run as the pages show it."""

from typing import Any

import reflex as rx

from example_app.views.cards import FROM_TABLET, one_line
from example_app.views.format import percent, seconds
from example_app.views.status import run_status


def metadata(run: Any, key: str, kind: Any) -> Any:
    """What a task reports about itself under a key.

    Args:
        run: The run.
        key: The key in the run's metadata.
        kind: The type of the value.

    Returns:
        The var, undefined until the task has set it.
    """
    return run.metadata[key].to(kind)


def duration(run: Any) -> rx.Var[str]:
    """How long a run executed, once it has ended.

    Args:
        run: The run.

    Returns:
        Such as `1.3 s`; a dash before.
    """
    return seconds(rx.cond(run.is_finished, run.duration_ms, None))


def run_summary(run: Any) -> rx.Component:
    """A run's status, id and duration in one line.

    Args:
        run: The run.

    Returns:
        The line, as high without a run as with one.
    """
    return rx.flex(
        run_status(run.status, id="run-status"),
        rx.code(
            run.id,
            id="run-id",
            size="1",
            variant="ghost",
            color_scheme="gray",
            display=FROM_TABLET,
        ),
        rx.spacer(),
        rx.text(duration(run), id="run-duration", size="2"),
        align="center",
        spacing="3",
        wrap="wrap",
        min_height="2rem",
    )


def run_progress(share: Any, label: Any) -> rx.Component:
    """A progress bar with what is being done just now.

    Args:
        share: How much is done, 0 to 1.
        label: What is being done.

    Returns:
        The bar, always as high.
    """
    return rx.box(
        rx.progress(
            value=rx.cond(share, share * 100, 0).to(int),
            id="run-progress",
            custom_attrs={"aria-label": "Progress"},
        ),
        rx.flex(
            one_line(label, size="1", min_width="0", id="run-label"),
            rx.spacer(),
            rx.text(percent(share), size="1", id="run-percent"),
            spacing="3",
            color=rx.color("gray", 11),
            height="1.25rem",
            margin_top="0.5rem",
        ),
        width="100%",
    )


def run_error(run: Any) -> rx.Component:
    """Why a run failed: the exception, its message and where it came from.

    Args:
        run: The run.

    Returns:
        The error; nothing unless the run failed.
    """
    error = run.error
    return rx.cond(
        run.is_failed,
        rx.callout.root(
            rx.callout.icon(rx.icon("x", size=18)),
            rx.callout.text(
                rx.cond(error.name, rx.text.strong(error.name, ": ", id="run-error-name")),
                rx.text.span(error.message, id="run-error-message"),
            ),
            rx.el.pre(
                error.stack_trace,
                id="run-error-stack",
                font_size="var(--font-size-1)",
                overflow="auto",
                max_height="16rem",
                grid_column="1 / -1",
                min_width="0",
            ),
            id="run-error",
            color_scheme="red",
            role="alert",
            width="100%",
            overflow_wrap="anywhere",
        ),
    )
