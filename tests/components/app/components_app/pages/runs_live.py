"""A batch, live, in all that shows a set; a column of the table shows when its row was rendered."""

import asyncio

import reflex as rx

from components_app.server import server
from reflex_realtime import RealtimeBatchState
from reflex_realtime.components import (
    batch_progress,
    column,
    default_columns,
    run_timeline,
    runs_table,
)


@server.task("sleep")
async def sleep(seconds: float) -> float:
    """Do nothing for a while."""
    await asyncio.sleep(seconds)
    return seconds


class Sleepers(RealtimeBatchState[float, float], rx.State):
    @rx.event
    async def start(self):
        return self._subscribe(await self._batch_trigger("sleep", [60, 60, 60]))

    @rx.event
    async def cancel(self, run_id: str):
        await self._cancel(run_id)


def page() -> rx.Component:
    rendered = column("Rendered", lambda run: rx.text(rx.Var("Math.random()").to(float)))
    return rx.el.main(
        rx.button("Start", on_click=Sleepers.start),
        batch_progress(Sleepers),
        runs_table(Sleepers, columns=[*default_columns(), rendered], on_row_click=Sleepers.cancel),
        run_timeline(Sleepers),
        padding="1rem",
    )
