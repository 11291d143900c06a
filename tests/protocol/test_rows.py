"""The rows of a shape: merged from messages, shown when they are complete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.protocol.rows import RowChanges, RowLog
from reflex_realtime.protocol.shape import Message, Row, read_batch
from tests.protocol.messages import SNAPSHOT_END, UP_TO_DATE, delete, insert, update


def test_rows_are_shown_when_the_batch_is_up_to_date() -> None:
    log = RowLog()
    assert seen(log, [insert("a", n="1"), SNAPSHOT_END]) is None
    changes = seen(log, [UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == (({"n": "1"},), ())


def test_a_row_inserted_and_updated_is_shown_once_with_its_last_values() -> None:
    log = RowLog()
    assert seen(log, [insert("a", id="a", n="1", m="1")]) is None
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


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("2026-08-01T10:00:01.500", "2026-08-01T10:00:02.000"),
        ("2026-08-01 10:00:01", "2026-08-01 10:00:01.04"),
        ("2026-08-01 10:00:01.04", "2026-08-01 10:00:01.1"),
    ],
)
def test_a_row_that_is_sent_again_as_it_was_before_is_left_out(before: str, now: str) -> None:
    log = RowLog()
    shown(log, [insert("a", status="EXECUTING", updatedAt=before)])
    assert shown(log, [update("a", status="CANCELED", updatedAt=now)])
    assert shown(log, [insert("a", status="EXECUTING", updatedAt=before)]) == []


def test_a_row_that_was_deleted_comes_back_however_old_it_is() -> None:
    log = RowLog()
    shown(log, [insert("a", updatedAt="2")])
    old = [delete("a"), insert("a", updatedAt="1")]
    assert shown(log, old) == [{"updatedAt": "1"}]


def test_a_deleted_row_is_reported_as_it_last_stood() -> None:
    log = RowLog()
    shown(log, [insert("a", friendlyId="run_a", n="1")])
    changes = seen(log, [delete("a"), UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == ((), ({"friendlyId": "run_a", "n": "1"},))


def test_a_row_deleted_before_it_was_shown_is_not_reported() -> None:
    changes = seen(RowLog(), [insert("a", n="1"), delete("a"), delete("b"), UP_TO_DATE])
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
    changes = seen(log, [insert("kept", n="1"), insert("changed", n="2"), UP_TO_DATE])
    assert changes is not None
    assert (changes.changed, changes.removed) == (({"n": "2"},), ({"n": "1"},))


def test_nothing_is_reported_between_the_refetch_and_its_up_to_date() -> None:
    log = RowLog()
    shown(log, [insert("a", n="1")])
    log.void()
    assert seen(log, [insert("a", n="1")]) is None


def test_an_idle_poll_changes_nothing() -> None:
    log = RowLog()
    shown(log, [insert("a", n="1")])
    assert shown(log, []) == []


def test_rows_are_shown_wherever_in_the_batch_the_up_to_date_stands() -> None:
    changes = seen(RowLog(), [UP_TO_DATE, insert("a", n="1")])
    assert changes is not None
    assert changes.changed == ({"n": "1"},)


@pytest.mark.parametrize("headers", [{"operation": "upsert"}, {}, None])
def test_a_row_with_an_operation_that_is_not_known_is_left_out_and_named(headers: Any) -> None:
    log = RowLog()
    problems = log.apply([{"key": "a", "value": {"n": "1"}, "headers": headers}])
    assert log.complete() == RowChanges()
    assert "unknown operation" in problems[0]


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
        changes = seen(log, batch)
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
    changes = seen(log, [*messages, UP_TO_DATE])
    assert changes is not None
    return list(changes.changed)


def seen(log: RowLog, messages: list[Message]) -> RowChanges | None:
    """What an answer with these messages shows, None when it is not complete."""
    batch = read_batch(json.dumps(messages).encode())
    assert log.apply(batch.changes) == []
    return log.complete() if batch.completes else None
