"""`run_timeline`: when a run, or each run of a set, was queued, executing and finished."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_origin

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.boxes import one_line
from reflex_realtime.components.look.formats import (
    NOTHING,
    elapsed,
    local_time,
)
from reflex_realtime.components.look.source import (
    Source,
    is_state,
    run_source,
    runs_source,
    subscribed,
)
from reflex_realtime.components.look.statuses import RUN_LOOKS, Look, run_color, run_word
from reflex_realtime.components.look.virtual_list import VIRTUAL_LIST
from reflex_realtime.components.runs.browser import BrowserComponent
from reflex_realtime.components.runs.cells import of_each_run
from reflex_realtime.components.runs.condition import condition_line, no_runs
from reflex_realtime.components.runs.groups import groups_var
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.states.runs import RunsState


class RunBar(BrowserComponent):
    """The phases of one run as a bar."""

    tag: str | None = "RunBar"

    run: rx.Var[Any]
    color: rx.Var[str]


class RunsGantt(BrowserComponent):
    """The phases of each run of a set, one above the other."""

    tag: str | None = "RunsGantt"
    lib_dependencies: list[str] = [VIRTUAL_LIST]

    runs: rx.Var[Any]
    names: rx.Var[Any]
    groups: rx.Var[Any]
    words: rx.Var[Any]
    row_height: rx.Var[int]
    table_height: rx.Var[str]


def run_timeline(
    source: Any,
    *,
    name: Callable[[Any], Any] | None = None,
    height: str = "min(24rem, 70vh)",
    on_complete: EventType[()] | EventType[str] | None = None,
    **props: Any,
) -> rx.Component:
    """When a run was created, queued, executing, waiting and finished, as a bar above an axis.

    For a set of runs it is a gantt, a bar for each run beneath each other. What goes on grows in
    the browser, four times a second at most; the server sends nothing for it. Waits are those that
    the page has seen, since a run tells only whether it waits now.

    Args:
        source: A state class, the var of a run, or the var of a list of runs.
        name: Of a set: a function that is given the var of a run and returns what stands before its
            bar. None for the icon of its status and its task.
        height: Of a set: how high the box is in which it scrolls.
        on_complete: Of one run: the event handler that is called with its id when it has finished.
            Needs a state class.
        **props: Props of the outermost element.

    Returns:
        The timeline.

    Raises:
        ConfigurationError: The source is none of these, or has no runs to call `on_complete` for.
    """
    if not _is_set(source):
        run = run_source(source)
        return subscribed(run, _one(run, props), on_complete)
    if on_complete is not None:
        raise ConfigurationError(
            "run_timeline calls on_complete= for one run, and was given a set of runs.",
            remedy="Pass on_complete= to realtime_subscription, or write the state's "
            "_on_run_complete.",
        )
    runs = runs_source(source)
    return subscribed(runs, _set(runs, name or _icon_and_task, height, props))


def _is_set(source: Any) -> bool:
    if is_state(source):
        return issubclass(source, RunsState)
    return isinstance(source, rx.Var) and get_origin(source._var_type) is list


def _one(source: Source, props: dict[str, Any]) -> rx.Component:
    run = source.value
    word = run_word(run.status)
    return rx.flex(
        RunBar.create(run=run, color=run_color(run.status), label=f"Timeline of the run: {word}"),
        rx.el.dl(
            _fact("Created", local_time(run.created_at)),
            _fact(
                "Queued",
                elapsed(_queued_at(run), rx.cond(run, run.started_at | run.finished_at, None)),
            ),
            _fact("Started", local_time(run.started_at)),
            _fact("Executing", elapsed(run.started_at, run.finished_at)),
            _fact("Waiting", rx.cond(run.is_waiting, elapsed(run.updated_at), NOTHING)),
            _fact("Finished", local_time(run.finished_at)),
            display="grid",
            grid_template_columns="repeat(auto-fill, minmax(6.5rem, 1fr))",
            gap="0.5rem 1rem",
            margin="0",
        ),
        condition_line(source),
        **_column(props),
    )


def _column(props: dict[str, Any]) -> dict[str, Any]:
    return {"direction": "column", "gap": "0.75rem", "width": "100%", "min_width": "0", **props}


def _queued_at(run: Any) -> Any:
    return run.queued_at | run.created_at


def _fact(term: str, value: Any) -> rx.Component:
    return rx.box(
        rx.el.dt(term, font_size="var(--font-size-1)", color=rx.color("gray", 11)),
        rx.el.dd(
            value, margin="0", font_variant_numeric="tabular-nums", font_size="var(--font-size-2)"
        ),
    )


def _set(
    runs: Source, name: Callable[[Any], Any], height: str, props: dict[str, Any]
) -> rx.Component:
    gantt = RunsGantt.create(
        no_runs(runs),
        runs=runs.value,
        names=of_each_run("run_name", lambda run: _named(name(run)), runs.value),
        groups=groups_var(),
        words={str(status): look.word for status, look in RUN_LOOKS.items()},
        label="Timeline of the runs",
        row_height=32,
        table_height=height,
    )
    return rx.flex(gantt, condition_line(runs), **_column(props))


def _named(name: Any) -> rx.Component:
    return name if isinstance(name, rx.Component) else one_line(name, size="2")


def _icon_and_task(run: Any) -> rx.Component:
    icons = [(str(status), _icon(look)) for status, look in RUN_LOOKS.items()]
    return rx.fragment(
        rx.match(run.status, *icons, rx.fragment()), one_line(run.task_identifier, size="2")
    )


def _icon(look: Look) -> rx.Component:
    named = {"role": "img", "aria-label": look.word}
    return rx.icon(
        look.icon, size=14, flex="none", color=rx.color(look.color, 11), custom_attrs=named
    )
