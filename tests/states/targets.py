"""What a hostile browser aims at: a state of each mixin, none of which grants it anything."""

from __future__ import annotations

from typing import Any

import reflex as rx

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeRunState,
    RealtimeRunsWithStreamsState,
    RealtimeRunsWithTagState,
    RealtimeRunWithStreamsState,
    RealtimeStreamState,
)
from tests.states.tasks import Count, Counted

REPORTED: list[Any] = []
"""What the hooks were told."""


class TargetRun(RealtimeRunState[Count, Counted], rx.State):
    async def _on_complete(self, run: Any, error: Any) -> None:
        REPORTED.append(run)


class TargetStreams(RealtimeRunWithStreamsState[Count, Counted], rx.State):
    async def _on_complete(self, run: Any, error: Any) -> None:
        REPORTED.append(run)


class TargetTags(RealtimeRunsWithTagState[Count, Counted], rx.State):
    async def _on_run_complete(self, run: Any) -> None:
        REPORTED.append(run)


class TargetBatch(RealtimeBatchState[Count, Counted], rx.State):
    async def _on_run_complete(self, run: Any) -> None:
        REPORTED.append(run)

    async def _on_all_complete(self, runs: Any) -> None:
        REPORTED.append(runs)


class TargetSet(RealtimeRunsWithStreamsState[Count, Counted], rx.State):
    async def _on_run_complete(self, run: Any) -> None:
        REPORTED.append(run)

    async def _on_all_complete(self, runs: Any) -> None:
        REPORTED.append(runs)


class TargetStream(RealtimeStreamState[str], rx.State):
    async def _on_stream_complete(self, parts: Any) -> None:
        REPORTED.append(parts)


TARGETS = [TargetRun, TargetStreams, TargetTags, TargetBatch, TargetSet, TargetStream]
HANDLERS = [(state, name) for state in TARGETS for name in state.event_handlers]
"""Everything that a browser can call."""

VARS = [
    (state, name)
    for state in TARGETS
    for name in {**state.get_fields(), **state.vars}
    if name not in {**rx.State.get_fields(), **rx.State.vars}
]
"""Everything that the mixins keep, in vars or out of a browser's sight."""
