"""What a browser may name, and who decides whether it may see it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reflex as rx

from reflex_realtime import (
    RealtimeBatchState,
    RealtimeRunState,
    RealtimeRunsWithTagState,
    configure,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.states.routes import route_parameter
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted


class Named(RealtimeRunState[Count, Counted], rx.State):
    """Leaves `_authorize` as it is."""


class Owned(RealtimeRunState[Count, Counted], rx.State):
    asked: list[str] = []
    answer: str = ""

    @rx.event
    def prepare(self, answer: str):
        self.answer = answer

    async def _authorize(self, target: str | list[str]) -> Any:
        self.asked = [*self.asked, str(target)]
        return {"yes": True, "no": False, "nothing": None}.get(self.answer, self.answer)


class NamedTags(RealtimeRunsWithTagState[Count, Counted], rx.State):
    async def _authorize(self, target: str | list[str]) -> bool:
        return target == ["mine"] or target == "mine"


class NamedBatch(RealtimeBatchState[Count, Counted], rx.State):
    async def _authorize(self, target: str | list[str]) -> bool:
        return True


class Undecided(RealtimeRunState[Count, Counted], rx.State):
    async def _authorize(self, target: str | list[str]) -> bool:
        await asyncio.Event().wait()
        return True


def status_of(browser: Browser, state: Any) -> Any:
    return browser.of(state).get("subscription_status")


def kind_of(browser: Browser, state: Any) -> Any:
    return (browser.of(state).get("error") or {}).get("kind")


async def test_a_secret_key_is_not_spent_on_what_a_browser_names(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Named.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Named) == "failed")
        assert kind_of(browser, Named) == "permission_denied"
        assert "_authorize" in browser.of(Named)["error"]["remedy"]
        assert browser.of(Named)["run"] is None


async def test_what_a_public_token_grants_by_itself_is_granted(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    other = await client.trigger("count", Count(to=1))
    configure(access_token=handle.public_access_token)
    async with Browser(backend) as browser:
        await browser.call(Named.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Named) == "complete")
        await browser.call(Named.subscribe, target=other.id)
        await browser.sees(lambda: status_of(browser, Named) == "failed")
        assert browser.of(Named)["run"] is None


async def test_an_app_that_says_yes_lends_its_credential(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Owned.prepare, answer="yes")
        await browser.call(Owned.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Owned) == "complete")
        assert browser.of(Owned)["asked"] == [handle.id]
        assert browser.of(Owned)["run"]["id"] == handle.id


async def test_an_app_may_answer_with_a_scoped_token(backend: str, client: RealtimeClient) -> None:
    handle = await client.trigger("count", Count(to=1))
    other = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Owned.prepare, answer=handle.public_access_token)
        await browser.call(Owned.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Owned) == "complete")
        await browser.call(Owned.subscribe, target=other.id)
        await browser.sees(lambda: status_of(browser, Owned) == "failed")
        assert kind_of(browser, Owned) in ("permission_denied", "not_found")


@pytest.mark.parametrize("answer", ["no", "nothing"])
async def test_a_refusal_shows_nothing_of_what_was_followed_before(
    backend: str, client: RealtimeClient, answer: str
) -> None:
    handle = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Owned.prepare, answer="yes")
        await browser.call(Owned.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Owned) == "complete")
        await browser.call(Owned.prepare, answer=answer)
        await browser.call(Owned.subscribe, target="run_other")
        await browser.sees(lambda: status_of(browser, Owned) == "failed")
        assert browser.of(Owned)["run"] is None


async def test_naming_nothing_follows_nothing(backend: str, client: RealtimeClient) -> None:
    handle = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Owned.prepare, answer="yes")
        await browser.call(Owned.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Owned) == "complete")
        await browser.call(Owned.subscribe, target="")
        await browser.sees(lambda: status_of(browser, Owned) == "idle")
        assert browser.of(Owned)["run"] is None


async def test_an_app_that_does_not_decide_before_the_lock_expires_is_taken_to_refuse(
    monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setenv("REFLEX_REDIS_LOCK_EXPIRATION", "200")
    async with Browser(backend) as browser:
        await browser.call(Undecided.subscribe, target="run_1")
        await browser.sees(lambda: status_of(browser, Undecided) == "failed")
        assert "Undecided._authorize" in browser.of(Undecided)["error"]["remedy"]


@pytest.mark.parametrize("target", [7, {"a": 1}, ["a", 7], ["x"] * 21, "x" * 257, [["a"]], True])
async def test_what_no_page_names_is_refused_before_the_app_is_asked(
    backend: str, target: Any
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Owned.prepare, answer="yes")
        await browser.call(Owned.subscribe, target=target)
        await browser.sees(lambda: status_of(browser, Owned) == "failed")
        assert kind_of(browser, Owned) == "configuration"
        assert not browser.of(Owned).get("asked")


async def test_tags_and_batches_are_named_in_the_same_way(
    backend: str, client: RealtimeClient
) -> None:
    await client.trigger("count", Count(to=1), tags=["mine"])
    batch = await client.batch_trigger("count", [Count(to=1), Count(to=2)])
    async with Browser(backend) as browser:
        await browser.call(NamedTags.subscribe, target=["mine"])
        await browser.sees(lambda: len(browser.of(NamedTags).get("runs") or []) == 1)
        await browser.call(NamedTags.subscribe, target=["theirs"])
        await browser.sees(lambda: kind_of(browser, NamedTags) == "permission_denied")
        assert browser.of(NamedTags)["runs"] == []
        await browser.call(NamedBatch.subscribe, target=batch.id)
        await browser.sees(lambda: len(browser.of(NamedBatch).get("runs") or []) == 2)


async def test_a_component_may_name_a_target_that_is_authorised_too(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Named.view_opened, viewer="v", target=handle.id)
        await browser.sees(lambda: kind_of(browser, Named) == "permission_denied")
        await browser.call(Owned.prepare, answer="yes")
        await browser.call(Owned.view_opened, viewer="v", target=handle.id)
        await browser.sees(lambda: status_of(browser, Owned) == "complete")


async def test_a_component_that_names_nothing_leaves_the_state_to_its_handlers(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    async with Browser(backend) as browser:
        await browser.call(Owned.prepare, answer="yes")
        await browser.call(Owned.subscribe, target=handle.id)
        await browser.sees(lambda: status_of(browser, Owned) == "complete")
        await browser.call(Owned.view_opened, viewer="v", target=None)
        await browser.call(Owned.prepare, answer="done")
        await browser.sees(lambda: browser.of(Owned)["answer"] == "done")
        assert browser.of(Owned)["run"]["id"] == handle.id


class Url:
    def __init__(self, path: str, query: dict[str, str] | None = None) -> None:
        self.path = path
        self.query_parameters = query or {}


class Router:
    def __init__(self, route_id: str, url: Url) -> None:
        self.route_id = route_id
        self.url = url


@pytest.mark.parametrize(
    ("route", "url", "value"),
    [
        ("/runs/[run_id]", Url("/runs/run_1"), "run_1"),
        ("runs/[run_id]/log", Url("/runs/a%20b/log/"), "a b"),
        ("/runs", Url("/runs", {"run_id": "run_2"}), "run_2"),
        ("/runs", Url("/runs"), ""),
        ("/runs/[other]", Url("/runs/run_1"), ""),
    ],
)
def test_the_url_of_a_page_names_a_target(route: str, url: Url, value: str) -> None:
    assert route_parameter(Router(route, url), "run_id") == value
