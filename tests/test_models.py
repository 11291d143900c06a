"""The public models: what a run says about itself, and what survives a trip."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ValidationError

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.models import (
    BatchHandle,
    RealtimeRun,
    RunError,
    RunStatus,
    TaskHandle,
)

NOW = datetime(2026, 8, 1, tzinfo=UTC)


class Payload(BaseModel):
    topic: str


class Output(BaseModel):
    url: str


class Report(RealtimeRun[Payload, Output], frozen=True):
    task_identifier: Literal["create-report"] = "create-report"


def run(status: str = "QUEUED", **fields: Any) -> RealtimeRun[Any, Any]:
    return RealtimeRun[Any, Any](
        id="run_1", created_at=NOW, updated_at=NOW, status=RunStatus(status), **fields
    )


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        ("DELAYED", {"queued"}),
        ("PENDING_VERSION", {"queued"}),
        ("QUEUED", {"queued"}),
        ("DEQUEUED", {"executing"}),
        ("EXECUTING", {"executing"}),
        ("WAITING", {"waiting"}),
        ("COMPLETED", {"success", "completed", "finished"}),
        ("FAILED", {"failed", "completed", "finished"}),
        ("CRASHED", {"failed", "completed", "finished"}),
        ("SYSTEM_FAILURE", {"failed", "completed", "finished"}),
        ("EXPIRED", {"failed", "completed", "finished"}),
        ("TIMED_OUT", {"failed", "completed", "finished"}),
        ("CANCELED", {"cancelled", "finished"}),
    ],
)
def test_a_status_decides_the_flags(status: str, flags: set[str]) -> None:
    shown = run(status).model_dump()
    assert {name for name, value in shown.items() if name.startswith("is_") and value} == {
        f"is_{flag}" for flag in flags
    }


def test_every_status_has_a_flag() -> None:
    for status in RunStatus:
        shown = run(status).model_dump(exclude={"is_test"})
        assert any(value for name, value in shown.items() if name.startswith("is_"))


def test_a_run_with_an_end_is_finished_whatever_its_status() -> None:
    assert run("EXECUTING", finished_at=NOW).is_finished


def test_the_flags_are_part_of_what_a_page_gets() -> None:
    assert json.loads(run("COMPLETED").model_dump_json())["is_success"] is True


def test_a_run_cannot_be_changed() -> None:
    changed: Any = run()
    with pytest.raises(ValidationError):
        changed.status = RunStatus.FAILED


def test_two_runs_share_no_lists() -> None:
    one, other = run(), run()
    one.tags.append("x")
    assert other.tags == []


def test_a_run_is_typed_by_its_payload_and_output() -> None:
    typed = RealtimeRun[Payload, Output].model_validate(
        {**run().model_dump(), "payload": {"topic": "t"}, "output": {"url": "/"}}
    )
    assert (typed.payload, typed.output) == (Payload(topic="t"), Output(url="/"))


class Progress(BaseModel):
    progress: int = 0


def test_the_metadata_of_a_run_may_be_typed_too() -> None:
    typed = RealtimeRun[Payload, Output, Progress]
    values = run().model_dump() | {"metadata": {"progress": 5}}
    assert typed.model_validate(values).metadata == Progress(progress=5)
    assert typed(id="run_1", created_at=NOW, updated_at=NOW).metadata == Progress()


def test_metadata_that_requires_a_key_is_refused_where_it_is_declared() -> None:
    class Required(BaseModel):
        progress: int
        label: str
        note: str = ""

    with pytest.raises(ConfigurationError, match="Required requires progress, label"):
        RealtimeRun[Payload, Output, Required]


TYPED = RealtimeRun[Payload, Output](
    id="run_1",
    created_at=NOW,
    updated_at=NOW,
    payload=Payload(topic="t"),
    error=RunError(message="m"),
)
REPORTED = RealtimeRun[Payload, Output, Progress](
    id="run_1", created_at=NOW, updated_at=NOW, metadata=Progress(progress=5)
)
SUBCLASSED = Report(id="run_1", created_at=NOW, updated_at=NOW, output=Output(url="/"))


SUBJECTS = pytest.mark.parametrize(
    "subject",
    [run("FAILED"), TYPED, REPORTED, SUBCLASSED],
    ids=["any", "typed", "typed metadata", "sub"],
)


@SUBJECTS
def test_a_run_survives_being_pickled(subject: RealtimeRun[Any, Any, Any]) -> None:
    """Reflex keeps the state of a session so, in Redis too."""
    again = pickle.loads(pickle.dumps(subject))
    assert type(again) is type(subject)
    assert again == subject
    assert again.model_dump() == subject.model_dump()


@SUBJECTS
def test_a_run_survives_being_copied(subject: RealtimeRun[Any, Any, Any]) -> None:
    assert copy.deepcopy(subject) == subject
    assert copy.copy(subject) == subject


def test_a_handle_does_not_show_its_token() -> None:
    handles = [
        TaskHandle(id="run_1", public_access_token="eyJ"),
        BatchHandle(id="batch_1", run_count=1, public_access_token="eyJ"),
    ]
    assert "eyJ" not in repr(handles)
