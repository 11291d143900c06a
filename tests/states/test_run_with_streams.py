"""`RealtimeRunWithStreamsState`: a run and its streams, as a browser sees them."""

from __future__ import annotations

from typing import Any

import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    NotFoundError,
    RealtimeOptions,
    RealtimeRunWithStreamsState,
    TransportError,
)
from reflex_realtime.feeds.events import FeedLive, FeedRetrying, StreamFailed
from reflex_realtime.states import lifecycle
from tests.states.browser import Browser
from tests.states.tasks import Sentence, open_gate

TEXT = "one two three four five six seven eight"


class Score(BaseModel):
    score: int


class SpokenStreams(BaseModel):
    words: list[str] = []
    scores: list[Score] = []


class Spoken(RealtimeRunWithStreamsState[Sentence, int, SpokenStreams], rx.State):
    words_at_completion: int = -1

    @rx.event
    async def start(self, text: str):
        return self._subscribe(await self._trigger("speak", Sentence(text=text)))

    async def _on_complete(self, run: Any, error: Any) -> None:
        self.words_at_completion = len(self.streams.words)


def words(browser: Browser) -> list[str]:
    return browser.of(Spoken).get("streams", {}).get("words", [])


async def half_spoken(browser: Browser) -> str:
    await browser.call(Spoken.start, text=TEXT)
    await browser.sees(lambda: len(words(browser)) == 4)
    return browser.of(Spoken)["run"]["id"]


async def complete(browser: Browser) -> None:
    await browser.sees(lambda: browser.of(Spoken)["subscription_status"] == "complete")


async def test_declared_streams_are_there_and_empty_from_the_start(backend: str) -> None:
    async with Browser(backend) as browser:
        assert browser.of(Spoken)["streams"] == {"words": [], "scores": []}


async def test_a_stream_grows_and_is_whole_at_the_end(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser))
        await complete(browser)
        assert words(browser) == TEXT.split()


async def test_parts_are_typed_and_those_that_do_not_fit_are_left_out(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser))
        await complete(browser)
        assert browser.of(Spoken)["streams"]["scores"] == [{"score": 1}]


async def test_streams_that_are_not_declared_do_not_reach_the_browser(backend: str) -> None:
    async with Browser(backend) as browser:
        open_gate(await half_spoken(browser))
        await complete(browser)
        assert "not for the page" not in str(browser.vars)


async def test_a_return_to_the_page_neither_repeats_nor_loses_parts(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await half_spoken(browser)
        for viewer in ("first", "second"):
            await browser.call(Spoken.view_opened, viewer=viewer)
            await browser.call(Spoken.view_closed, viewer=viewer)
        open_gate(run_id)
        await browser.call(Spoken.view_opened, viewer="third")
        await complete(browser)
        assert words(browser) == TEXT.split()


async def test_restart_neither_repeats_nor_loses_parts(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await half_spoken(browser)
        await browser.call(Spoken.restart)
        open_gate(run_id)
        await complete(browser)
        assert words(browser) == TEXT.split()


def test_the_error_of_a_failed_stream_outlives_the_recovery_of_the_feed() -> None:
    state = Spoken(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    failure = StreamFailed("run_1", "words", NotFoundError("The stream is gone.", status=404))
    lifecycle._apply(state, [failure, FeedRetrying(TransportError("down"), 1), FeedLive()])
    assert state.subscription_status == "live"
    assert state.error is not None
    assert state.error.message == "The stream is gone."


class LastWords(RealtimeRunWithStreamsState[Sentence, int, SpokenStreams], rx.State):
    realtime_options = RealtimeOptions(max_parts=3)

    @rx.event
    async def start(self, text: str):
        return self._subscribe(await self._trigger("speak", Sentence(text=text)))


async def test_a_page_has_no_more_than_the_newest_parts(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(LastWords.start, text=TEXT)
        shown = await browser.sees(lambda: browser.of(LastWords)["streams"]["words"])
        await browser.sees(lambda: browser.of(LastWords)["streams"]["words"][-1] == "four")
        open_gate(browser.of(LastWords)["run"]["id"])
        await browser.sees(lambda: browser.of(LastWords)["subscription_status"] == "complete")
        assert browser.of(LastWords)["streams"]["words"] == TEXT.split()[-3:]
        assert len(shown) <= 3
        assert browser.gaps == 0


async def test_another_run_starts_with_empty_streams(backend: str) -> None:
    async with Browser(backend) as browser:
        await half_spoken(browser)
        await browser.call(Spoken.start, text="uno due")
        await browser.sees(lambda: words(browser) == [])
        await browser.sees(lambda: words(browser) == ["uno"])
