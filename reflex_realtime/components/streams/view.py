"""What the views of a stream have in common."""

from __future__ import annotations

from typing import Any

import reflex as rx

from reflex_realtime.components.look.source import Source
from reflex_realtime.components.streams.source import is_streaming, notes, nothing_yet


class StreamView(rx.Component):
    """What a stream is shown by.

    Attributes:
        parts: The text or the list.
        empty: What stands there while there is nothing.
        label: What it is called for those who do not see the page.
        is_streaming: Whether more is to come.
    """

    parts: rx.Var[Any]
    empty: rx.Var[str]
    label: rx.Var[str]
    is_streaming: rx.Var[bool]


def stream_view(
    view: type[StreamView], source: Source, streaming: Any, label: Any, **props: Any
) -> rx.Component:
    """Show a stream.

    Args:
        view: By what.
        source: What it shows.
        streaming: Whether more is to come; None for as long as the source's run goes on.
        label: What it is called; None for no name.
        **props: Props of the view.

    Returns:
        The view, with what is to be said of the run and the subscription.
    """
    return view.create(
        notes(source),
        parts=source.value,
        empty=nothing_yet(source),
        label=label or "Stream",
        is_streaming=is_streaming(source) if streaming is None else streaming,
        **props,
    )
