"""What the type tests declare: models of two tasks, of what they report and of what they write.

The modules here are not run. A type checker reads them, with `make types`: it fails where a type is
no longer inferred, and where an error that is expected is no longer found.
"""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeRun,
    RealtimeRunState,
    RealtimeRunsWithStreamsState,
    RealtimeRunsWithTagState,
    RealtimeRunWithStreamsState,
    RealtimeStreamState,
)


class Payload(BaseModel):
    topic: str


class Output(BaseModel):
    url: str


class Metadata(BaseModel):
    progress: float = 0


class Streams(BaseModel):
    answer: list[str] = []


class Part(BaseModel):
    text: str


class Report(RealtimeRunState[Payload, Output, Metadata], rx.State):
    pass


class Chat(RealtimeRunWithStreamsState[Payload, Output, Streams, Metadata], rx.State):
    pass


class Tagged(RealtimeRunsWithTagState[Payload, Output, Metadata], rx.State):
    pass


class Import(RealtimeBatchState[Payload, Output, Metadata], rx.State):
    pass


class Panel(RealtimeRunsWithStreamsState[Payload, Output, Streams, Metadata], rx.State):
    pass


class Answer(RealtimeStreamState[Part], rx.State):
    pass


class TwoArguments(RealtimeRunState[Payload, Output], rx.State):
    pass


class ThreeArguments(RealtimeRunWithStreamsState[Payload, Output, Streams], rx.State):
    pass


class Bare(RealtimeRunState, rx.State):
    pass


class BareStreams(RealtimeRunWithStreamsState, rx.State):
    pass


class BareStream(RealtimeStreamState, rx.State):
    pass


class Resize(RealtimeRun[Payload, Output, Metadata], frozen=True):
    task_identifier: Literal["resize"] = "resize"


class Export(RealtimeRun[Payload, int], frozen=True):
    task_identifier: Literal["export"] = "export"


class Job(RealtimeRunState[Any, Any, Any], rx.State):
    run: rx.Field[Resize | Export | None]  # pyright: ignore[reportIncompatibleVariableOverride]


class Jobs(RealtimeBatchState[Any, Any, Any], rx.State):
    runs: rx.Field[list[Resize | Export]]  # pyright: ignore[reportIncompatibleVariableOverride]
