"""Patches: a page is sent what changed, and shows what it would show without them."""

from __future__ import annotations

from typing import Any

import pytest
import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeOptions,
    RealtimeRunWithStreamsState,
)
from reflex_realtime.components import realtime_subscription
from reflex_realtime.feeds import RealtimeClient
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, Sentence, open_gate

TEXT = " ".join(f"word{number}" for number in range(400))
WHOLE = RealtimeOptions(patches=False)


class WordStreams(BaseModel):
    words: list[str] = []


class PatchedWords(RealtimeRunWithStreamsState[Sentence, int, WordStreams], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True

    @rx.var
    def letters(self) -> int:
        return sum(map(len, self.streams.words))

    @rx.event
    def forget_words(self):
        self.streams.words.clear()


class WholeWords(RealtimeRunWithStreamsState[Sentence, int, WordStreams], rx.State):
    realtime_options = WHOLE

    async def _authorize(self, target: Any) -> bool:
        return True


class PatchedRuns(RealtimeBatchState[Count, Counted], rx.State):
    async def _authorize(self, target: Any) -> bool:
        return True


class WholeRuns(RealtimeBatchState[Count, Counted], rx.State):
    realtime_options = WHOLE

    async def _authorize(self, target: Any) -> bool:
        return True


async def spoken(browser: Browser, client: RealtimeClient, *states: Any) -> None:
    """Follow a run that speaks from half of its words on to the end."""
    handle = await client.trigger("speak", Sentence(text=TEXT))
    for state in states:
        await browser.call(state.subscribe, target=handle.id)
        await browser.sees(lambda state=state: len(browser.of(state)["streams"]["words"]) == 200)
    open_gate(handle.id)
    for state in states:
        await browser.sees(lambda state=state: browser.of(state)["run"]["is_finished"])
        await browser.sees(lambda state=state: len(browser.of(state)["streams"]["words"]) == 400)
        await browser.sees(lambda state=state: status(browser, state) == "complete")


def status(browser: Browser, state: Any) -> str:
    return browser.of(state)["subscription_status"]


async def test_a_patched_run_and_its_streams_are_those_that_are_sent_whole(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await spoken(browser, client, PatchedWords, WholeWords)
        for var in ("run", "streams"):
            assert browser.of(PatchedWords)[var] == browser.of(WholeWords)[var]
        assert browser.gaps == 0


async def test_patched_runs_are_those_that_are_sent_whole(
    backend: str, client: RealtimeClient
) -> None:
    batch = await client.batch_trigger("wait", [Count(to=number) for number in range(20)])
    async with Browser(backend) as browser:
        for state in (PatchedRuns, WholeRuns):
            await browser.call(state.subscribe, target=batch.id)
        for state in (PatchedRuns, WholeRuns):
            await browser.sees(lambda state=state: len(browser.of(state)["runs"]) == 20)
        for run in browser.of(WholeRuns)["runs"]:
            open_gate(run["id"])
        for state in (PatchedRuns, WholeRuns):
            await browser.sees(
                lambda state=state: all(run["is_finished"] for run in browser.of(state)["runs"])
            )
        assert browser.of(PatchedRuns)["runs"] == browser.of(WholeRuns)["runs"]
        assert browser.gaps == 0


async def test_what_was_sent_once_is_not_sent_again(backend: str, client: RealtimeClient) -> None:
    async with Browser(backend) as browser:
        await spoken(browser, client, PatchedWords, WholeWords)
        assert str(browser.frames_of(PatchedWords)).count("word0'") == 1
        assert str(browser.frames_of(WholeWords)).count("word0'") > 1


async def test_computed_vars_follow_what_is_patched(backend: str, client: RealtimeClient) -> None:
    async with Browser(backend) as browser:
        await spoken(browser, client, PatchedWords)
        assert browser.of(PatchedWords)["letters"] == len(TEXT.replace(" ", ""))


async def test_what_a_handler_changes_is_sent_whole(backend: str, client: RealtimeClient) -> None:
    async with Browser(backend) as browser:
        await spoken(browser, client, PatchedWords)
        await browser.call(PatchedWords.forget_words)
        await browser.sees(lambda: browser.of(PatchedWords)["streams"] == {"words": []})
        assert browser.gaps == 0


async def test_a_page_that_missed_a_patch_gets_the_whole_vars(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("speak", Sentence(text=TEXT))
    async with Browser(backend) as browser:
        await browser.call(PatchedWords.subscribe, target=handle.id)
        await browser.sees(lambda: len(browser.of(PatchedWords)["streams"]["words"]) == 200)
        browser.of(PatchedWords)["realtime_revision"] = "what it was before"
        browser.of(PatchedWords)["streams"] = {"words": []}
        open_gate(handle.id)
        await browser.sees(lambda: browser.of(PatchedWords)["streams"] == {"words": TEXT.split()})
        assert browser.gaps > 0


async def test_a_page_that_is_loaded_gets_the_whole_vars(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await spoken(browser, client, PatchedWords)
        shown = browser.of(PatchedWords)
    async with Browser(backend, browser.token) as browser:
        assert browser.of(PatchedWords) == shown


@pytest.mark.parametrize("state", [PatchedWords, PatchedRuns], ids=lambda state: state.__name__)
def test_whatever_page_uses_a_patched_var_merges_its_patches(state: Any) -> None:
    for name in state._patched_vars:
        data = getattr(state, name)._get_all_var_data()
        assert "RealtimePatches" in [component.tag for _, component in data.app_wraps]


def test_a_page_that_only_waits_for_completions_merges_patches_too() -> None:
    waiting = realtime_subscription(PatchedRuns, on_complete=PatchedWords.forget_words)
    tags = [tag for _, tag in rx.fragment(waiting)._get_all_app_wrap_components()]
    assert "RealtimePatches" in tags
