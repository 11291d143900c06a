"""`batch_progress`: how far the runs of a set are, by status."""

from __future__ import annotations

from typing import Any

import reflex as rx

from reflex_realtime.components.look.expressions import called
from reflex_realtime.components.look.formats import countdown
from reflex_realtime.components.look.source import Source, runs_source, subscribed
from reflex_realtime.components.runs.browser import BrowserComponent, library
from reflex_realtime.components.runs.condition import LOADING, condition
from reflex_realtime.components.runs.groups import groups_var
from reflex_realtime.states.runs import RunsState


class BatchProgress(BrowserComponent):
    """The bar and its legend, as a component of the browser."""

    tag: str | None = "BatchProgress"

    counts: rx.Var[Any]
    total: rx.Var[Any]
    groups: rx.Var[Any]


def batch_progress(source: Any, *, label: str = "Runs finished", **props: Any) -> rx.Component:
    """How many runs of a set are queued, executing, finished and failed, and how long it will take.

    A state's aggregates are enough for it: `RealtimeOptions(rows=False)` sends a page nothing else.

    Args:
        source: A state class that follows a set of runs, or the var of a list of runs, which are
            counted in the browser.
        label: What the bar is called to those who don't see it.
        **props: Props of the outermost element.

    Returns:
        A bar of which each status has its share, with a legend of words and numbers, the total, and
        an estimate of the time left that ticks.

    Raises:
        ConfigurationError: The source is neither of the two.
    """
    runs = runs_source(source)
    counts, total, seconds = _aggregates(runs)
    reason = _condition(runs, total)
    bar = BatchProgress.create(
        rx.box(
            rx.text(reason, as_="span", size="2", role="status"),
            # Nobody knows how long it will take while nobody knows how far it is.
            rx.cond(reason, rx.fragment(), _time_left(seconds)),
            display="flex",
            gap="0 1rem",
            color=rx.color("gray", 11),
        ),
        counts=counts,
        total=total,
        groups=groups_var(),
        label=label,
        **props,
    )
    return subscribed(runs, bar)


def _condition(runs: Source, total: Any) -> Any:
    """Why there is nothing yet, or nothing new."""
    return rx.cond(runs.is_loading & (total == 0), LOADING, condition(runs))


def _time_left(seconds: Any) -> rx.Component:
    return rx.cond(
        seconds, rx.text("about ", countdown(seconds), " left", as_="span", size="2"), rx.fragment()
    )


def _aggregates(runs: Source) -> tuple[Any, Any, Any]:
    """How many runs have each status, how many there are or will be, and the seconds left."""
    if runs.state is not None and issubclass(runs.state, RunsState):
        return runs.state.counts, runs.state.total, runs.state.eta_seconds
    counts = called("countsOf", library("counts.js"), runs.value)
    seconds = called("secondsLeft", library("counts.js"), runs.value)
    return counts, runs.value.length(), seconds.to(int)
