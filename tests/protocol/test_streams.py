"""The events of streams: parts, and what a connection that broke off must ask for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.errors import TransportError
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.event_limit import OVERSIZED
from reflex_realtime.protocol.streams import RECORD_WINDOW, PartLog, StreamCursor


@dataclass(frozen=True)
class Event:
    data: str
    id: str = ""
    event: str = "message"


def read(events: Sequence[Event], version: str = "v1") -> tuple[list[StreamPart], StreamCursor]:
    """The parts of one connection, and where it left off."""
    log = PartLog("tokens")
    log.opened(version)
    return parts_of(log, events), log.cursor


def parts_of(log: PartLog, events: Sequence[Event]) -> list[StreamPart]:
    return [part for event in events for part in log.read(event)]


def values(parts: Sequence[StreamPart]) -> list[Any]:
    return [part.part for part in parts]


# Version 1: an event is a part


def test_a_part_carries_its_stream_its_id_and_the_milliseconds_of_the_id() -> None:
    [part], _ = read([Event('{"a":1}', "1754042400123-0")])
    assert part == StreamPart("tokens", {"a": 1}, "1754042400123-0", 1754042400123)


@pytest.mark.parametrize("data", ['partial"tail', "{", "NaN1", "[" * 100_000])
def test_data_that_is_not_json_is_text(data: str) -> None:
    parts, _ = read([Event(data, "1-0")])
    assert values(parts) == [data]


def test_json_text_is_read_once() -> None:
    parts, _ = read([Event('"{\\"late\\":2}"', "1-0")])
    assert values(parts) == ['{"late":2}']


def test_a_keep_alive_is_no_part() -> None:
    parts, cursor = read([Event("1", "1-0"), Event("", "1-0"), Event("2", "1-0")])
    assert values(parts) == [1, 2]
    assert cursor.position == 2


def test_events_under_one_id_are_all_parts() -> None:
    parts, _ = read([Event("1", "5-0"), Event("2", "5-0"), Event("3", "5-1")])
    assert values(parts) == [1, 2, 3]


@pytest.mark.parametrize("event_id", ["", "abc", "²-0"])
def test_an_id_that_is_no_time_gives_none(event_id: str) -> None:
    [part], _ = read([Event("1", event_id)])
    assert (part.id, part.timestamp) == (event_id, None)


def test_a_connection_resumes_after_the_last_id_that_is_complete() -> None:
    _, cursor = read([Event("1", "5-0"), Event("2", "6-0"), Event("3", "6-0")])
    assert cursor.resumed().after == "5-0"


def test_a_stream_that_broke_off_inside_its_first_id_starts_over() -> None:
    _, cursor = read([Event("1", "5-0")])
    assert cursor.resumed().after == ""


IDS = st.lists(st.integers(0, 3), max_size=12).map(sorted)


@given(IDS, st.lists(st.integers(0, 12), max_size=6))
def test_however_often_a_stream_breaks_off_each_part_comes_once(
    ids: list[int], breaks: list[int]
) -> None:
    """A server sends what comes after an id; a part is known by its place in the stream."""
    stream = [Event(str(place), f"{id_}-0") for place, id_ in enumerate(ids)]
    found: list[StreamPart] = []
    log = PartLog("tokens")
    for length in [*breaks, len(stream)]:
        log.opened("v1")
        sent = [event for event in stream if event.id > log.resume_after]
        found += parts_of(log, sent[:length])
    assert values(found) == list(range(len(stream)))


@given(IDS, st.lists(st.integers(0, 12), max_size=6))
def test_a_server_that_always_begins_at_the_start_sends_nothing_twice(
    ids: list[int], breaks: list[int]
) -> None:
    stream = [Event(str(place), f"{id_}-0") for place, id_ in enumerate(ids)]
    found: list[StreamPart] = []
    log = PartLog("tokens")
    for length in [*breaks, len(stream)]:
        log.opened("v1")
        found += parts_of(log, stream[:length])
    assert values(found) == list(range(len(stream)))


@pytest.mark.parametrize("breaks", [[], [2], [1, 3]])
def test_parts_at_the_start_are_left_out_however_the_stream_breaks_off(breaks: list[int]) -> None:
    stream = [Event(str(place), f"{place // 2}-0") for place in range(6)]
    found: list[StreamPart] = []
    log = PartLog("tokens", start_index=3)
    for length in [*breaks, len(stream)]:
        log.opened("v1")
        after = log.cursor.after
        found += parts_of(log, [event for event in stream if event.id > after][:length])
    assert values(found) == [3, 4, 5]


def test_an_event_that_was_cut_is_reported_and_counted() -> None:
    log = PartLog("tokens")
    log.opened("v1")
    parts = parts_of(log, [Event("1", "5-0"), Event("xxx", "5-0", OVERSIZED), Event("2", "6-0")])
    assert values(parts) == [1, 2]
    assert log.cursor.after == "5-0"
    assert log.problems == ["an event that is larger than the limit"]


# Version 2: an event is a batch of numbered records


def batch(*records: Any) -> Event:
    return Event(json.dumps({"records": records, "tail": {"seq_num": 9}}), "ignored", "batch")


def record(number: int, data: Any = None, **more: Any) -> dict[str, Any]:
    body = json.dumps({"data": data, "id": f"part{number}"})
    return {"seq_num": number, "timestamp": 1000 + number, "body": body, **more}


def test_a_batch_holds_several_parts() -> None:
    parts, cursor = read([batch(record(0, "a"), record(1, {"b": 1}))], "v2")
    assert parts == [
        StreamPart("tokens", "a", "0", 1000),
        StreamPart("tokens", {"b": 1}, "1", 1001),
    ]
    assert cursor.after == "1"


@pytest.mark.parametrize("data", [None, "", 0, False, [], {}])
def test_a_part_may_be_any_json_value(data: Any) -> None:
    parts, _ = read([batch(record(0, data))], "v2")
    assert values(parts) == [data]


def test_command_and_control_records_are_no_parts_but_are_read() -> None:
    trim = record(1, headers=[["", "trim"]])
    control = {"seq_num": 2, "headers": [["trigger-control", "turn-complete"]], "body": ""}
    parts, cursor = read([batch(record(0, "a"), trim, control)], "v2")
    assert values(parts) == ["a"]
    assert cursor.after == "2"


def test_a_record_with_named_headers_is_a_part() -> None:
    parts, _ = read([batch(record(0, "a", headers=[["name", "value"]]))], "v2")
    assert values(parts) == ["a"]


def test_a_record_that_comes_again_is_not_a_part_again() -> None:
    log = PartLog("tokens")
    log.opened("v2")
    parts_of(log, [batch(record(0, "a"), record(1, "b"))])
    log.opened("v2")
    parts = parts_of(log, [batch(record(1, "b"), record(2, "c"))])
    assert values(parts) == ["c"]
    assert log.resume_after == "2"


def test_a_record_written_twice_is_one_part_across_connections() -> None:
    """A writer that is not sure whether a record arrived sends it again, under the same id."""
    log = PartLog("tokens")
    log.opened("v2")
    parts = parts_of(log, [batch(record(0, "a"))])
    log.opened("v2")
    again = {**record(1, "a"), "body": record(0, "a")["body"]}
    parts += parts_of(log, [batch(again, record(2, "b"))])
    assert values(parts) == ["a", "b"]
    assert log.resume_after == "2"


def test_the_memory_of_record_ids_is_bounded() -> None:
    log = PartLog("tokens")
    log.opened("v2")
    for number in range(RECORD_WINDOW + 10):
        log.read(batch(record(number)))
    again = {**record(RECORD_WINDOW + 10), "body": record(0)["body"]}
    assert len(log.read(batch(again))) == 1


def test_a_start_index_is_a_place_to_resume_from_in_version_two() -> None:
    log = PartLog("tokens", start_index=10)
    assert log.resume_after == "9"
    log.opened("v2")
    assert values(parts_of(log, [batch(record(10, "k"))])) == ["k"]


def test_a_batch_that_was_cut_is_reported() -> None:
    log = PartLog("tokens")
    log.opened("v2")
    assert log.read(Event('{"records": [', event=OVERSIZED)) == []
    assert log.problems


def test_an_event_that_is_not_known_is_reported() -> None:
    log = PartLog("tokens")
    log.opened("v2")
    assert log.read(Event("{}", event="surprise")) == []
    assert log.problems == ["an unknown event: 'surprise'"]


def test_events_other_than_batches_are_no_parts() -> None:
    parts, cursor = read([Event('{"timestamp":1}', event="ping"), Event("", event="batch")], "v2")
    assert (parts, cursor) == ([], StreamCursor())


def test_an_error_event_asks_for_a_new_connection() -> None:
    with pytest.raises(TransportError, match="tokens"):
        read([Event("secret detail", event="error")], "v2")


@pytest.mark.parametrize("bad", [{}, 7, {"seq_num": "x"}, {"seq_num": 1, "body": 5}])
def test_a_record_that_cannot_be_read_does_not_hide_the_others(bad: Any) -> None:
    parts, _ = read([batch(record(0, "a"), bad, record(2, "c"))], "v2")
    assert values(parts) == ["a", "c"]


def test_a_body_that_is_not_json_is_text() -> None:
    parts, _ = read([batch({"seq_num": 0, "timestamp": 1, "body": "plain"})], "v2")
    assert values(parts) == ["plain"]


@pytest.mark.parametrize("data", ["[]", "{", '{"records": 1}'])
def test_a_batch_that_cannot_be_read_has_no_parts(data: str) -> None:
    assert read([Event(data, event="batch")], "v2") == ([], StreamCursor())
