"""The shape protocol: what is asked next, and which rows there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.errors import ProtocolError
from reflex_realtime.protocol.shape import (
    Message,
    Row,
    RowLog,
    ShapePosition,
    is_must_refetch,
    parse_messages,
)

SCHEMA = '{"id": {"type": "text"}}'
UP_TO_DATE: Message = {"headers": {"control": "up-to-date"}}
MUST_REFETCH: Message = {"headers": {"control": "must-refetch"}}
SNAPSHOT_END: Message = {"headers": {"control": "snapshot-end", "xmin": "1", "xip_list": []}}


def insert(key: str, **value: Any) -> Message:
    return {"key": key, "value": value, "headers": {"operation": "insert"}}


def update(key: str, **value: Any) -> Message:
    return {"key": key, "value": value, "headers": {"operation": "update"}}


def delete(key: str) -> Message:
    return {"key": key, "value": {"id": key}, "headers": {"operation": "delete"}}


def headers(offset: str = "0_0", handle: str = "h1", **more: str) -> dict[str, str]:
    named = {f"electric-{name}": value for name, value in more.items()}
    return {"electric-offset": offset, "electric-handle": handle, **named}


def live_position() -> ShapePosition:
    return ShapePosition().advanced(headers(schema=SCHEMA), [UP_TO_DATE])


# What is asked


def test_the_first_request_asks_for_the_whole_log_and_nothing_else() -> None:
    assert ShapePosition().params() == {"log": "full", "offset": "-1"}


def test_a_batch_that_is_not_up_to_date_is_followed_without_waiting() -> None:
    position = ShapePosition().advanced(headers(schema=SCHEMA), [insert("a"), SNAPSHOT_END])
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
    params = live_position().advanced(answer, [UP_TO_DATE]).params()
    assert (params["offset"], params["handle"], params["cursor"]) == ("0_inf", "h2", "c1")


def test_an_up_to_date_that_is_not_the_last_message_does_not_go_live() -> None:
    position = ShapePosition().advanced(headers(schema=SCHEMA), [UP_TO_DATE, insert("a")])
    assert not position.live


def test_an_empty_answer_leaves_the_feed_as_live_as_it_was() -> None:
    assert live_position().advanced(headers(cursor="c"), []).live
    assert not ShapePosition().advanced(headers(schema=SCHEMA), []).live


def test_a_refetch_starts_over_under_the_new_handle_and_names_the_expired_one() -> None:
    params = live_position().refetching({"electric-handle": "h2"}).params()
    assert params == {"log": "full", "offset": "-1", "handle": "h2", "expired_handle": "h1"}


@pytest.mark.parametrize("answer", [{}, {"electric-handle": "h1"}], ids=["none", "the same"])
def test_a_refetch_without_a_new_handle_asks_without_one(answer: dict[str, str]) -> None:
    params = live_position().refetching(answer).params()
    assert params == {"log": "full", "offset": "-1", "expired_handle": "h1"}


def test_after_a_refetch_the_new_answers_schema_counts() -> None:
    again = live_position().refetching({"electric-handle": "h2"})
    answer = headers(handle="h2", schema='{"other": {"type": "int4"}}')
    position = again.advanced(answer, [UP_TO_DATE])
    assert position.schema == {"other": {"type": "int4"}}
    assert "expired_handle" not in position.params()


def test_the_first_answers_schema_serves_the_live_answers() -> None:
    position = live_position().advanced(headers(cursor="c1"), [UP_TO_DATE])
    assert position.schema == {"id": {"type": "text"}}


def test_the_older_header_names_are_understood() -> None:
    position = ShapePosition().advanced(
        {
            "electric-chunk-last-offset": "1_2",
            "electric-shape-id": "h1",
            "electric-schema": SCHEMA,
        },
        [UP_TO_DATE],
    )
    assert (position.offset, position.handle) == ("1_2", "h1")


@pytest.mark.parametrize("missing", ["electric-offset", "electric-handle", "electric-schema"])
def test_a_snapshot_without_a_required_header_is_a_protocol_error(missing: str) -> None:
    answer = headers(schema=SCHEMA)
    del answer[missing]
    with pytest.raises(ProtocolError, match=missing) as caught:
        ShapePosition().advanced(answer, [UP_TO_DATE])
    assert caught.value.remedy


def test_a_live_answer_without_a_cursor_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="electric-cursor"):
        live_position().advanced(headers(), [UP_TO_DATE])


# What an answer holds


def test_an_empty_body_holds_no_messages() -> None:
    assert parse_messages(b" \n") == []


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff\xfe[", b'{"headers": {}}', b"[1]", b"1"])
def test_a_body_that_is_no_list_of_messages_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_messages(body)


def test_only_the_control_voids_what_was_read() -> None:
    assert is_must_refetch(MUST_REFETCH)
    assert not any(map(is_must_refetch, [UP_TO_DATE, SNAPSHOT_END, insert("must-refetch"), {}]))


# Which rows there are


def test_rows_are_shown_when_the_batch_is_up_to_date() -> None:
    log = RowLog()
    assert log.apply([insert("a", n="1"), SNAPSHOT_END]) is None
    changes = log.apply([UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == (({"n": "1"},), ())


def test_a_row_inserted_and_updated_is_shown_once_with_its_last_values() -> None:
    log = RowLog()
    assert log.apply([insert("a", id="a", n="1", m="1")]) is None
    assert shown(log, [update("a", n="2"), update("a", n="3")]) == [{"id": "a", "n": "3", "m": "1"}]


def test_rows_are_shown_in_the_order_in_which_they_were_first_touched() -> None:
    messages = [insert("b", n="b"), insert("a", n="a"), update("b", n="b2")]
    assert shown(RowLog(), messages) == [{"n": "b2"}, {"n": "a"}]


def test_an_update_of_some_columns_keeps_the_others() -> None:
    log = RowLog()
    shown(log, [insert("a", id="a", status="PENDING", payload="1")])
    updated = [update("a", id="a", status="EXECUTING")]
    assert shown(log, updated) == [{"id": "a", "status": "EXECUTING", "payload": "1"}]


def test_an_update_to_null_clears_the_column() -> None:
    log = RowLog()
    shown(log, [insert("a", id="a", error="x")])
    assert shown(log, [update("a", error=None)]) == [{"id": "a", "error": None}]


def test_an_insert_replaces_the_whole_row() -> None:
    log = RowLog()
    shown(log, [insert("a", id="a", error="x")])
    assert shown(log, [insert("a", id="a")]) == [{"id": "a"}]


def test_a_row_that_comes_again_as_it_was_is_not_shown_again() -> None:
    log = RowLog()
    shown(log, [insert("a", id="a")])
    assert shown(log, [insert("a", id="a"), update("a", id="a")]) == []


def test_a_deleted_row_is_reported_as_it_last_stood() -> None:
    log = RowLog()
    shown(log, [insert("a", friendlyId="run_a", n="1")])
    changes = log.apply([delete("a"), UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == ((), ({"friendlyId": "run_a", "n": "1"},))


def test_a_row_deleted_before_it_was_shown_is_not_reported() -> None:
    changes = RowLog().apply([insert("a", n="1"), delete("a"), delete("b"), UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == ((), ())


def test_a_deleted_row_can_come_back() -> None:
    log = RowLog()
    shown(log, [insert("a", n="1")])
    shown(log, [delete("a")])
    assert shown(log, [insert("a", n="1")]) == [{"n": "1"}]


def test_after_a_refetch_only_differences_are_reported() -> None:
    log = RowLog()
    shown(log, [insert("kept", n="1"), insert("changed", n="1"), insert("gone", n="1")])
    log.void()
    changes = log.apply([insert("kept", n="1"), insert("changed", n="2"), UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == (({"n": "2"},), ({"n": "1"},))


def test_nothing_is_reported_between_the_refetch_and_its_up_to_date() -> None:
    log = RowLog()
    shown(log, [insert("a", n="1")])
    log.void()
    assert log.apply([insert("a", n="1")]) is None


def test_an_idle_poll_changes_nothing() -> None:
    log = RowLog()
    shown(log, [insert("a", n="1")])
    assert shown(log, []) == []


def test_rows_are_shown_wherever_in_the_batch_the_up_to_date_stands() -> None:
    changes = RowLog().apply([UP_TO_DATE, insert("a", n="1")])
    assert changes is not None
    assert changes.changed == ({"n": "1"},)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"headers": {"control": "subset-end"}},
        {"headers": {"event": "move-in", "patterns": []}},
        {"headers": None},
        {"key": "a", "value": {"n": "1"}, "headers": {"operation": "upsert"}},
        {"key": "a", "value": {"n": "1"}},
        {"key": 7, "value": {"n": "1"}, "headers": {"operation": "insert"}},
    ],
)
def test_a_message_that_is_not_known_is_ignored(message: Message) -> None:
    assert shown(RowLog(), [message]) == []


def test_two_readers_of_one_log_share_no_rows() -> None:
    log = RowLog()
    [row] = shown(log, [insert("a", n="1")])
    shown(log, [update("a", n="2")])
    assert row == {"n": "1"}


# The law: however a log is cut, and however often parts of it come again, the rows are the same.

KEYS = st.sampled_from("abc")
VALUES = st.dictionaries(st.sampled_from("xyz"), st.text(max_size=1) | st.none(), max_size=2)
CHANGES = st.one_of(
    st.builds(lambda key, value: insert(key, id=key, **value), KEYS, VALUES),
    st.builds(lambda key, value: update(key, id=key, **value), KEYS, VALUES),
    st.builds(delete, KEYS),
)
LOGS = st.lists(CHANGES, max_size=20)


@given(LOGS, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans())))
def test_any_split_and_repetition_of_a_log_gives_the_same_rows(
    log: list[Message], cuts: list[tuple[int, int, bool]]
) -> None:
    """A batch may begin before the end of the last one, as when an older offset is asked again."""
    reached, viewer, reader = 0, Viewer(), RowLog()
    for back, forward, complete in cuts:
        start = max(reached - back, 0)
        reached = max(min(start + forward, len(log)), reached)
        viewer.see(reader, log[start:reached] + [UP_TO_DATE] * complete)
    viewer.see(reader, [*log[reached:], UP_TO_DATE])
    assert viewer.rows == materialised(log)


@given(LOGS, LOGS)
def test_after_a_refetch_the_rows_are_those_of_the_new_log(
    old: list[Message], new: list[Message]
) -> None:
    viewer, reader = Viewer(), RowLog()
    viewer.see(reader, [*old, UP_TO_DATE])
    reader.void()
    viewer.see(reader, [*new, UP_TO_DATE])
    assert viewer.rows == materialised(new)


class Viewer:
    """The rows of somebody who applies what a log reports."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def see(self, log: RowLog, batch: list[Message]) -> None:
        changes = log.apply(batch)
        if changes is None:
            return
        for row in changes.removed:
            del self.rows[row["id"]]
        for row in changes.changed:
            self.rows[row["id"]] = row


def materialised(log: list[Message]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for message in log:
        key, value = message["key"], message["value"]
        match message["headers"]["operation"]:
            case "insert":
                rows[key] = value
            case "update":
                rows[key] = {**rows.get(key, {}), **value}
            case _:
                rows.pop(key, None)
    return rows


def shown(log: RowLog, messages: list[Message]) -> list[Row]:
    """The rows that a complete batch shows; it removes none."""
    changes = log.apply([*messages, UP_TO_DATE])
    assert changes is not None
    return list(changes.changed)
