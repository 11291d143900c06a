"""What is shown where a page gives no `render`."""

from __future__ import annotations

from typing import Any

import reflex as rx


def run_view(state: Any) -> rx.Component:
    """One run.

    Args:
        state: A state class with `run`.

    Returns:
        The view.
    """
    return rx.card(rx.text(state.run.id), rx.text(state.run.status))


def runs_view(state: Any) -> rx.Component:
    """The runs with a tag.

    Args:
        state: A state class with `runs`.

    Returns:
        The view.
    """
    return rx.vstack(rx.foreach(state.runs, lambda run: rx.text(run.id, " ", run.status)))


def batch_view(state: Any) -> rx.Component:
    """The runs of a batch.

    Args:
        state: A state class with `runs`.

    Returns:
        The view.
    """
    return runs_view(state)


def run_with_streams_view(state: Any, streams: Any) -> rx.Component:
    """One run and its streams.

    Args:
        state: A state class with `run` and `streams`.
        streams: The model of the streams.

    Returns:
        The view.
    """
    shown = [rx.text(getattr(state.streams, name).to_string()) for name in streams.model_fields]
    return rx.vstack(run_view(state), *shown)
