"""`run_progress`: how far a run is."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.boxes import one_line
from reflex_realtime.components.look.expressions import called, expression, json_field
from reflex_realtime.components.look.formats import countdown
from reflex_realtime.components.look.source import Source, run_source, subscribed
from reflex_realtime.components.look.statuses import SUBSCRIPTION_LOOKS, run_word

# Radix lets a bar of unknown length grow until it looks full. This one wanders instead.
_WANDERING: Final = {
    "@keyframes realtime-wandering": {
        "from": {"transform": "translateX(-100%)"},
        "to": {"transform": "translateX(300%)"},
    },
    "& .rt-ProgressIndicator[data-state='indeterminate']": {
        "width": "33%",
        "animation": "realtime-wandering 1.6s ease-in-out infinite",
        "@media (prefers-reduced-motion: reduce)": {
            "animation": "none",
            "transform": "translateX(100%)",
        },
    },
}


def run_progress(
    source: Any,
    *,
    value: Any = None,
    label: Any = None,
    eta: Any = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    **props: Any,
) -> rx.Component:
    """How far a run is, what it is doing just now, and how long it will take yet.

    What the task reports about itself decides, unless the page gives vars of its own. The bar is
    empty while the run is queued, indeterminate while it runs and reports nothing, full and green
    when it has succeeded, red when it has failed.

    Args:
        source: A state class with a run, or the var of a run.
        value: The var of how far the run is, from 0 to 1; a number above 1 is a percentage. By
            default what the task sets as `progress` in its metadata.
        label: The var of what the run is doing. By default `label` in the metadata, or the
            run's status.
        eta: The var of how many seconds the run will take yet, which tick in the browser. By
            default `eta_seconds` in the metadata.
        on_complete: The event handler that is called with the id of each run that finishes; needs
            a state class.
        **props: Props of the box.

    Returns:
        The bar and the line below it, always as high.

    Raises:
        ConfigurationError: The source is neither, or `on_complete` is given without a state.
    """
    shown = run_source(source)
    box = progress_of(shown, value=value, label=label, eta=eta, **props)
    return subscribed(shown, box, on_complete)


def progress_of(
    source: Source, *, value: Any = None, label: Any = None, eta: Any = None, **props: Any
) -> rx.Component:
    """How far a run is, as `run_progress` shows it.

    Args:
        source: The run, and the state that it is of.
        value: The var of how far the run is; None for what the metadata says.
        label: The var of what it is doing; None for what the metadata says.
        eta: The var of how many seconds it will take yet; None for what the metadata says.
        **props: Props of the box.

    Returns:
        The bar and the line below it.
    """
    run = source.value
    metadata = run.metadata
    library = rx.asset("progress.js", shared=True).importable_path
    number = json_field(metadata, "progress") if value is None else rx.Var.create(value)
    doing = json_field(metadata, "label") if label is None else rx.Var.create(label)
    seconds = json_field(metadata, "eta_seconds") if eta is None else rx.Var.create(eta)
    percent = called("percentOf", library, run, number).to(str)
    words = _words(run, doing, source.is_loading)
    bar = rx.progress(
        value=called("progressOf", library, run, number, source.is_loading).to(int),
        color_scheme=_color(run),
        custom_attrs={
            "aria-label": "Progress",
            "aria-valuetext": expression(f"[{percent}, {words}].filter(Boolean).join(', ')", words),
        },
        style=_WANDERING,
    )
    line = rx.flex(
        one_line(words, title=words),
        rx.spacer(),
        rx.cond(run.is_executing, _time_left(seconds, run.updated_at if eta is None else None)),
        rx.text(percent, min_width="3em", text_align="right"),
        spacing="3",
        height="1.25rem",
        margin_top="0.375rem",
        font_size="var(--font-size-1)",
        color=rx.color("gray", 11),
        font_variant_numeric="tabular-nums",
        white_space="nowrap",
    )
    return rx.box(bar, line, **{"width": "100%", **props})


def _time_left(seconds: rx.Var[Any], since: Any) -> Any:
    return rx.cond(seconds.to(bool), rx.text(countdown(seconds, since), " left"))


def _color(run: Any) -> Any:
    return rx.cond(
        run.is_success,
        "green",
        rx.cond(run.is_failed, "red", rx.cond(run.is_cancelled, "gray", "")),
    )


def _words(run: Any, doing: rx.Var[Any], is_loading: Any) -> rx.Var[str]:
    """What is being done; what was being done where it ended, unless it was done."""
    word = run_word(run.status)
    told = expression(f"({doing} == null ? {word} : String({doing}))", doing, word)
    before = rx.cond(is_loading, SUBSCRIPTION_LOOKS["connecting"].word, "")
    return rx.cond(run, rx.cond(run.is_success, word, told.to(str)), before)
