"""What handlers and hooks know of the vars of each mixin."""

from __future__ import annotations

from typing import Any, assert_never, assert_type

import reflex as rx

from reflex_realtime import (
    BatchHandle,
    RealtimeErrorInfo,
    RealtimeRun,
    RealtimeRunState,
    RealtimeStreamState,
    TaskHandle,
)
from tests.typing.declared import (
    Answer,
    Bare,
    BareStream,
    BareStreams,
    Chat,
    Export,
    Import,
    Job,
    Jobs,
    Metadata,
    Output,
    Panel,
    Part,
    Payload,
    Report,
    Resize,
    Streams,
    Tagged,
    ThreeArguments,
    TwoArguments,
)


def one_run(report: Report) -> None:
    assert_type(report.run, RealtimeRun[Payload, Output, Metadata] | None)
    assert_type(report.error, RealtimeErrorInfo | None)
    assert report.run
    assert_type(report.run.payload, Payload | None)
    assert_type(report.run.output, Output | None)
    assert_type(report.run.metadata, Metadata)
    assert_type(report.run.metadata.progress, float)
    _ = report.run.metadata.progess  # pyright: ignore[reportAttributeAccessIssue]
    report.run.status = "x"  # pyright: ignore[reportAttributeAccessIssue]


def one_run_with_streams(chat: Chat) -> None:
    assert_type(chat.run, RealtimeRun[Payload, Output, Metadata] | None)
    assert_type(chat.streams, Streams)
    assert_type(chat.streams.answer, list[str])


def sets(tagged: Tagged, batch: Import, panel: Panel) -> None:
    assert_type(tagged.runs, list[RealtimeRun[Payload, Output, Metadata]])
    assert_type(batch.runs, list[RealtimeRun[Payload, Output, Metadata]])
    assert_type(panel.runs, list[RealtimeRun[Payload, Output, Metadata]])
    assert_type(panel.streams, dict[str, Streams])
    assert_type(batch.counts, dict[str, int])
    assert_type(batch.eta_seconds, int | None)


def one_stream(answer: Answer) -> None:
    assert_type(answer.parts, list[Part])


def what_is_not_given(
    two: TwoArguments, three: ThreeArguments, bare: Bare, streams: BareStreams, stream: BareStream
) -> None:
    assert two.run
    assert three.run
    assert bare.run
    assert_type(two.run.metadata, dict[str, Any])
    assert_type(three.run.metadata, dict[str, Any])
    assert_type(three.streams, Streams)
    assert_type(bare.run, RealtimeRun[Any, Any, dict[str, Any]])
    assert_type(streams.streams, dict[str, list[Any]])
    assert_type(stream.parts, list[Any])


def several_tasks(job: Job, jobs: Jobs) -> None:
    assert_type(job.run, Resize | Export | None)
    match job.run:
        case Resize(output=output, metadata=metadata):
            assert_type(output, Output | None)
            assert_type(metadata, Metadata)
        case Export(output=rows, metadata=metadata):
            assert_type(rows, int | None)
            assert_type(metadata, dict[str, Any])
        case None:
            pass
        case run:
            assert_never(run)
    for run in jobs.runs:
        if run.task_identifier == "resize":
            assert_type(run, Resize)
        else:
            assert_type(run, Export)


async def calls(report: Report, batch: Import) -> None:
    assert_type(await report._trigger("report", Payload(topic="tides")), TaskHandle | None)
    assert_type(await batch._batch_trigger("report", [Payload(topic="t")]), BatchHandle | None)
    assert_type(await report._cancel("run_1"), bool)
    report._subscribe("run_1", throttle_ms=0, max_parts=None, stream="answer", start_index=1)
    report._subscribe("run_1", throttle=0)  # pyright: ignore[reportCallIssue]
    report._subscribe("run_1", timeout_seconds="1m")  # pyright: ignore[reportArgumentType]


class Hooked(RealtimeRunState[Payload, Output, Metadata], rx.State):
    async def _on_complete(
        self, run: RealtimeRun[Payload, Output, Metadata], error: RealtimeErrorInfo | None
    ) -> Any:
        return rx.toast.success(f"{run.metadata.progress}")


class Mistyped(RealtimeRunState[Payload, Output, Metadata], rx.State):
    async def _on_complete(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, run: RealtimeRun[Output, Payload], error: RealtimeErrorInfo | None
    ) -> Any:
        return None


class Heard(RealtimeStreamState[Part], rx.State):
    async def _on_stream_complete(self, parts: list[Part]) -> None:
        assert_type(parts[0].text, str)


class TooMany(RealtimeStreamState[Part, Part], rx.State):  # pyright: ignore[reportInvalidTypeArguments]
    pass
