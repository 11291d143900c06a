"""The state tables of docs/protocol.md, cell by cell, against the transition functions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflex_realtime.errors import ProtocolError, RealtimeError, ServerError
from reflex_realtime.protocol import run_feed_states, stream_feed_states
from reflex_realtime.protocol.feed_inputs import (
    Interrupted,
    Left,
    Malformed,
    Refused,
    Rejected,
    Renewed,
    Woken,
)
from reflex_realtime.protocol.run_feed_states import (
    GIVE_UP_AFTER,
    RESTART_AFTER,
    Advanced,
    CaughtUp,
    Idled,
    Phase,
    RunFeedState,
    Stale,
    Voided,
)
from reflex_realtime.protocol.shape import ShapePosition
from reflex_realtime.protocol.stream_feed_states import (
    Finished,
    Opened,
    Received,
    Rested,
    StreamFeedState,
    StreamPhase,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"
STAYS = "·"

ERROR: RealtimeError = ServerError("It failed.", status=500)
START = ShapePosition()
LOADED = ShapePosition("0_0", "h1", schema={})
UP_TO_DATE = replace(LOADED, offset="1_0", live=True)
LAST = GIVE_UP_AFTER - 1

RUN_STATES: dict[str, RunFeedState] = {
    "loading, at first": RunFeedState(),
    "loading, again": RunFeedState(position=LOADED, failures=1, barren=1),
    "loading, at last": RunFeedState(position=LOADED, failures=LAST, barren=LAST),
    "loading, renewed": RunFeedState(renewed=True),
    "loading, after live": RunFeedState(position=LOADED, proven=True),
    "loading, after live, at last": RunFeedState(Phase.LOADING, LOADED, LAST, LAST, proven=True),
    "live": RunFeedState(Phase.LIVE, UP_TO_DATE, proven=True),
    "live, again": RunFeedState(Phase.LIVE, UP_TO_DATE, proven=True, failures=1, barren=1),
    "live, at last": RunFeedState(Phase.LIVE, UP_TO_DATE, LAST, LAST, proven=True),
    "live, renewed": RunFeedState(Phase.LIVE, UP_TO_DATE, proven=True, renewed=True),
    "pausing, of loading": RunFeedState(Phase.PAUSING, LOADED, 1, error=ERROR, proven=True),
    "pausing, of live": RunFeedState(Phase.PAUSING, UP_TO_DATE, 1, error=ERROR, proven=True),
    "pausing, courtesy": RunFeedState(Phase.PAUSING, UP_TO_DATE, 1, proven=True),
    "renewing, of loading": RunFeedState(Phase.RENEWING, LOADED, error=ERROR, proven=True),
    "renewing, of live": RunFeedState(Phase.RENEWING, UP_TO_DATE, error=ERROR, proven=True),
    "failed": RunFeedState(Phase.FAILED, LOADED, error=ERROR, proven=True),
    "closed": RunFeedState(Phase.CLOSED, LOADED, proven=True),
}
RUN_EVENTS: dict[str, Any] = {
    "caught up": CaughtUp(UP_TO_DATE),
    "advanced": Advanced(LOADED),
    "idled, not up to date": Idled(LOADED),
    "idled, up to date": Idled(UP_TO_DATE),
    "voided": Voided({}),
    "stale": Stale("x"),
    "malformed": Malformed(ERROR),
    "refused, renewable": Refused(ERROR, renewable=True),
    "refused": Refused(ERROR, renewable=False),
    "interrupted": Interrupted(ERROR),
    "rejected": Rejected(ERROR),
    "woken": Woken(),
    "renewed": Renewed(),
    "left": Left(),
}

STREAM_STATES: dict[str, StreamFeedState] = {
    "opening, at first": StreamFeedState(),
    "opening": StreamFeedState(proven=True),
    "opening, renewed": StreamFeedState(proven=True, renewed=True),
    "reading": StreamFeedState(StreamPhase.READING, proven=True),
    "pausing": StreamFeedState(StreamPhase.PAUSING, 1, ERROR, proven=True),
    "renewing": StreamFeedState(StreamPhase.RENEWING, error=ERROR, proven=True),
    "failed": StreamFeedState(StreamPhase.FAILED, error=ERROR, proven=True),
    "closed": StreamFeedState(StreamPhase.CLOSED, proven=True),
}
STREAM_EVENTS: dict[str, Any] = {
    "opened": Opened(),
    "received": Received(),
    "rested, held": Rested(held=True),
    "rested": Rested(held=False),
    "finished": Finished(),
    "malformed": Malformed(ERROR),
    "refused, renewable": Refused(ERROR, renewable=True),
    "refused": Refused(ERROR, renewable=False),
    "interrupted": Interrupted(ERROR),
    "rejected": Rejected(ERROR),
    "woken": Woken(),
    "renewed": Renewed(),
    "left": Left(),
}


def table(heading: str) -> dict[tuple[str, str], str]:
    """The cells of all tables below a heading, by event and state."""
    section = DOCUMENT.read_text().split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    cells: dict[tuple[str, str], str] = {}
    states: list[str] = []
    for line in section.splitlines():
        if not line.startswith("|"):
            states = []
            continue
        event, *row = [cell.strip() for cell in line.strip("|").split("|")]
        if set(event) <= set("- :"):
            continue
        if not states:
            states = row
            continue
        for state, cell in zip(states, row, strict=True):
            assert (event, state) not in cells, f"{event} in {state} stands there twice"
            cells[event, state] = cell
    return cells


def product(states: Mapping[str, Any], events: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(event, state) for state in states for event in events]


def outcome(before: Any, after: Any) -> str:
    """What a cell must say."""
    return STAYS if after is before else after.phase.value


@pytest.mark.parametrize(("event", "state"), product(RUN_STATES, RUN_EVENTS))
def test_a_runs_feed_does_what_its_table_says(event: str, state: str) -> None:
    before = RUN_STATES[state]
    after = run_feed_states.after(before, RUN_EVENTS[event])
    assert table("The states of a runs feed")[event, state] == outcome(before, after)


@pytest.mark.parametrize(("event", "state"), product(STREAM_STATES, STREAM_EVENTS))
def test_a_stream_feed_does_what_its_table_says(event: str, state: str) -> None:
    before = STREAM_STATES[state]
    after = stream_feed_states.after(before, STREAM_EVENTS[event])
    assert table("The states of a stream feed")[event, state] == outcome(before, after)


@pytest.mark.parametrize(
    ("heading", "states", "events"),
    [
        ("The states of a runs feed", RUN_STATES, RUN_EVENTS),
        ("The states of a stream feed", STREAM_STATES, STREAM_EVENTS),
    ],
)
def test_no_cell_is_missing_and_none_is_of_something_else(
    heading: str, states: Mapping[str, Any], events: Mapping[str, Any]
) -> None:
    assert set(table(heading)) == set(product(states, events))


@pytest.mark.parametrize(
    ("states", "phases", "events", "inputs"),
    [
        (RUN_STATES, Phase, RUN_EVENTS, run_feed_states.RunFeedInput),
        (STREAM_STATES, StreamPhase, STREAM_EVENTS, stream_feed_states.StreamFeedInput),
    ],
)
def test_the_tables_have_every_phase_and_every_event(
    states: Mapping[str, Any], phases: type[StrEnum], events: Mapping[str, Any], inputs: Any
) -> None:
    assert {state.phase for state in states.values()} == set(phases)
    assert {type(event) for event in events.values()} == set(get_args(inputs))


# What holds in every state, whatever happens: the numbers are those of the document.

RUN_INPUTS = st.sampled_from(list(RUN_EVENTS.values()))
STREAM_INPUTS = st.sampled_from(list(STREAM_EVENTS.values()))
HISTORIES = st.lists(RUN_INPUTS, max_size=60)


def states_of(history: list[Any]) -> list[RunFeedState]:
    """The states that a runs feed goes through."""
    states = [RunFeedState()]
    for event in history:
        states.append(run_feed_states.after(states[-1], event))
    return states


@given(HISTORIES)
def test_i1_what_has_ended_stays_as_it_is(history: list[Any]) -> None:
    states = states_of(history)
    for before, after in itertools.pairwise(states):
        if before.phase in run_feed_states.ENDED:
            assert after is before


@given(HISTORIES)
def test_i2_a_feed_asks_for_changes_only_when_it_has_read_everything(history: list[Any]) -> None:
    for state in states_of(history):
        if state.phase in (Phase.LIVE, Phase.LOADING):
            assert (state.phase is Phase.LIVE) == state.position.live


@given(HISTORIES)
def test_i3_whoever_pauses_after_an_error_and_whoever_failed_says_why(history: list[Any]) -> None:
    for state in states_of(history):
        if state.phase in (Phase.FAILED, Phase.RENEWING):
            assert state.error is not None
        if state.phase in (Phase.LOADING, Phase.LIVE, Phase.CLOSED):
            assert state.error is None
        if state.phase is Phase.PAUSING and state.error is None:
            assert state.position.live, "a pause without an error is of a feed that is up to date"


@given(HISTORIES)
def test_i4_an_access_token_is_renewed_once_for_each_refusal(history: list[Any]) -> None:
    states = states_of(history)
    for (before, after), event in zip(itertools.pairwise(states), history, strict=True):
        if before.renewed and isinstance(event, Refused):
            assert after.phase is not Phase.RENEWING


@given(HISTORIES)
def test_i5_a_server_that_leads_nowhere_is_given_up(history: list[Any]) -> None:
    for state in states_of(history):
        assert state.barren < GIVE_UP_AFTER or state.proven


def led_nowhere(state: RunFeedState, times: int) -> list[RunFeedState]:
    """What becomes of a feed whose answers lead nowhere, each after its pause."""
    states: list[RunFeedState] = []
    for _ in range(times):
        answered = run_feed_states.after(state, Idled(replace(state.position, offset="0_0")))
        states.append(answered)
        state = run_feed_states.after(answered, Woken())
    return states


def test_i5_a_feed_that_was_never_live_is_given_up_after_ten_such_answers() -> None:
    states = led_nowhere(RunFeedState(), GIVE_UP_AFTER)
    assert [state.phase for state in states] == [*[Phase.PAUSING] * 9, Phase.FAILED]
    assert isinstance(states[-1].error, ProtocolError)


def test_i5_a_feed_that_was_live_goes_on_and_reads_all_anew_now_and_then() -> None:
    states = led_nowhere(RunFeedState(position=LOADED, proven=True), 3 * RESTART_AFTER)
    assert {state.phase for state in states} == {Phase.PAUSING}
    anew = [number for number, state in enumerate(states, 1) if state.position.at_start]
    assert anew == [RESTART_AFTER, 2 * RESTART_AFTER, 3 * RESTART_AFTER]


@given(HISTORIES)
def test_i6_pauses_grow_until_a_poll_is_answered(history: list[Any]) -> None:
    states = states_of(history)
    for (before, after), event in zip(itertools.pairwise(states), history, strict=True):
        if after.phase is Phase.PAUSING and before.phase is not Phase.PAUSING:
            assert after.failures == before.failures + 1
        if after.failures < before.failures:
            assert isinstance(event, CaughtUp)
            assert before.phase is Phase.LIVE


@pytest.mark.parametrize(
    "fault",
    [Interrupted(ERROR), Malformed(ERROR), Voided({}), Stale("x")],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("answers", [[], [Advanced(LOADED)]], ids=["at once", "in two answers"])
def test_i6_pauses_grow_while_catch_ups_are_answered_and_polls_are_not(
    fault: Any, answers: list[Any]
) -> None:
    state, pauses = RUN_STATES["live"], list[int]()
    for _ in range(10):
        state = run_feed_states.after(state, fault)
        if state.phase is Phase.PAUSING:
            pauses.append(state.failures)
            state = run_feed_states.after(state, Woken())
        for answer in [*answers, CaughtUp(UP_TO_DATE)]:
            assert state.phase is Phase.LOADING
            state = run_feed_states.after(state, answer)
        assert state.phase is Phase.LIVE
    assert pauses == list(range(pauses[0], pauses[0] + len(pauses)))
    assert len(pauses) >= 9


def test_a_poll_that_is_answered_ends_the_row_of_failures() -> None:
    failed = run_feed_states.after(RUN_STATES["live, again"], Interrupted(ERROR))
    caught_up = run_feed_states.after(run_feed_states.after(failed, Woken()), CaughtUp(UP_TO_DATE))
    assert (caught_up.phase, caught_up.failures) == (Phase.LIVE, failed.failures)
    assert run_feed_states.after(caught_up, CaughtUp(UP_TO_DATE)).failures == 0


def test_what_is_void_behind_an_outage_is_read_anew_at_once() -> None:
    """Electric may come back without the log that was read before."""
    failed = run_feed_states.after(RUN_STATES["live"], Interrupted(ERROR))
    voided = run_feed_states.after(run_feed_states.after(failed, Woken()), Voided({}))
    assert (voided.phase, voided.position.at_start) == (Phase.LOADING, True)


@given(HISTORIES)
def test_i7_only_answers_move_the_position(history: list[Any]) -> None:
    states = states_of(history)
    for (before, after), event in zip(itertools.pairwise(states), history, strict=True):
        if isinstance(event, Interrupted | Refused | Rejected | Renewed | Left):
            assert after.position is before.position
        if isinstance(event, Woken):
            asked = replace(after.position, live=before.position.live)
            assert asked == before.position, "the same, but perhaps without being held"


@given(st.lists(STREAM_INPUTS, max_size=60))
def test_i1_a_stream_that_has_ended_stays_as_it_is(history: list[Any]) -> None:
    state = StreamFeedState()
    for event in history:
        after = stream_feed_states.after(state, event)
        if state.phase in stream_feed_states.ENDED:
            assert after is state
        if after.phase in (StreamPhase.FAILED, StreamPhase.RENEWING):
            assert after.error is not None
        state = after
