"""The same page with this library: it shows a run, if there is one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from reflex_realtime import RealtimeRunState
from reflex_realtime.components import realtime_subscription


class Idle(rx.State):
    title: str = "Nothing yet"


class IdleRun(RealtimeRunState[dict[str, Any], dict[str, Any]], rx.State):
    pass


def index() -> rx.Component:
    return rx.el.main(
        realtime_subscription(IdleRun), rx.el.p(Idle.title), rx.el.p(IdleRun.run.status)
    )


app = rx.App()
app.add_page(index)
