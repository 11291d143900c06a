"""The shape protocol: what is asked next, and which rows there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reflex_realtime.errors import ProtocolError
from reflex_realtime.protocol.shape import Batch, Message, ShapePosition, read_batch
from tests.protocol.messages import MUST_REFETCH, SNAPSHOT_END, UP_TO_DATE, insert

SCHEMA = '{"id": {"type": "text"}}'


def headers(offset: str = "0_0", handle: str = "h1", **more: str) -> dict[str, str]:
    named = {f"electric-{name}": value for name, value in more.items()}
    return {"electric-offset": offset, "electric-handle": handle, **named}


def batch(*messages: Message) -> Batch:
    return read_batch(json.dumps(messages).encode())


def live_position() -> ShapePosition:
    return ShapePosition().advanced(headers(schema=SCHEMA), batch(UP_TO_DATE))


# What is asked


def test_the_first_request_asks_for_the_whole_log_and_nothing_else() -> None:
    assert ShapePosition().params() == {"log": "full", "offset": "-1"}


def test_a_batch_that_is_not_up_to_date_is_followed_without_waiting() -> None:
    position = ShapePosition().advanced(headers(schema=SCHEMA), batch(insert("a"), SNAPSHOT_END))
    assert position.params() == {"log": "full", "offset": "0_0", "handle": "h1"}


def test_the_first_live_request_carries_an_empty_cursor() -> None:
    assert live_position().params() == {
        "log": "full",
        "offset": "0_0",
        "handle": "h1",
        "live": "true",
        "cursor": "",
    }


def test_a_live_answers_cursor_offset_and_handle_are_echoed_as_they_came() -> None:
    answer = headers("0_inf", "h2", cursor="c1")
    params = live_position().advanced(answer, batch(UP_TO_DATE)).params()
    assert (params["offset"], params["handle"], params["cursor"]) == ("0_inf", "h2", "c1")


def test_an_up_to_date_that_is_not_the_last_message_does_not_go_live() -> None:
    position = ShapePosition().advanced(headers(schema=SCHEMA), batch(UP_TO_DATE, insert("a")))
    assert not position.live


def test_an_empty_answer_leaves_the_feed_as_live_as_it_was() -> None:
    assert live_position().advanced(headers(cursor="c"), batch()).live
    assert not ShapePosition().advanced(headers(schema=SCHEMA), batch()).live


def test_a_refetch_starts_over_under_the_new_handle_and_names_the_expired_one() -> None:
    params = live_position().refetching({"electric-handle": "h2"}).params()
    assert params == {"log": "full", "offset": "-1", "handle": "h2", "expired_handle": "h1"}


def test_a_refetch_without_a_new_handle_asks_without_one() -> None:
    params = live_position().refetching({}).params()
    assert params == {"log": "full", "offset": "-1", "expired_handle": "h1"}


def test_a_handle_that_the_server_names_as_its_own_has_not_expired() -> None:
    params = live_position().refetching({"electric-handle": "h1"}).params()
    assert params == {"log": "full", "offset": "-1"}


def test_after_a_refetch_the_new_answers_schema_counts() -> None:
    again = live_position().refetching({"electric-handle": "h2"})
    answer = headers(handle="h2", schema='{"other": {"type": "int4"}}')
    position = again.advanced(answer, batch(UP_TO_DATE))
    assert position.schema == {"other": {"type": "int4"}}
    assert "expired_handle" not in position.params()


def test_the_first_answers_schema_serves_the_live_answers() -> None:
    position = live_position().advanced(headers(cursor="c1"), batch(UP_TO_DATE))
    assert position.schema == {"id": {"type": "text"}}


def test_the_older_header_names_are_understood() -> None:
    position = ShapePosition().advanced(
        {
            "electric-chunk-last-offset": "1_2",
            "electric-shape-id": "h1",
            "electric-schema": SCHEMA,
        },
        batch(UP_TO_DATE),
    )
    assert (position.offset, position.handle) == ("1_2", "h1")


@pytest.mark.parametrize("missing", ["electric-offset", "electric-handle", "electric-schema"])
def test_a_snapshot_without_a_required_header_is_a_protocol_error(missing: str) -> None:
    answer = headers(schema=SCHEMA)
    del answer[missing]
    with pytest.raises(ProtocolError, match=missing) as caught:
        ShapePosition().advanced(answer, batch(UP_TO_DATE))
    assert caught.value.remedy


def test_a_live_answer_without_a_cursor_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="electric-cursor"):
        live_position().advanced(headers(), batch(UP_TO_DATE))


# What an answer holds


def test_an_empty_body_holds_no_messages() -> None:
    assert read_batch(b" \n") == Batch()


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff\xfe[", b'{"headers": {}}', b"1"])
def test_a_body_that_is_no_list_of_messages_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_batch(body)


def test_only_the_control_voids_what_was_read() -> None:
    assert batch(MUST_REFETCH).voids
    assert not batch(UP_TO_DATE, SNAPSHOT_END, insert("must-refetch")).voids


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (7, "neither a row nor a control"),
        ({}, "neither a row nor a control"),
        ({"headers": None}, "neither a row nor a control"),
        ({"key": 7, "headers": {"operation": "insert"}}, "neither a row nor a control"),
        ({"headers": {"control": "surprise"}}, "an unknown control: 'surprise'"),
        ({"headers": {"control": ["x"]}}, "an unknown control"),
        ({"headers": {"event": "surprise"}}, "an unknown event: 'surprise'"),
    ],
)
def test_a_message_that_is_not_known_is_left_out_and_named(message: Any, said: str) -> None:
    found = batch(insert("a"), message, UP_TO_DATE)
    assert len(found.changes) == 1
    assert found.ends_complete
    [problem] = found.problems
    assert said in problem


@pytest.mark.parametrize("control", ["snapshot-end", "subset-end"])
@pytest.mark.parametrize("event", ["move-in", "move-out"])
def test_messages_that_are_known_and_mean_nothing_here_are_no_problem(
    control: str, event: str
) -> None:
    assert not batch({"headers": {"control": control}}, {"headers": {"event": event}}).problems


def test_half_of_a_surrogate_pair_is_read() -> None:
    found = read_batch(b'[{"key": "a", "value": {"n": "\\ud83d"}, "headers": {}}]')
    assert found.changes[0]["value"] == {"n": "\ud83d"}


def test_an_answer_under_the_expired_handle_is_stale() -> None:
    refetching = live_position().refetching({})
    assert refetching.is_stale({"electric-handle": "h1"})
    assert not refetching.is_stale({"electric-handle": "h2"})
    assert not ShapePosition().is_stale({"electric-handle": "h1"})


def test_a_cache_is_asked_around_with_something_that_no_request_has_said() -> None:
    params = live_position().refetching({}).busting("x7").params()
    assert params["cache-buster"] == "x7"
