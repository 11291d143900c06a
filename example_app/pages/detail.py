"""All that there is to say about one run, for whoever has started it."""

from typing import Any

import reflex as rx

from example_app.views.cards import SIZE, card, source
from example_app.views.layout import layout
from example_app.visitor import Visitor, visitor_token
from reflex_realtime import RealtimeRunState, TaskHandle
from reflex_realtime.components import run_actions, run_card, run_error, run_json, run_timeline


class Detail(RealtimeRunState[dict[str, Any], Any], Visitor):
    """The run that the URL names, if the visitor has started it."""

    async def _authorize(self, target: str | list[str]) -> str:
        return await visitor_token(self, target)

    async def _allow_action(self, action: str) -> bool:
        return self.run is not None and self._visitor_tag() in self.run.tags

    async def _on_replay(self, handle: TaskHandle):
        return rx.redirect(f"/runs/{handle.id}")


def page() -> rx.Component:
    return layout(
        "/runs/[run_id]",
        "Run",
        "The run that the address names. Whoever has started it sees it; to anybody else the "
        "server refuses it.",
        Detail,
        rx.heading("Overview", size="3", as_="h2"),
        run_card(Detail, actions=run_actions(Detail), size=SIZE, id="run"),
        run_error(Detail, id="run-error"),
        card("Timeline", run_timeline(Detail)),
        card("Data", run_json(Detail)),
        source(Detail, visitor_token),
    )
