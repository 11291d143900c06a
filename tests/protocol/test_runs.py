"""Rows of the runs feed become runs; what cannot be read becomes a problem of the run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator, model_validator

from reflex_realtime.errors import PayloadError, ProtocolError
from reflex_realtime.models import RealtimeRun, RunError, RunStatus
from reflex_realtime.protocol.columns import ColumnTypes
from reflex_realtime.protocol.runs import (
    Packet,
    RunReader,
    model_for_task,
    parse_run_error,
    run_from_row,
    run_status,
    stored_packets,
    unknown_columns,
)

TEXTS = (
    *("id", "friendlyId", "taskIdentifier", "status", "payload", "payloadType", "output"),
    *("outputType", "metadata", "metadataType"),
)
TIMES = (
    *("createdAt", "updatedAt", "startedAt", "delayUntil", "queuedAt", "expiredAt"),
    "completedAt",
)
SCHEMA: ColumnTypes = {
    **{name: {"type": "text"} for name in TEXTS},
    **{name: {"type": "timestamp"} for name in TIMES},
    "isTest": {"type": "bool"},
    "usageDurationMs": {"type": "int4"},
    "costInCents": {"type": "float8"},
    "baseCostInCents": {"type": "float8"},
    "error": {"type": "jsonb"},
    "runTags": {"type": "text", "dims": 1},
    "realtimeStreams": {"type": "text", "dims": 1},
}
ROW = {
    "id": "internal",
    "friendlyId": "run_1",
    "taskIdentifier": "create-report",
    "status": "PENDING",
    "createdAt": "2026-08-01T10:00:00.000",
    "updatedAt": "2026-08-01T10:00:01.000",
}


class Payload(BaseModel):
    topic: str


class Output(BaseModel):
    url: str


class Report(RealtimeRun[Payload, Output], frozen=True):
    task_identifier: Literal["create-report"] = "create-report"


class Digest(RealtimeRun[int, int], frozen=True):
    task_identifier: Literal["digest", "digest-all"] = "digest"


def read(*models: type[RealtimeRun[Any, Any, Any]], **columns: Any) -> Any:
    return run_from_row({**ROW, **columns}, SCHEMA, models or (RealtimeRun[Any, Any],))


def problems(run: RealtimeRun[Any, Any, Any]) -> dict[str, str]:
    return {problem.field: problem.message for problem in run.problems}


def test_a_row_becomes_a_run() -> None:
    run = read(
        status="COMPLETED_SUCCESSFULLY",
        isTest="t",
        usageDurationMs="12",
        costInCents="0.5",
        baseCostInCents="0.25",
        runTags='{"a","b"}',
        queuedAt="2026-08-01 10:00:02",
        startedAt="2026-08-01 10:00:03.5",
        delayUntil="2026-08-01 10:00:04",
        expiredAt="2026-08-01 10:00:05",
        completedAt="2026-08-01 10:00:06",
        realtimeStreams="{llm}",
        payload='{"topic":"tides"}',
        payloadType="application/json",
        output='{"json":{"url":"/x"}}',
        outputType="application/super+json",
        metadata='{"progress":1}',
        metadataType="application/json",
    )

    def at(second: int, microsecond: int = 0) -> datetime:
        return datetime(2026, 8, 1, 10, 0, second, microsecond, tzinfo=UTC)

    assert run == RealtimeRun[Any, Any](
        id="run_1",
        task_identifier="create-report",
        status=RunStatus.COMPLETED,
        created_at=at(0),
        updated_at=at(1),
        queued_at=at(2),
        started_at=at(3, 500_000),
        delayed_until=at(4),
        expired_at=at(5),
        finished_at=at(6),
        duration_ms=12,
        cost_in_cents=0.5,
        base_cost_in_cents=0.25,
        is_test=True,
        tags=["a", "b"],
        payload={"topic": "tides"},
        output={"url": "/x"},
        metadata={"progress": 1},
        realtime_streams=["llm"],
    )


def test_columns_that_are_null_empty_or_skipped_have_their_default() -> None:
    nothing = read(runTags=None, metadata="", output=None, outputType="application/json")
    assert nothing == read()
    assert (nothing.tags, nothing.metadata, nothing.output, nothing.finished_at) == (
        [],
        {},
        None,
        None,
    )


def test_a_run_without_an_update_time_was_updated_when_it_was_created() -> None:
    run = read(updatedAt=None)
    assert run.updated_at == run.created_at


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        ("DELAYED", "DELAYED"),
        ("WAITING_FOR_DEPLOY", "PENDING_VERSION"),
        ("PENDING_VERSION", "PENDING_VERSION"),
        ("PENDING", "QUEUED"),
        ("PAUSED", "WAITING"),
        ("WAITING_TO_RESUME", "WAITING"),
        ("DEQUEUED", "DEQUEUED"),
        ("RETRYING_AFTER_FAILURE", "EXECUTING"),
        ("EXECUTING", "EXECUTING"),
        ("CANCELED", "CANCELED"),
        ("COMPLETED_SUCCESSFULLY", "COMPLETED"),
        ("SYSTEM_FAILURE", "SYSTEM_FAILURE"),
        ("CRASHED", "CRASHED"),
        ("INTERRUPTED", "FAILED"),
        ("COMPLETED_WITH_ERRORS", "FAILED"),
        ("EXPIRED", "EXPIRED"),
        ("TIMED_OUT", "TIMED_OUT"),
        ("A_STATUS_OF_THE_FUTURE", "QUEUED"),
    ],
)
def test_a_status_on_the_wire_has_a_public_status(wire: str, status: str) -> None:
    assert run_status(wire) is RunStatus(status)


def test_a_status_that_is_not_known_counts_as_queued_and_is_a_problem() -> None:
    run = read(status="A_STATUS_OF_THE_FUTURE")
    assert run.status is RunStatus.QUEUED
    assert problems(run) == {"status": "the status 'A_STATUS_OF_THE_FUTURE' is not known"}


# Errors


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            {"type": "BUILT_IN_ERROR", "name": "E", "message": "m", "stackTrace": "s"},
            RunError(name="E", message="m", stack_trace="s"),
        ),
        ({"type": "STRING_ERROR", "raw": "text"}, RunError(message="text")),
        ({"type": "CUSTOM_ERROR", "raw": '{"a":1}'}, RunError(message='{"a":1}')),
        (
            {"type": "INTERNAL_ERROR", "code": "TASK_RUN_CANCELLED", "message": "m"},
            RunError(message="trigger.dev internal error (TASK_RUN_CANCELLED)"),
        ),
        ({"type": "OF_THE_FUTURE", "message": "m"}, RunError(message="m")),
        ({"name": None, "message": 5}, RunError(message="5")),
        ("text", RunError(message="text")),
        (["text"], RunError(message="['text']")),
        (None, None),
        ({}, None),
    ],
)
def test_an_error_is_shown_as_people_should_see_it(error: Any, expected: RunError | None) -> None:
    assert parse_run_error(error) == expected


def test_a_rows_error_column_is_json() -> None:
    assert read(error='{"type":"STRING_ERROR","raw":"x"}').error == RunError(message="x")


def test_an_error_of_a_type_that_is_not_known_shows_what_it_can_and_is_a_problem() -> None:
    run = read(error='{"type":"OF_THE_FUTURE","message":"m"}')
    assert run.error == RunError(message="m")
    assert problems(run) == {"error": "the type of error 'OF_THE_FUTURE' is not known"}


# Streams


@pytest.mark.parametrize(
    ("named", "streams"),
    [
        (["a", "b"], ["a", "b"]),
        ([], ["column"]),
        (["a", 1], ["column"]),
        ("a", ["column"]),
        (None, ["column"]),
    ],
)
def test_streams_named_in_the_metadata_beat_the_column(named: Any, streams: list[str]) -> None:
    metadata = json.dumps({"$$streams": named})
    run = read(metadata=metadata, metadataType="application/json", realtimeStreams="{column}")
    assert run.realtime_streams == streams


# Containment


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("payload", {"payload": "{", "payloadType": "application/json"}),
        ("payload", {"payload": "[" * 100_000, "payloadType": "application/json"}),
        ("output", {"output": "{}", "outputType": "application/super+json"}),
        ("metadata", {"metadata": "{", "metadataType": "application/json"}),
        ("metadata", {"metadata": "[1]", "metadataType": "application/json"}),
        ("tags", {"runTags": "not an array"}),
        ("tags", {"runTags": "{" * 100_000}),
        ("tags", {"runTags": 5}),
        ("error", {"error": "{"}),
        ("finished_at", {"completedAt": "yesterday"}),
        ("created_at", {"createdAt": "0001-01-01T00:00:00+23:00"}),
        ("duration_ms", {"usageDurationMs": "many"}),
        ("is_test", {"isTest": 5}),
        ("task_identifier", {"taskIdentifier": 5}),
        ("status", {"status": ["PENDING"]}),
        ("tags", {"runTags": "{a,{b}}"}),
        ("payload", {"payload": "1", "payloadType": 5}),
        ("payload", {"payload": {"a": 1}, "payloadType": "application/json"}),
    ],
)
def test_a_field_that_cannot_be_read_is_a_problem_and_the_rest_is_shown(
    field: str, columns: dict[str, Any]
) -> None:
    run = read(**{"isTest": "t", **columns})
    assert list(problems(run)) == [field]
    assert problems(run)[field]
    assert run.id == "run_1"
    assert run.status is RunStatus.QUEUED


def test_a_tag_that_is_null_is_left_out_and_said_to_be() -> None:
    run = read(runTags="{a,NULL,b}")
    assert (run.tags, list(problems(run))) == (["a", "b"], ["tags"])


def test_a_payload_that_does_not_fit_its_model_says_where() -> None:
    run = read(Report, payload='{"topic":5}', payloadType="application/json")
    assert run.payload is None
    assert problems(run) == {"payload": "payload.topic: Input should be a valid string"}


def test_each_field_that_does_not_fit_is_a_problem_of_its_own() -> None:
    columns = {"payload": "1", "payloadType": "application/json", "output": '{"url":"/x"}'}
    run = read(Report, **columns, outputType="application/json", metadata="x")
    assert list(problems(run)) == ["payload"]
    assert run.output == Output(url="/x")


def test_a_row_without_a_run_id_is_no_run() -> None:
    with pytest.raises(ProtocolError, match="friendlyId"):
        read(friendlyId=None)


def test_a_model_that_requires_what_runs_do_not_have_is_named() -> None:
    class Wider(RealtimeRun[Any, Any], frozen=True):
        region: str

    with pytest.raises(ProtocolError, match=r"run_1 does not fit the model Wider: region"):
        read(Wider)


def test_a_model_that_refuses_the_whole_run_is_named() -> None:
    class Strict(RealtimeRun[Any, Any], frozen=True):
        @model_validator(mode="after")
        def _refuse(self) -> Strict:
            raise ValueError("never good enough")

    with pytest.raises(ProtocolError, match="never good enough"):
        read(Strict)


class Crashing(BaseModel):
    topic: str

    @field_validator("topic")
    @classmethod
    def _look_up(cls, topic: str) -> str:
        return {"tides": "sea"}[topic]


def test_a_model_whose_validator_crashes_loses_only_the_field_it_crashes_on() -> None:
    columns = {"payload": '{"topic":"rain"}', "payloadType": "application/json", "isTest": "t"}
    run = read(RealtimeRun[Crashing, Any], **columns, output="1", outputType="application/json")
    assert (run.payload, run.output, run.is_test) == (None, 1, True)
    assert problems(run) == {"payload": "a validator of the model failed with KeyError: 'rain'"}


def test_a_model_that_crashes_on_every_run_is_named() -> None:
    class Broken(RealtimeRun[Any, Any], frozen=True):
        @model_validator(mode="before")
        @classmethod
        def _fail(cls, values: Any) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ProtocolError, match=r"run_1 does not fit the model Broken.*ZeroDivision"):
        read(Broken)


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "x" * 10_000},
        {"usageDurationMs": "x" * 10_000},
        {"completedAt": "x" * 10_000},
        {"payload": "x" * 10_000, "payloadType": "application/json"},
        {"payload": json.dumps({"topic": "x" * 10_000}), "payloadType": "application/json"},
    ],
)
def test_a_problem_never_quotes_at_length_what_the_run_holds(columns: dict[str, Any]) -> None:
    run = read(RealtimeRun[Crashing, Any], **columns)
    (problem,) = run.problems
    assert len(problem.message) < 400


WIRE_TEXT = st.text() | st.sampled_from(["{", "{}", "[]", "null", '{"a"', "NaN", "-1", "t"])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WIRE_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
DATA_TYPES = st.sampled_from(
    ["application/json", "application/super+json", "text/plain", "application/store", "x"]
)
COLUMNS = st.fixed_dictionaries(
    {},
    optional={
        name: DATA_TYPES | JSON_VALUES if name.endswith("Type") else JSON_VALUES
        for name in sorted({*SCHEMA} - {"friendlyId"})
    },
)


@given(COLUMNS)
def test_whatever_the_columns_hold_the_run_is_shown(columns: dict[str, Any]) -> None:
    row = {**ROW, **columns}
    run = run_from_row(row, SCHEMA, (RealtimeRun[Payload, Output],))
    assert run.id == "run_1"


# Metadata in a model


class Progress(BaseModel):
    progress: int = 0
    label: str = ""


Typed: TypeAlias = RealtimeRun[Any, Any, Progress]


def reported(**metadata: Any) -> dict[str, Any]:
    return {"metadata": json.dumps(metadata), "metadataType": "application/json"}


def test_metadata_is_read_into_its_model() -> None:
    assert read(Typed, **reported(progress=5, label="half")).metadata == Progress(
        progress=5, label="half"
    )


def test_metadata_that_is_not_there_yet_has_the_defaults_of_its_model() -> None:
    assert read(Typed).metadata == Progress()
    assert read(Typed, **reported(label="begun")).metadata == Progress(label="begun")


def test_a_key_of_the_metadata_that_does_not_fit_leaves_the_others() -> None:
    run = read(Typed, **reported(progress="much", label="half"))
    assert run.metadata == Progress(label="half")
    assert problems(run) == {
        "metadata": "metadata.progress: Input should be a valid integer, unable to parse string as "
        "an integer"
    }


@pytest.mark.parametrize("metadata", ["[1]", '"text"', "5", "true"])
def test_metadata_that_is_no_object_has_the_defaults_and_a_problem(metadata: str) -> None:
    run = read(Typed, metadata=metadata, metadataType="application/json")
    assert run.metadata == Progress()
    assert list(problems(run)) == ["metadata"]


def test_a_model_of_metadata_that_refuses_the_whole_of_it_has_the_defaults() -> None:
    class Paired(BaseModel):
        done: int = 0
        total: int = 0

        @model_validator(mode="after")
        def _within(self) -> Paired:
            if self.done > self.total:
                raise ValueError("more done than there is")
            return self

    run = read(RealtimeRun[Any, Any, Paired], **reported(done=2, total=1))
    assert run.metadata == Paired()
    assert problems(run) == {"metadata": "metadata: Value error, more done than there is"}


def test_streams_are_named_in_typed_metadata_that_is_stored_elsewhere_each_time() -> None:
    reader = RunReader((Typed,))
    packet = Packet('{"$$streams":["answer"],"progress":1}', "application/json")
    row = {**ROW, "metadata": "packets/metadata.json", "metadataType": "application/store"}
    for _ in range(2):
        run = reader.read(row, SCHEMA, {"metadata": packet})
        assert (run.realtime_streams, run.metadata) == (["answer"], Progress(progress=1))


@given(JSON_VALUES)
def test_whatever_the_metadata_holds_the_run_is_shown(metadata: Any) -> None:
    row = {**ROW, "metadata": json.dumps(metadata), "metadataType": "application/json"}
    assert run_from_row(row, SCHEMA, (Typed,)).id == "run_1"


@given(st.dictionaries(st.sampled_from(["progress", "label", "Progress", "x"]), JSON_VALUES))
def test_whatever_the_keys_of_the_metadata_hold_the_run_is_shown(metadata: Any) -> None:
    row = {**ROW, "metadata": json.dumps(metadata), "metadataType": "application/json"}
    for model in (Typed, RealtimeRun[Any, Any, Progress | None], RealtimeRun[Any, Any, Any]):
        assert run_from_row(row, SCHEMA, (model,)).id == "run_1"


# Many rows of one feed


def test_a_reader_follows_a_change_of_the_schema() -> None:
    reader = RunReader((RealtimeRun[Any, Any],))
    row = {**ROW, "runTags": "[]"}
    assert list(problems(reader.read(row, SCHEMA))) == ["tags"]
    assert problems(reader.read(row, {**SCHEMA, "runTags": {"type": "jsonb"}})) == {}


def test_runs_of_the_same_row_share_nothing_that_can_be_changed() -> None:
    columns = {"payload": '{"parts":[1]}', "payloadType": "application/json", "runTags": "{a}"}
    row = {**ROW, **columns}
    reader = RunReader((RealtimeRun[Any, Any],))
    first = reader.read(row, SCHEMA)
    first.payload["parts"].append(2)
    first.tags.append("b")
    again = reader.read(row, SCHEMA)
    assert (again.payload, again.tags) == ({"parts": [1]}, ["a"])


def test_columns_that_are_not_known_are_named() -> None:
    schema = {**SCHEMA, "number": {"type": "int4"}, "ttl": {"type": "text"}}
    assert unknown_columns(schema) == ()
    assert unknown_columns({**schema, "region": {"type": "text"}}) == ("region",)


# Packets


STORED_ROW = {
    "payload": "packets/payload.json",
    "payloadType": "application/store",
    "output": '{"url":"/x"}',
    "outputType": "application/json",
    "metadata": "packets/metadata.json",
    "metadataType": "application/store; charset=utf-8",
}


def test_what_is_stored_elsewhere_is_named_with_its_path() -> None:
    paths = {"payload": "packets/payload.json", "metadata": "packets/metadata.json"}
    assert stored_packets({**ROW, **STORED_ROW}) == paths
    assert stored_packets({**ROW, **STORED_ROW, "payload": None, "metadata": 5}) == {}


def test_what_was_fetched_takes_the_place_of_the_path() -> None:
    packets = {
        "payload": Packet('{"topic":"tides"}', "application/json; charset=utf-8"),
        "metadata": PayloadError("The storage refused."),
    }
    models = (RealtimeRun[Payload, Output],)
    run = run_from_row({**ROW, **STORED_ROW}, SCHEMA, models, packets)
    assert (run.payload, run.output) == (Payload(topic="tides"), Output(url="/x"))
    assert (run.metadata, problems(run)) == ({}, {"metadata": "The storage refused."})


def test_what_was_not_fetched_is_a_problem() -> None:
    assert list(problems(read(**STORED_ROW))) == ["payload", "metadata"]


STORED_PAYLOAD = {**ROW, "payload": "packets/payload.json", "payloadType": "application/store"}


def test_what_is_stored_is_parsed_once_while_it_is_unchanged() -> None:
    reader = RunReader((RealtimeRun[Payload, Any],))
    packet = Packet('{"topic":"tides"}', "application/json")
    first = reader.read(STORED_PAYLOAD, SCHEMA, {"payload": packet})
    again = reader.read({**STORED_PAYLOAD, "status": "CANCELED"}, SCHEMA, {"payload": packet})
    assert again.status == "CANCELED"
    assert again.payload is first.payload
    other = Packet('{"topic":"winds"}', "application/json")
    changed = reader.read(STORED_PAYLOAD, SCHEMA, {"payload": other})
    assert changed.payload == Payload(topic="winds")


def test_what_is_stored_is_not_shared_between_readers_or_runs() -> None:
    models = (RealtimeRun[Any, Any],)
    packet = Packet('{"list":[]}', "application/json")
    reader = RunReader(models)
    first = reader.read(STORED_PAYLOAD, SCHEMA, {"payload": packet})
    first.payload["list"].append(1)
    other_run = {**STORED_PAYLOAD, "friendlyId": "run_other"}
    assert reader.read(other_run, SCHEMA, {"payload": packet}).payload == {"list": []}
    assert RunReader(models).read(STORED_PAYLOAD, SCHEMA, {"payload": packet}).payload == {
        "list": []
    }


def test_a_stored_packet_that_cannot_be_read_is_a_problem_each_time() -> None:
    reader = RunReader((RealtimeRun[Payload, Any],))
    packet = Packet("{", "application/json")
    for _ in range(2):
        run = reader.read(STORED_PAYLOAD, SCHEMA, {"payload": packet})
        assert list(problems(run)) == ["payload"]


def test_values_that_json_lacks_reach_the_model() -> None:
    class Times(BaseModel):
        at: datetime
        days: set[str]

    payload = {
        "json": {"at": "2026-08-01T10:00:00.000Z", "days": ["mon"]},
        "meta": {"values": {"at": ["Date"], "days": ["set"]}},
    }
    columns = {"payload": json.dumps(payload), "payloadType": "application/super+json"}
    run = read(RealtimeRun[Times, Any], **columns)
    assert run.payload == Times(at=datetime(2026, 8, 1, 10, tzinfo=UTC), days={"mon"})


# Several tasks in one feed


def test_the_task_chooses_the_model() -> None:
    payload = {"payload": '{"topic":"t"}', "payloadType": "application/json"}
    report = read(Digest, Report, **payload)
    digest = read(
        Digest, Report, taskIdentifier="digest-all", payload="5", payloadType="text/plain"
    )
    assert isinstance(report, Report)
    assert isinstance(digest, Digest)
    assert (report.payload, digest.payload) == (Payload(topic="t"), 5)


def test_a_model_that_names_no_task_serves_any() -> None:
    models = (Digest, RealtimeRun[str, Any])
    assert model_for_task(models, "digest") is Digest
    assert model_for_task(models, "other") is models[1]
    assert model_for_task((Digest,), "other") is None


def test_a_task_that_no_model_names_shows_neither_payload_nor_output_nor_metadata() -> None:
    data = {"payload": '"secret"', "output": '"secret"', **reported(note="secret")}
    types = {"payloadType": "application/json", "outputType": "application/json"}
    run = read(Report, Digest, taskIdentifier="other", **data, **types)
    assert (run.task_identifier, run.payload, run.output) == ("other", None, None)
    assert run.metadata == {}
    assert list(problems(run)) == ["task_identifier"]
    assert "secret" not in repr(run)
