"""`RealtimeStreamState`: one stream of a run, as a browser sees it."""

from __future__ import annotations

import logging
import pickle
from typing import Any

import pytest
import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    ConfigurationError,
    RealtimeOptions,
    RealtimeStreamState,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.events import PartsAdded
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.models import StreamPart
from reflex_realtime.protocol.streams import StreamCursor
from reflex_realtime.states.saved import saved_value
from reflex_realtime.states.saved_lists import PIECE, SavedLists
from tests.states.browser import Browser
from tests.states.tasks import Sentence, open_gate

TEXT = "one two three four five six seven eight"


class Score(BaseModel):
    score: int


class Spoken(RealtimeStreamState[str], rx.State):
    realtime_options = RealtimeOptions(stream="words", timeout_seconds=1)
    run_id: str = ""
    heard: list[str] = []

    @rx.event
    async def start(self, text: str, options: dict[str, int | str] | None = None):
        handle = await self._trigger("speak", Sentence(text=text))
        assert handle
        self.run_id = handle.id
        given: Any = {"timeout_seconds": 60, **(options or {})}
        return self._subscribe(handle, **given)

    @rx.event
    def hear(self, stream: str):
        return self._subscribe(self.run_id, stream=stream)

    @rx.event
    def join(self, run_id: str, timeout_seconds: int):
        return self._subscribe(run_id, timeout_seconds=timeout_seconds)

    async def _on_stream_complete(self, parts: list[str]) -> None:
        self.heard.append(" ".join(parts))


class Scores(RealtimeStreamState[Score], rx.State):
    realtime_options = RealtimeOptions(stream="scores", timeout_seconds=1)

    async def _authorize(self, target: Any) -> bool:
        return True


def parts(browser: Browser) -> list[str]:
    return browser.of(Spoken).get("parts", [])


async def half_spoken(browser: Browser, **options: Any) -> str:
    await browser.call(Spoken.start, text=TEXT, options=options)
    await browser.sees(lambda: parts(browser)[-1:] == ["four"])
    return browser.of(Spoken)["run_id"]


async def complete(browser: Browser, state: Any = Spoken) -> None:
    await browser.sees(lambda: browser.of(state)["subscription_status"] == "complete")


async def test_a_stream_is_there_and_empty_from_the_start(backend: str) -> None:
    async with Browser(backend) as browser:
        assert parts(browser) == []


async def test_a_stream_grows_and_nothing_of_it_is_sent_twice(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser))
        await browser.sees(lambda: parts(browser) == TEXT.split())
        sent = str(browser.frames_of(Spoken))
        assert [sent.count(word) for word in ("three", "four", "eight")] == [1, 1, 1]


async def test_a_stream_that_has_been_quiet_for_long_enough_is_complete(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser, timeout_seconds=1))
        await complete(browser)
        assert parts(browser) == TEXT.split()
        assert shared_hub().feeds == 1  # for as long as somebody may come back to it


async def test_the_end_of_a_stream_is_reported_once(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Spoken.view_opened, viewer="one", waits_for_completion=True)
        open_gate(await half_spoken(browser, timeout_seconds=1))
        await browser.sees(lambda: browser.of(Spoken)["heard"] == [TEXT])
        assert browser.of(Spoken)["completed_runs"]["ids"] == [browser.of(Spoken)["run_id"]]
        await browser.call(Spoken.restart)
        await browser.sees(lambda: browser.of(Spoken)["subscription_status"] == "live")
        await complete(browser)
        assert browser.of(Spoken)["heard"] == [TEXT]


async def test_another_stream_of_the_run_starts_with_nothing(backend: str) -> None:
    async with Browser(backend) as browser:
        await half_spoken(browser)
        await browser.call(Spoken.hear, stream="aside")
        await browser.sees(lambda: parts(browser) == ["not for the page"])
        await browser.call(Spoken.hear, stream="words")
        await browser.sees(lambda: parts(browser) == TEXT.split()[:4])


async def test_a_return_to_the_page_neither_repeats_nor_loses_parts(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await half_spoken(browser, start_index=1)
        await browser.call(Spoken.view_opened, viewer="first")
        await browser.call(Spoken.view_closed, viewer="first")
        open_gate(run_id)
        await browser.call(Spoken.view_opened, viewer="second")
        await browser.sees(lambda: parts(browser) == TEXT.split()[1:])


async def test_the_start_index_leaves_out_the_first_parts(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser, start_index=3))
        await browser.sees(lambda: parts(browser) == TEXT.split()[3:])


async def test_a_page_has_no_more_than_the_newest_parts(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser, max_parts=2))
        await browser.sees(lambda: parts(browser) == ["seven", "eight"])
        assert browser.gaps == 0


async def test_parts_are_typed_and_those_that_do_not_fit_are_left_out(
    backend: str, client: RealtimeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    handle = await client.trigger("speak", Sentence(text=TEXT))
    async with Browser(backend) as browser:
        await browser.call(Scores.subscribe, target=handle.id)
        await browser.sees(lambda: browser.of(Scores)["parts"] == [{"score": 1}])
    assert Scores.parts[0].score._var_type is int


async def test_those_who_wait_for_different_times_share_one_request(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("speak", Sentence(text=TEXT))
    async with Browser(backend) as one, Browser(backend) as other:
        for browser, seconds in ((one, 60), (other, 1)):
            await browser.call(Spoken.join, run_id=handle.id, timeout_seconds=seconds)
            await browser.sees(lambda browser=browser: len(parts(browser)) == 4)
        assert shared_hub().feeds == 1
        await complete(other)
        open_gate(handle.id)
        await one.sees(lambda: parts(one) == TEXT.split())
        assert parts(other) == TEXT.split()[:4]


async def test_a_browser_that_may_not_see_the_run_does_not_see_its_stream(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("speak", Sentence(text=TEXT))
    async with Browser(backend) as browser:
        await browser.call(Spoken.subscribe, target=handle.id)
        error = await browser.sees(lambda: browser.of(Spoken)["error"])
        assert error["kind"] == "permission_denied"
        assert parts(browser) == []


@pytest.mark.parametrize("options", [{"stream": ""}, {"start_index": -1}, {"timeout_seconds": 601}])
async def test_options_that_make_no_sense_are_named(backend: str, options: dict[str, Any]) -> None:
    async with Browser(backend) as browser:
        await browser.call(Spoken.start, text=TEXT, options=options)
        error = await browser.sees(lambda: browser.of(Spoken)["error"])
        assert next(iter(options)) in error["message"]


def test_a_hook_that_would_never_be_called_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="_on_complete would never be called"):

        class Wrong(RealtimeStreamState[str], rx.State):
            async def _on_complete(self, run: Any, error: Any) -> None:
                """Never called."""


def test_a_long_stream_is_saved_in_pieces_and_goes_on_behind_them() -> None:
    state: Any = Scores(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    for number in range(3):
        parts = tuple(StreamPart("scores", {"score": number}) for _ in range(PIECE))
        state._apply([PartsAdded("run_1", "scores", parts, StreamCursor(str(number)))])
        state = pickle.loads(pickle.dumps(state))
    assert isinstance(saved_value(state, "parts"), SavedLists)
    assert state._cursor == StreamCursor("2")
    assert [part.score for part in state.parts] == [0] * PIECE + [1] * PIECE + [2] * PIECE
