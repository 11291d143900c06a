"""`RealtimeRunsWithStreamsState`: sets of runs and their streams, as a browser sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    BatchHandle,
    RealtimeBatchState,
    RealtimeOptions,
    RealtimeRunsWithStreamsState,
    RealtimeRunsWithTagState,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from tests.states.browser import Browser
from tests.states.tasks import Sentence, open_gate

TEXTS = ["one two three four", "uno due tre quattro", "un deux trois quatre"]


class WordsOfRun(BaseModel):
    words: list[str] = []


class Chorus(RealtimeRunsWithStreamsState[Sentence, int, WordsOfRun], rx.State):
    finished: list[str] = []
    sets: int = 0

    async def _authorize(self, target: Any) -> bool:
        return True

    async def _on_run_complete(self, run: Any) -> None:
        self.finished.append(run.id)

    async def _on_all_complete(self, runs: list[Any]) -> None:
        self.sets += 1


class Duet(RealtimeRunsWithStreamsState[Sentence, int, WordsOfRun], rx.State):
    realtime_options = RealtimeOptions(max_runs=2)

    async def _authorize(self, target: Any) -> bool:
        return True


def sung(browser: Browser, state: Any = Chorus) -> list[str]:
    """What each run has said so far, in the order of the runs."""
    shown = browser.of(state)
    return [" ".join(shown["streams"][run["id"]]["words"]) for run in shown["runs"]]


def half(text: str) -> str:
    words = text.split()
    return " ".join(words[: len(words) // 2])


async def sees_sung(browser: Browser, texts: list[str], state: Any = Chorus) -> None:
    await browser.sees(lambda: sung(browser, state) == texts)


async def half_sung(browser: Browser, client: RealtimeClient) -> None:
    """Follow a batch until each of its runs has said half of its words."""
    batch = await client.batch_trigger("speak", [Sentence(text=text) for text in TEXTS])
    await browser.call(Chorus.subscribe, target=batch.id)
    await sees_sung(browser, [half(text) for text in TEXTS])


async def finish(browser: Browser, state: Any = Chorus) -> None:
    for run in browser.of(state)["runs"]:
        open_gate(run["id"])


async def test_the_streams_of_a_batch_grow_under_their_runs(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await half_sung(browser, client)
        await finish(browser)
        await sees_sung(browser, TEXTS)
        await browser.sees(lambda: browser.of(Chorus)["sets"] == 1)
        assert sorted(browser.of(Chorus)["finished"]) == sorted(browser.of(Chorus)["streams"])
        assert browser.gaps == 0


async def test_the_streams_of_runs_that_have_a_tag_are_followed_as_they_come(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Chorus.subscribe, target="choir")
        await browser.sees(lambda: browser.of(Chorus)["subscription_status"] == "live")
        for count, text in enumerate(TEXTS, start=1):
            await client.trigger("speak", Sentence(text=text), tags=["choir"])
            await sees_sung(browser, [half(text) for text in TEXTS[:count]])
        await finish(browser)
        await sees_sung(browser, TEXTS)
        assert browser.gaps == 0


async def test_the_feeds_of_streams_end_when_their_runs_have_ended(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await half_sung(browser, client)
        await finish(browser)
        await sees_sung(browser, TEXTS)
        async with asyncio.timeout(10):
            while shared_hub().feeds > 1:  # noqa: ASYNC110 (a hub tells nobody)
                await asyncio.sleep(0.05)


async def test_a_return_neither_repeats_nor_loses_parts_of_any_stream(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await half_sung(browser, client)
        await browser.call(Chorus.restart)
        await finish(browser)
        await sees_sung(browser, TEXTS)


async def test_a_run_that_is_no_longer_shown_takes_its_streams_along(
    backend: str, client: RealtimeClient
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Duet.subscribe, target="two")
        await browser.sees(lambda: browser.of(Duet)["subscription_status"] == "live")
        for text in TEXTS:
            await client.trigger("speak", Sentence(text=text), tags=["two"])
            await browser.sees(lambda text=text: half(text) in sung(browser, Duet))
        await sees_sung(browser, [half(text) for text in TEXTS[1:]], Duet)
        assert len(browser.of(Duet)["streams"]) == 2
        assert browser.of(Duet)["total"] == 3
        assert browser.gaps == 0


async def test_another_set_starts_empty(backend: str, client: RealtimeClient) -> None:
    async with Browser(backend) as browser:
        await half_sung(browser, client)
        await browser.call(Chorus.subscribe, target="nobody")
        await browser.sees(lambda: browser.of(Chorus)["streams"] == {})


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (BatchHandle(id="batch_1", run_count=2), RealtimeBatchState),
        ("batch_1", RealtimeBatchState),
        ("a", RealtimeRunsWithTagState),
        (["a", "b"], RealtimeRunsWithTagState),
    ],
)
def test_a_batch_is_told_from_tags_by_its_name(target: Any, kind: type) -> None:
    state = Chorus(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state._target, _ = state._parse_target(target)
    assert state._kind is kind
