"""The pages, made with this library."""

from __future__ import annotations

from typing import Any

import reflex as rx
from pydantic import BaseModel

from benchmarks.pages.app.views import (
    WINDOW_PARTS,
    WINDOW_RUNS,
    batch_view,
    list_view,
    run_view,
    streams_view,
    text_view,
)
from reflex_realtime import (
    RealtimeBatchState,
    RealtimeOptions,
    RealtimeRunState,
    RealtimeRunsWithStreamsState,
    RealtimeRunsWithTagState,
    RealtimeRunWithStreamsState,
)
from reflex_realtime.components import (
    column,
    default_columns,
    realtime_subscription,
    run_timeline,
    runs_table,
)

Json = dict[str, Any]


class Streams(BaseModel):
    answer: list[str] = []


class OurRun(RealtimeRunState[Json, Json], rx.State):
    realtime_options = RealtimeOptions(throttle_ms=0)

    async def _authorize(self, target: Any) -> bool:
        return True


class OurRuns(RealtimeRunsWithTagState[Json, Json], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class OurBatch(RealtimeBatchState[Json, Json], rx.State):
    realtime_options = RealtimeOptions(rows=False)

    async def _authorize(self, target: Any) -> bool:
        return True


class OurSet(RealtimeBatchState[Json, Json], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class OurStream(RealtimeRunWithStreamsState[Json, Json, Streams], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class OurPanel(RealtimeRunsWithStreamsState[Json, Json, Streams], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class OurNewest(RealtimeRunsWithTagState[Json, Json], rx.State):
    realtime_options = RealtimeOptions(max_runs=WINDOW_RUNS)

    async def _authorize(self, target: Any) -> bool:
        return True


class OurTail(RealtimeRunWithStreamsState[Json, Json, Streams], rx.State):
    realtime_options = RealtimeOptions(max_parts=WINDOW_PARTS)

    async def _authorize(self, target: Any) -> bool:
        return True


def table_view() -> rx.Component:
    marked = column("Mark", lambda run: run.metadata["mark"].to(str), sort_by="metadata.mark")
    return rx.el.main(runs_table(OurSet, columns=[*default_columns(), marked]))


def answer_of(run: Any) -> Any:
    streams: Any = OurPanel.streams[run.id]
    return streams.answer.join("")


def add_pages(app: rx.App) -> None:
    for name, view in (("table", table_view), ("timeline", lambda: run_timeline(OurSet))):
        follow = OurSet.subscribe_from_route("target")
        app.add_page(view(), route=f"/ours/{name}", on_load=follow)
    for name, state, view in (
        ("run", OurRun, lambda: run_view(OurRun.run)),
        ("runs", OurRuns, lambda: list_view(OurRuns.runs)),
        ("batch", OurBatch, lambda: batch_view(OurBatch.completed, OurBatch.total)),
        ("stream", OurStream, lambda: text_view(OurStream.streams.answer)),
        ("panel", OurPanel, lambda: streams_view(OurPanel.runs, answer_of)),
        ("newest", OurNewest, lambda: list_view(OurNewest.runs)),
        ("tail", OurTail, lambda: text_view(OurTail.streams.answer)),
    ):
        app.add_page(
            rx.fragment(realtime_subscription(state), view()),
            route=f"/ours/{name}",
            on_load=state.subscribe_from_route("target"),
        )
