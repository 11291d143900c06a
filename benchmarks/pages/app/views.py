"""What the pages show, whichever state it comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx

WINDOW_RUNS, WINDOW_PARTS = 50, 200
"""How many runs of a list, and parts of a stream, are shown where only the newest are."""


def run_view(run: Any) -> rx.Component:
    return rx.el.main(
        rx.el.p(run.id),
        rx.el.p(run.status),
        rx.el.p(run.metadata["mark"].to(str), id="mark"),
        rx.el.p(run.payload["text"].to(str)),
    )


def text_view(parts: Any) -> rx.Component:
    return rx.el.main(rx.el.p(parts.join(""), id="text"))


def streams_view(streams: Any, text_of: Callable[[Any], Any]) -> rx.Component:
    """One paragraph for each stream.

    Args:
        streams: What there is one of for each stream.
        text_of: Makes the text of it.
    """
    return rx.el.main(rx.foreach(streams, lambda stream: rx.el.p(text_of(stream))))


def list_view(runs: Any) -> rx.Component:
    return rx.el.table(rx.el.tbody(rx.foreach(runs, _row)))


def batch_view(completed: Any, total: Any) -> rx.Component:
    return rx.el.main(rx.el.p(f"{completed} of {total} have succeeded", id="count"))


def _row(run: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(run.id),
        rx.el.td(run.status),
        rx.el.td(run.metadata["mark"].to(str)),
        rx.el.td(run.payload["text"].to(str)),
        key=run.id,
    )
