"""What a view of a stream shows, and what it says while there is nothing, or nothing more."""

from __future__ import annotations

from typing import Any, Final, get_origin

import reflex as rx
from pydantic import BaseModel

from reflex_realtime.components.look.source import Source, is_state
from reflex_realtime.errors import ConfigurationError

NOTHING_YET: Final = "Nothing here yet"


def stream_source(source: Any, stream: str | None) -> Source:
    """What a view of a stream shows.

    Args:
        source: A state class with the vars `run` and `streams`, or the var of a text or of a list.
        stream: Which of the state's streams; None with a var.

    Returns:
        The var, and the state that it is of.

    Raises:
        ConfigurationError: It is neither, or there is no such stream.
    """
    if is_state(source) and {"run", "streams"} <= source.get_fields().keys():
        return Source(_stream_var(source, stream), source)
    if isinstance(source, rx.Var) and stream is None and _is_text_or_list(source):
        return Source(source)
    raise ConfigurationError(
        f"{getattr(source, '__name__', source)!s} is neither a state class with `run` and "
        "`streams` nor the var of a text or of a list.",
        remedy='Pass a state class and the name of a stream, `(Chat, "answer")`, or a var alone, '
        "`(Panel.streams[run.id].answer)`.",
    )


def is_streaming(source: Source) -> rx.Var[bool]:
    """Whether the run of a stream is still going on; False where a page gave a var."""
    run = _run(source)
    return rx.Var.create(False) if run is None else rx.cond(run, ~run.is_finished, False)


def nothing_yet(source: Source) -> Any:
    """What stands where a stream has no parts.

    Args:
        source: What the component shows.

    Returns:
        The text, or a var of it.
    """
    run = _run(source)
    if run is None:
        return NOTHING_YET
    started = rx.cond(run.is_queued, "Waiting for the run to start", "Waiting for the first words")
    without_run = rx.cond(source.is_loading, "Connecting", NOTHING_YET)
    return rx.cond(run, rx.cond(run.is_finished, "The run wrote nothing", started), without_run)


def notes(source: Source) -> rx.Component:
    """What is wrong with the subscription or has become of the run, where that is to be said.

    Args:
        source: What the component shows.

    Returns:
        A line for each; nothing where all is well.
    """
    run = _run(source)
    if run is None:
        return rx.fragment()
    error = source.error
    is_retried = source.status == "reconnecting"
    return rx.fragment(
        rx.cond(
            error,
            rx.cond(
                is_retried,
                _note("refresh-cw", "amber", "Reconnecting. ", error.message),
                _note("circle-x", "red", error.message, " ", error.remedy),
            ),
        ),
        rx.cond(run.is_failed, _note("x", "red", "The run failed. ", run.error.message)),
        rx.cond(run.is_cancelled, _note("ban", "gray", "The run was cancelled.")),
    )


def _note(icon: str, color: Any, *words: Any) -> rx.Component:
    return rx.flex(
        rx.icon(icon, size=14, flex_shrink="0", custom_attrs={"aria-hidden": "true"}),
        rx.text(*words, size="1", overflow_wrap="anywhere"),
        align="center",
        spacing="2",
        padding="0.375rem 0.75rem",
        color=rx.color(color, 11),
        background=rx.color(color, 3),
    )


def _run(source: Source) -> Any:
    return source.state and getattr(source.state, "run")  # noqa: B009


def _stream_var(state: Any, stream: str | None) -> Any:
    declared = state.get_fields()["streams"].annotated_type
    if not (isinstance(declared, type) and issubclass(declared, BaseModel)):
        if stream:
            return state.streams[stream]
        names = "a name"
    elif stream in declared.model_fields:
        return getattr(state.streams, stream)
    else:
        names = " or ".join(map(repr, declared.model_fields))
    raise ConfigurationError(
        f"{state.__name__} has no stream {stream!r}.", remedy=f"Pass {names} as `stream`."
    )


def _is_text_or_list(var: rx.Var[Any]) -> bool:
    kind = var._var_type
    return (get_origin(kind) or kind) in (str, list, Any)
