"""What is asked of the server: paths, query parameters, headers and bodies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, Field

from reflex_realtime.errors import ConfigurationError, PayloadError
from reflex_realtime.protocol.requests import (
    batch_request,
    client_version,
    run_request,
    stream_headers,
    stream_path,
    tag_request,
    to_json_text,
    to_json_value,
    trigger_body,
    trigger_options,
    trigger_path,
)


class Report(BaseModel):
    topic: str
    due_at: datetime = Field(alias="dueAt", default=datetime(2026, 8, 1, tzinfo=UTC))


def test_a_run_is_asked_for_by_its_id() -> None:
    request = run_request("run_1")
    assert (request.path, request.params, request.run_id) == (
        "/realtime/v1/runs/run_1",
        {},
        "run_1",
    )


def test_a_batch_is_asked_for_by_its_id() -> None:
    request = batch_request("batch_1", skip_columns=["payload"])
    assert request.path == "/realtime/v1/batches/batch_1"
    assert request.params == {"skipColumns": "payload"}


@pytest.mark.parametrize(
    ("tags", "joined"), [("a", "a"), (["a", "b"], "a,b"), (["env:staging"], "env:staging")]
)
def test_tags_are_joined_by_commas(tags: str | list[str], joined: str) -> None:
    assert tag_request(tags).params == {"tags": joined}


def test_a_tag_feed_can_look_back_and_leave_columns_out() -> None:
    request = tag_request("a", created_at="1h", skip_columns=("payload", "output"))
    assert request.params == {"tags": "a", "createdAt": "1h", "skipColumns": "payload,output"}


@pytest.mark.parametrize("tags", ["", [], ["a", ""], "a,b", ["a", "b,c"]])
def test_tags_that_cannot_be_asked_for_are_refused(tags: str | list[str]) -> None:
    with pytest.raises(ConfigurationError, match="tag") as caught:
        tag_request(tags)
    assert caught.value.remedy


def test_a_window_that_is_no_duration_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="yesterday"):
        tag_request("a", created_at="yesterday")


@pytest.mark.parametrize("column", ["updatedAt", "status", "friendlyId"])
def test_columns_that_every_run_needs_cannot_be_skipped(column: str) -> None:
    with pytest.raises(ConfigurationError, match=column):
        run_request("run_1", skip_columns=["payload", column])


def test_one_column_may_be_given_as_text() -> None:
    assert run_request("run_1", skip_columns="payload").params == {"skipColumns": "payload"}


@pytest.mark.parametrize("make", [run_request, batch_request, trigger_path])
def test_an_empty_id_is_refused(make: Any) -> None:
    with pytest.raises(ConfigurationError, match="id is empty"):
        make("")


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    assert run_request("../x?y").path == "/realtime/v1/runs/..%2Fx%3Fy"
    assert batch_request("a/b").path == "/realtime/v1/batches/a%2Fb"
    assert (
        stream_path("run/1", "my stream/é") == "/realtime/v1/streams/run%2F1/my%20stream%2F%C3%A9"
    )
    assert trigger_path("a/b#c") == "/api/v1/tasks/a%2Fb%23c/trigger"


def test_a_stream_is_opened_from_its_start_with_the_servers_timeout() -> None:
    assert stream_headers("", None) == {"Accept": "text/event-stream"}


def test_a_stream_is_resumed_after_an_id() -> None:
    headers = stream_headers("5-0", 600)
    assert (headers["Last-Event-ID"], headers["Timeout-Seconds"]) == ("5-0", "600")


@pytest.mark.parametrize("seconds", [0, -1, 601])
def test_a_timeout_that_the_server_would_not_take_is_refused(seconds: int) -> None:
    with pytest.raises(ConfigurationError, match=str(seconds)) as caught:
        stream_headers("", seconds)
    assert "1 to 600" in caught.value.remedy


def test_a_model_is_sent_by_the_names_of_its_aliases() -> None:
    body = trigger_body(Report(topic="tides"), {"tags": ["a"], "delay": None})
    assert body == {
        "payload": {"topic": "tides", "dueAt": "2026-08-01T00:00:00Z"},
        "options": {"tags": ["a"], "payloadType": "application/json"},
    }


def test_text_is_sent_as_text() -> None:
    assert trigger_body("{}", {})["options"] == {"payloadType": "text/plain"}


def test_what_json_lacks_is_sent_as_super_json() -> None:
    body = trigger_body({"at": datetime(2026, 8, 1, tzinfo=UTC)}, {})
    assert body["options"] == {"payloadType": "application/super+json"}
    assert json.loads(body["payload"]) == {
        "json": {"at": "2026-08-01T00:00:00.000Z"},
        "meta": {"values": {"at": ["Date"]}},
    }


def test_a_payload_without_a_form_is_refused() -> None:
    with pytest.raises(PayloadError, match="'a'") as caught:
        trigger_body({"a": object()}, {})
    assert caught.value.remedy


def test_a_task_without_a_payload_is_sent_none() -> None:
    assert trigger_body(None, {}) == {"options": {}}


@pytest.mark.parametrize("payload", [0, False, "", [], {}])
def test_an_empty_payload_is_a_payload(payload: Any) -> None:
    assert trigger_body(payload, {})["payload"] == payload


@pytest.mark.parametrize("payload", [{"a": object()}, object(), {"a": {object()}}])
def test_what_has_no_json_form_is_a_payload_error(payload: Any) -> None:
    with pytest.raises(PayloadError, match="no JSON form") as caught:
        to_json_value(payload)
    assert caught.value.remedy


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_cannot_write_are_a_payload_error(number: float) -> None:
    with pytest.raises(PayloadError, match="no JSON form"):
        to_json_text({"a": [number]})


def test_a_payload_that_holds_itself_is_a_payload_error() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(PayloadError):
        to_json_value(endless)


def test_trigger_options_have_the_names_of_the_wire() -> None:
    options = trigger_options(
        tags="a",
        idempotency_key="k",
        delay="5m",
        ttl=60,
        metadata={"at": datetime(2026, 8, 1, tzinfo=UTC)},
        max_attempts=3,
        max_duration=9,
    )
    assert json.loads(options.pop("metadata")) == {"at": "2026-08-01T00:00:00Z"}
    assert options == {
        "tags": ["a"],
        "idempotencyKey": "k",
        "delay": "5m",
        "ttl": 60,
        "metadataType": "application/json",
        "maxAttempts": 3,
        "maxDuration": 9,
    }


def test_options_that_were_not_given_are_not_sent() -> None:
    assert trigger_body(None, trigger_options())["options"] == {}


@pytest.mark.parametrize("tags", [["t"] * 11, [""], ["x" * 129]])
def test_tags_that_a_run_cannot_have_are_refused(tags: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="tags of a run") as caught:
        trigger_options(tags=tags)
    assert "10" in caught.value.remedy


def test_the_client_says_what_it_is() -> None:
    assert client_version().startswith("reflex-realtime/")
