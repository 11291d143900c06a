"""What the pages show, whichever state it comes from."""

from __future__ import annotations

from typing import Any

import reflex as rx


def run_view(run: Any) -> rx.Component:
    return rx.el.main(
        rx.el.p(run.id),
        rx.el.p(run.status),
        rx.el.p(run.metadata["mark"].to(str), id="mark"),
        rx.el.p(run.payload["text"].to(str)),
    )


def text_view(parts: Any) -> rx.Component:
    return rx.el.main(rx.el.p(parts.join(""), id="text"))


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
