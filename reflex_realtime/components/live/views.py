"""What is shown where a page gives no `render`."""

from __future__ import annotations

from typing import Any

import reflex as rx
from pydantic.fields import FieldInfo

from reflex_realtime.components.run import run_card
from reflex_realtime.components.runs import batch_progress, runs_table
from reflex_realtime.components.streams import stream_log, stream_text
from reflex_realtime.errors import ConfigurationError


def run_view(state: Any) -> rx.Component:
    """One run: a card.

    Args:
        state: A state class with `run`.

    Returns:
        The view.
    """
    return run_card(state)


def runs_view(state: Any) -> rx.Component:
    """The runs with a tag: a table.

    Args:
        state: A state class with `runs`.

    Returns:
        The view.
    """
    return runs_table(state)


def batch_view(state: Any) -> rx.Component:
    """The runs of a batch: how far they are, and a table.

    Args:
        state: A state class with `runs`.

    Returns:
        The view.
    """
    return _below_each_other(batch_progress(state), runs_table(state))


def run_with_streams_view(state: Any, streams: Any) -> rx.Component:
    """One run and its streams: a card, and beneath it each text and each log.

    Args:
        state: A state class with `run` and `streams`.
        streams: The model of the streams.

    Returns:
        The view.

    Raises:
        ConfigurationError: A stream is of neither texts nor objects with a message.
    """
    shown = [_stream(state, name, field) for name, field in streams.model_fields.items()]
    return _below_each_other(run_card(state), *shown)


def _stream(state: Any, name: str, field: FieldInfo) -> rx.Component:
    if field.annotation == list[str]:
        return stream_text(state, name)
    try:
        return stream_log(state, name)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"The stream {name!r} can be shown neither as a text nor as a log: {error.message}",
            remedy="Pass render=, a function that makes what is shown of the state.",
        ) from error


def _below_each_other(*components: rx.Component) -> rx.Component:
    return rx.flex(*components, direction="column", spacing="4", width="100%")
