"""A page that shows a var, without this library."""

from __future__ import annotations

import reflex as rx


class Idle(rx.State):
    title: str = "Nothing yet"


def index() -> rx.Component:
    return rx.el.main(rx.el.p(Idle.title))


app = rx.App()
app.add_page(index)
