"""What pages know of the vars of each mixin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

import reflex as rx
from reflex_base.vars.number import NumberVar
from reflex_base.vars.object import ObjectVar
from reflex_base.vars.sequence import ArrayVar

from reflex_realtime import (
    RealtimeErrorInfo,
    RealtimeRun,
    RealtimeRunState,
    RealtimeRunsWithStreamsState,
    RealtimeRunWithStreamsState,
    RealtimeStreamState,
)
from reflex_realtime.components import (
    realtime_subscription,
    run_as,
    runs_sorted,
    runs_with_status,
)
from tests.typing.declared import (
    Answer,
    Chat,
    Export,
    Import,
    Job,
    Metadata,
    Output,
    Panel,
    Part,
    Payload,
    Report,
    Resize,
    Streams,
)

assert_type(Report.run, ObjectVar[RealtimeRun[Payload, Output, Metadata]])
assert_type(Chat.streams, ObjectVar[Streams])
assert_type(Panel.runs, ArrayVar[Sequence[RealtimeRun[Payload, Output, Metadata]]])
assert_type(Answer.parts, ArrayVar[Sequence[Part]])
assert_type(Import.total, NumberVar[int])
assert_type(Import.progress, NumberVar)

assert_type(Job.run, ObjectVar[Resize | Export])
assert_type(run_as(Job.run, Resize), ObjectVar[Resize])
assert_type(run_as(Job.run, Export), ObjectVar[Export])
run_as(Job.run, Payload)  # pyright: ignore[reportArgumentType]

assert_type(
    runs_sorted(Panel.runs, "created_at"),
    ArrayVar[Sequence[RealtimeRun[Payload, Output, Metadata]]],
)
assert_type(
    runs_with_status(Panel.runs, ["FAILED"]),
    ArrayVar[Sequence[RealtimeRun[Payload, Output, Metadata]]],
)
assert_type(realtime_subscription(Report), rx.Component)
realtime_subscription(Payload)  # pyright: ignore[reportArgumentType]


def of_any_state(
    one: type[RealtimeRunState[Payload, Output, Metadata]],
    chat: type[RealtimeRunWithStreamsState[Payload, Output, Streams, Metadata]],
    panel: type[RealtimeRunsWithStreamsState[Payload, Output, Streams, Metadata]],
    answer: type[RealtimeStreamState[Part]],
) -> None:
    """What functions know that show any state of a mixin."""
    assert_type(one.run, ObjectVar[RealtimeRun[Payload, Output, Metadata]])
    assert_type(one.error, ObjectVar[RealtimeErrorInfo])
    assert_type(chat.streams, ObjectVar[Streams])
    assert_type(panel.runs, ArrayVar[Sequence[RealtimeRun[Payload, Output, Metadata]]])
    assert_type(panel.streams["run_1"], ObjectVar[Streams])
    assert_type(answer.parts, ArrayVar[Sequence[Part]])
