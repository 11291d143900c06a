"""Vars that are typed by models, as pages and handlers use them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
import reflex as rx
from pydantic import BaseModel
from reflex_base.utils.exceptions import VarAttributeError
from reflex_base.utils.format import json_dumps
from reflex_base.vars.number import NumberVar

from reflex_realtime import (
    ConfigurationError,
    RealtimeBatchState,
    RealtimeRun,
    RealtimeRunState,
    RealtimeRunsWithStreamsState,
    RealtimeRunsWithTagState,
    RealtimeRunWithStreamsState,
)
from reflex_realtime.components import run_as
from reflex_realtime.feeds.events import PartsAdded, RunCounts, RunsChanged, RunSetChanged
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.streams import StreamCursor
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, Sentence

NOW = datetime(2026, 8, 1, 10, 0, 0, 250_000, tzinfo=UTC)


class Reached(BaseModel):
    reached: int = 0
    note: str = ""


class WordStreams(BaseModel):
    words: list[str] = []


class Counting(RealtimeRunState[Count, Counted, Reached], rx.State):
    seen_at_completion: int = -1

    @rx.event
    async def start(self, to: int):
        return self._subscribe(await self._trigger("count", Count(to=to)))

    async def _on_complete(self, run: Any, error: Any) -> None:
        self.seen_at_completion = run.metadata.reached


class CountingBatch(RealtimeBatchState[Count, Counted, Reached], rx.State):
    pass


class CountingTags(RealtimeRunsWithTagState[Count, Counted, Reached], rx.State):
    pass


class Speaking(RealtimeRunWithStreamsState[Sentence, int, WordStreams, Reached], rx.State):
    pass


class SpeakingSet(RealtimeRunsWithStreamsState[Sentence, int, WordStreams, Reached], rx.State):
    pass


# Metadata


@pytest.mark.parametrize(
    "run",
    [Counting.run, Speaking.run, CountingBatch.runs[0], CountingTags.runs[0], SpeakingSet.runs[0]],
    ids=["run", "run with streams", "batch", "tags", "runs with streams"],
)
def test_typed_metadata_is_a_typed_var(run: Any) -> None:
    assert isinstance(run.metadata.reached, NumberVar)
    with pytest.raises(VarAttributeError):
        _ = run.metadata.reeched


def test_typed_metadata_may_be_shown_before_there_is_a_run() -> None:
    assert str(Counting.run.metadata.reached).endswith('.run_rx_state_?.["metadata"]?.["reached"]')


async def test_typed_metadata_reaches_the_page_and_the_hook(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Counting.start, to=3)
        await browser.sees(lambda: browser.of(Counting)["seen_at_completion"] == 3)
        assert browser.of(Counting)["run"]["metadata"] == {"reached": 3, "note": ""}


def test_too_many_type_arguments_are_refused_by_name() -> None:
    with pytest.raises(ConfigurationError) as refused:
        RealtimeRunWithStreamsState[int, int, WordStreams, Reached, int]  # pyright: ignore[reportInvalidTypeArguments]
    assert "RealtimeRunWithStreamsState[Payload, Output, Streams, Metadata]" in refused.value.remedy


# Runs of several tasks


class Picture(BaseModel):
    url: str


class Table(BaseModel):
    rows: int


class Resize(RealtimeRun[str, Picture], frozen=True):
    task_identifier: Literal["resize"] = "resize"


class Export(RealtimeRun[str, Table], frozen=True):
    task_identifier: Literal["export"] = "export"


class Job(RealtimeRunState, rx.State):
    run: Resize | Export | None = None  # pyright: ignore[reportIncompatibleVariableOverride]


class Jobs(RealtimeBatchState, rx.State):
    runs: list[Resize | Export] = []  # pyright: ignore[reportIncompatibleVariableOverride]


def branches(run: Any) -> rx.Component | rx.Var[Any]:
    return rx.match(
        run.task_identifier,
        ("resize", rx.text(run_as(run, Resize).output.url)),
        ("export", rx.text(run_as(run, Export).output.rows + 1)),
        rx.text("nothing"),
    )


def shown(component: Any) -> str:
    return str(component.render())


def test_a_page_has_a_branch_for_each_task_with_its_types() -> None:
    page = shown(branches(Job.run))
    assert 'run_rx_state_?.["output"]?.["url"]' in page
    assert 'run_rx_state_?.["output"]?.["rows"] + 1' in page


def test_the_runs_of_a_list_have_branches_too() -> None:
    assert '["output"]?.["rows"] + 1' in shown(rx.foreach(Jobs.runs, branches))


def test_a_branch_has_no_attributes_of_the_other_task() -> None:
    with pytest.raises(VarAttributeError, match="rows"):
        _ = run_as(Job.run, Resize).output.rows


def test_a_branch_for_a_run_that_the_var_never_has_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"is never a Resize: .*\[Count, Counted, Reached"):
        run_as(Counting.run, Resize)
    with pytest.raises(ConfigurationError, match="names no RealtimeRun"):
        run_as(Counting.subscription_status, Resize)
    with pytest.raises(ConfigurationError, match="is not a var"):
        run_as(None, Resize)


def outcome(run: Resize | Export) -> str:
    match run:
        case Resize(output=Picture(url=url)):
            return url
        case Export(output=Table(rows=rows)):
            return f"{rows} rows"
        case _:
            return "nothing yet"


def test_a_handler_tells_runs_apart_by_their_class() -> None:
    times: Any = {"created_at": NOW, "updated_at": NOW}
    assert outcome(Resize(id="run_1", **times, output=Picture(url="/x"))) == "/x"
    assert outcome(Export(id="run_1", **times, output=Table(rows=5))) == "5 rows"
    assert outcome(Export(id="run_1", **times)) == "nothing yet"


# Times


class Event(BaseModel):
    at: datetime


class Reading(BaseModel):
    at: datetime = NOW
    events: list[Event] = []


class ReadingStreams(BaseModel):
    readings: list[Reading] = []
    marks: list[datetime] = []


class Measuring(RealtimeRunWithStreamsState[Event, Event, ReadingStreams, Reading], rx.State):
    pass


class MeasuringSet(RealtimeRunsWithStreamsState[Event, Event, ReadingStreams, Reading], rx.State):
    pass


BROWSER_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
"""The form of a time that the standard of JavaScript names, with which it needs no library."""


def times(sent: Any) -> list[str]:
    """All texts in what is sent that are times, in the form in which they are."""
    return re.findall(r"2026-08-\d\d[^\"]*", json_dumps(sent))


def measured(**fields: Any) -> RealtimeRun[Event, Event, Reading]:
    return RealtimeRun[Event, Event, Reading](id="run_1", created_at=NOW, updated_at=NOW, **fields)


EASTERN = NOW.astimezone(timezone(timedelta(hours=2)))
PARTS = {
    "readings": [{"at": "2026-08-01T12:00:00+02:00", "events": [{"at": "2026-08-01T10:00:00Z"}]}],
    "marks": ["2026-08-01T10:00:00.25Z"],
}


def added(run_id: str = "run_1") -> list[Any]:
    """What a feed says of a run with parts of both streams."""
    return [
        PartsAdded(run_id, stream, tuple(StreamPart(stream, it) for it in parts), StreamCursor())
        for stream, parts in PARTS.items()
    ]


def sent_by(state: Any) -> dict[str, Any]:
    """What a state sends now; afterwards the page has it."""
    sent = state.get_delta()[state.get_full_name()]
    state._clean()
    return sent


def new(state: type[Any]) -> Any:
    return state(_reflex_internal_init=True)


def test_the_times_of_a_run_are_in_the_form_that_browsers_read() -> None:
    state = new(Measuring)
    run = measured(
        started_at=NOW,
        payload=Event(at=EASTERN),
        output=Event(at=NOW),
        metadata=Reading(events=[Event(at=NOW)]),
    )
    state._apply([RunsChanged((run,), snapshot=True)])
    found = times(sent_by(state))
    assert len(found) == 7
    assert [time for time in found if not BROWSER_TIME.fullmatch(time)] == []


def test_times_in_a_patch_of_a_run_are_in_that_form() -> None:
    state = new(Measuring)
    state._apply([RunsChanged((measured(),), snapshot=True)])
    sent_by(state)
    later = measured(started_at=NOW, output=Event(at=EASTERN), metadata=Reading(at=EASTERN))
    state._apply([RunsChanged((later,))])
    found = times(sent_by(state))
    assert len(found) == 3
    assert [time for time in found if not BROWSER_TIME.fullmatch(time)] == []


def test_times_that_no_model_declares_are_in_that_form() -> None:
    run = RealtimeRun[Any, Any](id="run_1", created_at=NOW, updated_at=NOW, output={"at": [NOW]})
    found = times(run)
    assert len(found) == 3
    assert [time for time in found if not BROWSER_TIME.fullmatch(time)] == []


@pytest.mark.parametrize("kind", [Measuring, MeasuringSet])
def test_times_in_parts_are_in_that_form_whole_and_in_patches(kind: Any) -> None:
    state = new(kind)
    counts = RunCounts({}, NOW, NOW, NOW)
    shown = RunsChanged((measured(),), snapshot=True)
    first = shown if kind is Measuring else RunSetChanged(shown, shown, counts, list)
    state._apply([first])
    sent_by(state)
    state._apply(added())
    for sent in (sent_by(state), state.dict()[state.get_full_name()]["streams_rx_state_"]):
        found = times(sent)
        assert len(found) == 3
        assert [time for time in found if not BROWSER_TIME.fullmatch(time)] == []


def test_handlers_have_times_as_times() -> None:
    state = new(Measuring)
    state._apply(added())
    assert state.streams.readings[0].events[0].at == NOW.replace(microsecond=0)
    assert state.streams.marks == [NOW]
