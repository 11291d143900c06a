"""`RealtimeRunState`: one run, from its trigger to its end, as a browser sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
import reflex as rx
from pydantic import BaseModel

from reflex_realtime import (
    RealtimeOptions,
    RealtimeRun,
    RealtimeRunState,
    TaskHandle,
    configure,
)
from reflex_realtime.devserver import DevServer
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.states import viewers, writers
from tests.reflex_app import free_port
from tests.serving import serve
from tests.states.browser import Browser
from tests.states.tasks import Count, Counted, add_tasks, open_gate
from tests.waiting import until


class Counting(RealtimeRunState[Count, Counted], rx.State):
    completions: list[str] = []

    @rx.event
    async def start(self, task: str, to: int):
        return self._subscribe(await self._trigger(task, Count(to=to, secret="s3cret")))

    @rx.event
    async def start_without_following(self, to: int):
        handle = await self._trigger("wait", Count(to=to))
        return self._subscribe(handle, enabled=False)

    @rx.event
    async def trigger_twice_and_follow_second(self):
        await self._trigger("count", Count(to=1))
        return self._subscribe(await self._trigger("count", Count(to=2)))

    @rx.event
    async def send_nonsense(self):
        return self._subscribe(await self._trigger("count", {"to": "many"}))

    @rx.event
    def follow_by_id(self, run_id: str):
        return self._subscribe(run_id)

    @rx.event
    async def follow_unknown_run(self):
        return self._subscribe("run_unknown")

    @rx.event
    async def follow_with_wrong_token(self):
        return self._subscribe("run_unknown", access_token="tr_dev_wrong")

    @rx.event
    async def misspell_an_option(self):
        return self._subscribe("run_unknown", throttle=5)  # pyright: ignore[reportCallIssue]

    @rx.event
    async def cancel(self):
        if self.run:
            await self._cancel(self.run.id)

    async def _on_complete(self, run: RealtimeRun[Count, Counted], error: Any) -> Any:
        self.completions.append(run.id)
        yield rx.console_log(f"ended {run.status}")


class Projection(BaseModel):
    to: int


class CountRun(RealtimeRun[Projection, Counted], frozen=True):
    task_identifier: Literal["count"] = "count"


class FailRun(RealtimeRun[Projection, None], frozen=True):
    task_identifier: Literal["fail"] = "fail"


class Either(RealtimeRunState, rx.State):
    run: CountRun | FailRun | None = None  # pyright: ignore[reportIncompatibleVariableOverride]

    @rx.event
    async def start(self, task: str):
        return self._subscribe(await self._trigger(task, Count(to=3, secret="s3cret")))


class Faulty(RealtimeRunState[Count, Counted], rx.State):
    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("count", Count(to=1)))

    async def _on_complete(self, run: Any, error: Any) -> None:
        raise LookupError("the hook is broken")


class Lasting(RealtimeRunState[Count, Counted], rx.State):
    realtime_options = RealtimeOptions(stop_on_completion=False, skip_columns=("payload",))

    @rx.event
    async def start(self):
        return self._subscribe(await self._trigger("count", Count(to=1)))


def seen(browser: Browser, name: str, state: type = Counting) -> Any:
    return browser.of(state).get(name)


async def started(browser: Browser, to: int = 1, *, after: str = "") -> str:
    """Start a run that waits at its gate; return its id once the page shows it at work."""
    await browser.call(Counting.start, task="wait", to=to)

    def reached() -> str | None:
        run = seen(browser, "run")
        return run["id"] if run and run["metadata"].get("reached") and run["id"] != after else None

    return await browser.sees(reached)


async def ended(browser: Browser, status: str = "complete") -> None:
    await browser.sees(lambda: seen(browser, "subscription_status") == status)


async def test_a_page_sees_a_run_from_trigger_to_completion(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser, to=7)
        assert seen(browser, "run")["status"] == "EXECUTING"
        assert seen(browser, "run")["payload"] == {"to": 7, "secret": "s3cret"}
        open_gate(run_id)
        await ended(browser)
        assert seen(browser, "run")["output"] == {"total": 7}
        assert seen(browser, "run")["is_success"] is True
        assert seen(browser, "error") is None


async def test_on_complete_runs_once_and_may_change_vars_and_send_events(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Counting.start, task="count", to=2)
        await browser.sees(lambda: seen(browser, "completions"))
        await browser.sees(lambda: "ended COMPLETED" in str(browser.events))
        await browser.call(Counting.restart)
        await browser.sees(lambda: seen(browser, "subscription_status") == "connecting")
        await ended(browser)
        assert seen(browser, "completions") == [seen(browser, "run")["id"]]


async def test_on_complete_runs_again_for_the_next_run(backend: str) -> None:
    async with Browser(backend) as browser:
        for number in (1, 2):
            await browser.call(Counting.start, task="count", to=number)
            await browser.sees(lambda n=number: len(seen(browser, "completions")) == n)
        assert len(set(seen(browser, "completions"))) == 2


async def test_a_browser_cannot_forge_a_completion(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        await browser.call(Counting.deliver_completions)
        open_gate(run_id)
        await browser.sees(lambda: seen(browser, "completions"))
        assert seen(browser, "completions") == [run_id]


async def test_a_failing_hook_does_not_end_the_subscription(
    backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Browser(backend) as browser:
        await browser.call(Faulty.start)
        await browser.sees(lambda: seen(browser, "subscription_status", Faulty) == "complete")
        await until(lambda: "Faulty._on_complete failed" in caplog.text)


async def test_a_failing_run_shows_its_error(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Counting.start, task="fail", to=9)
        await ended(browser)
        run = seen(browser, "run")
        assert (run["status"], run["is_failed"]) == ("FAILED", True)
        assert run["error"]["name"] == "ValueError"
        assert run["error"]["message"] == "cannot count to 9"
        await browser.sees(lambda: seen(browser, "completions") == [run["id"]])


async def test_a_cancelled_run_completes_the_subscription(backend: str) -> None:
    async with Browser(backend) as browser:
        await started(browser)
        await browser.call(Counting.cancel)
        await ended(browser)
        assert seen(browser, "run")["is_cancelled"] is True
        await browser.sees(lambda: seen(browser, "completions"))


async def test_stop_keeps_what_was_shown_and_restart_goes_on(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        await browser.call(Counting.stop)
        await ended(browser, "stopped")
        assert seen(browser, "run")["id"] == run_id
        await no_writer()
        open_gate(run_id)
        await browser.call(Counting.restart)
        await ended(browser)
        assert seen(browser, "run")["is_success"] is True


async def test_disable_ends_the_feed_and_enable_goes_on(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        await browser.call(Counting.disable)
        await ended(browser, "stopped")
        await no_writer()
        await browser.call(Counting.restart)
        await no_writer()
        assert seen(browser, "subscription_status") == "stopped"
        open_gate(run_id)
        await browser.call(Counting.enable)
        await ended(browser)


async def test_a_subscription_that_is_not_enabled_waits_for_enable(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Counting.start_without_following, to=4)
        await ended(browser, "stopped")
        assert seen(browser, "run") is None
        await browser.call(Counting.enable)
        await browser.sees(lambda: seen(browser, "run"))


async def test_a_new_run_shows_nothing_of_the_old_one(backend: str) -> None:
    async with Browser(backend) as browser:
        first = await started(browser, to=1)
        shown: list[Any] = []
        socket_received = browser._receive

        async def watch(update: dict[str, Any]) -> None:
            await socket_received(update)
            shown.append(seen(browser, "run"))

        browser._socket.on("event", watch, namespace="/_event")
        second = await started(browser, to=2, after=first)
        ids = [run["id"] if run else None for run in shown]
        assert None in ids
        assert first not in ids[ids.index(None) :]
        assert ids[-1] == second


async def test_quick_starts_leave_one_writer_on_the_last_run(backend: str) -> None:
    async with Browser(backend) as browser:
        for number in range(1, 6):
            await browser.call(Counting.start, task="wait", to=number)
        await browser.sees(
            lambda: seen(browser, "run") and seen(browser, "run")["metadata"].get("reached") == 5
        )
        assert len(writers.present()) == 1


async def test_a_reload_goes_on(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        token = browser.token
    async with Browser(backend, token) as browser:
        assert seen(browser, "run")["id"] == run_id
        open_gate(run_id)
        await ended(browser)
        await browser.sees(lambda: seen(browser, "completions") == [run_id])


async def test_what_happens_while_the_browser_is_away_is_shown_on_its_return(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        token = browser.token
    open_gate(run_id)
    async with Browser(backend, token) as browser:
        await browser.sees(lambda: seen(browser, "completions") == [run_id])
        assert seen(browser, "run")["is_success"] is True


async def test_a_closed_tab_ends_its_feed(
    backend: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(viewers, "GRACE_SECONDS", 0.3)
    async with Browser(backend) as browser:
        run_id = await started(browser)
        token = browser.token
    await no_writer()
    assert "disconnected client" not in caplog.text
    async with Browser(backend, token) as browser:
        assert seen(browser, "subscription_status") == "idle"
        open_gate(run_id)
        await browser.call(Counting.view_opened, viewer="after-the-break")
        await ended(browser)


async def test_leaving_the_page_ends_the_feed_and_returning_goes_on(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Counting.view_opened, viewer="first")
        run_id = await started(browser)
        await browser.call(Counting.view_closed, viewer="first")
        await ended(browser, "idle")
        await no_writer()
        open_gate(run_id)
        await browser.call(Counting.view_opened, viewer="second")
        await ended(browser)


async def test_a_late_close_of_an_older_view_does_not_end_a_newer_one(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Counting.view_opened, viewer="old")
        run_id = await started(browser)
        await browser.call(Counting.view_opened, viewer="new")
        await browser.call(Counting.view_closed, viewer="old")
        open_gate(run_id)
        await ended(browser)


@pytest.mark.parametrize(
    ("handler", "arguments", "kind", "words"),
    [
        (Counting.start, {"task": "unknown", "to": 1}, "not_found", "the task 'unknown'"),
        (Counting.send_nonsense, {}, "invalid_request", "to: Input should be a valid integer"),
        (Counting.follow_unknown_run, {}, "not_found", "the run 'run_unknown'"),
        (Counting.follow_with_wrong_token, {}, "authentication", "does not accept the access"),
        (Counting.misspell_an_option, {}, "configuration", "'throttle'"),
    ],
    ids=lambda value: getattr(getattr(value, "fn", None), "__name__", None),
)
async def test_bad_input_shows_what_is_wrong_and_what_to_do(
    backend: str, handler: Any, arguments: dict[str, Any], kind: str, words: str
) -> None:
    async with Browser(backend) as browser:
        await browser.call(handler, **arguments)
        error = await browser.sees(lambda: seen(browser, "error"))
        assert error["kind"] == kind
        assert words in error["message"]
        assert error["remedy"]
        await no_writer()


async def test_no_token_shows_what_to_set(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reflex_realtime.options._configured", {})
    async with Browser(backend) as browser:
        await browser.call(Counting.follow_unknown_run)
        await ended(browser, "failed")
        assert "TRIGGER_SECRET_KEY" in seen(browser, "error")["remedy"]


async def test_a_server_that_is_not_there_is_said_to_be_and_asked_again(backend: str) -> None:
    async with Browser(backend) as browser:
        configure(base_url="http://127.0.0.1:9")
        await browser.call(Counting.follow_unknown_run)
        await ended(browser, "reconnecting")
        assert "cannot be reached" in seen(browser, "error")["message"]
        assert seen(browser, "error")["remedy"]
        await browser.call(Counting.stop)
        await ended(browser, "stopped")
        assert seen(browser, "error") is None


async def test_the_error_goes_when_the_server_is_back(backend: str, tmp_path: Path) -> None:
    port = free_port()

    @asynccontextmanager
    async def server() -> AsyncIterator[None]:
        server = DevServer(path=str(tmp_path / "runs.db"))
        add_tasks(server)
        async with serve(server, port) as url:
            configure(base_url=url, access_token=server.secret_key)
            yield

    async with Browser(backend) as browser:

        async def shows(status: str) -> None:
            await browser.sees(lambda: seen(browser, "subscription_status", Lasting) == status)

        async with server():
            await browser.call(Lasting.start)
            await shows("live")
        await shows("reconnecting")
        assert seen(browser, "error", Lasting)
        async with server():
            await shows("live")
            assert seen(browser, "error", Lasting) is None
            await browser.call(Lasting.stop)
            await shows("stopped")


async def test_only_what_the_model_declares_reaches_the_browser(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Either.start, task="count")
        await browser.sees(lambda: seen(browser, "subscription_status", Either) == "complete")
        assert seen(browser, "run", Either)["payload"] == {"to": 3}
        assert seen(browser, "run", Either)["output"] == {"total": 3}


async def test_a_union_of_runs_takes_the_model_of_the_task(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Either.start, task="fail")
        await browser.sees(lambda: seen(browser, "subscription_status", Either) == "complete")
        assert seen(browser, "run", Either)["task_identifier"] == "fail"
        assert seen(browser, "run", Either)["problems"] == []


async def test_the_class_options_apply(backend: str) -> None:
    async with Browser(backend) as browser:
        await browser.call(Lasting.start)
        await browser.sees(lambda: (run := seen(browser, "run", Lasting)) and run["is_success"])
        assert seen(browser, "run", Lasting)["payload"] is None
        await browser.sees(lambda: seen(browser, "subscription_status", Lasting) == "live")
        await browser.call(Lasting.stop)
        await browser.sees(lambda: seen(browser, "subscription_status", Lasting) == "stopped")


async def test_the_request_of_a_run_that_has_ended_is_closed_at_once(backend: str) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        assert shared_hub().feeds == 1
        open_gate(run_id)
        await ended(browser)
        await until(lambda: shared_hub().feeds == 0, seconds=1)


async def test_a_run_that_had_ended_before_it_was_followed_is_reported_once(
    backend: str, client: RealtimeClient
) -> None:
    handle = await client.trigger("count", Count(to=1))
    async for _ in client.subscribe_to_run(handle.id):
        continue
    async with Browser(backend) as browser:
        for _ in range(2):
            await browser.call(Counting.follow_by_id, run_id=handle.id)
            await browser.sees(lambda: seen(browser, "subscription_status") == "connecting")
            await ended(browser)
        await browser.sees(lambda: seen(browser, "completions") == [handle.id])
        await browser.call(Counting.stop)
        await no_writer()
        assert seen(browser, "completions") == [handle.id]


async def test_no_credential_reaches_the_browser(backend: str, realtime: DevServer) -> None:
    async with Browser(backend) as browser:
        run_id = await started(browser)
        open_gate(run_id)
        await ended(browser)
        assert realtime.secret_key not in str(browser.vars)
        assert "eyJ" not in str(browser.vars)
        assert "eyJ" not in repr(TaskHandle(id="run_1", public_access_token="eyJhbGciOi"))


async def no_writer() -> None:
    """Wait until no task writes any state."""
    await until(lambda: not writers.present())


async def test_a_page_that_does_not_show_the_state_ends_the_following(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the address of another page is typed: nothing says that this one was left."""
    monkeypatch.setattr(viewers, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(viewers, "POLL_SECONDS", 0.05)
    async with Browser(backend) as browser:
        await browser.call(Counting.view_opened, viewer="one")
        await started(browser)
    async with Browser(backend, browser.token) as elsewhere:
        await elsewhere.sees(lambda: seen(elsewhere, "subscription_status") == "idle")
        assert not writers.present()
        await elsewhere.call(Counting.view_opened, viewer="two")
        await elsewhere.sees(lambda: seen(elsewhere, "subscription_status") == "live")


async def test_a_page_that_is_loaded_again_is_followed_on(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(viewers, "POLL_SECONDS", 0.05)
    async with Browser(backend) as browser:
        await browser.call(Counting.view_opened, viewer="one")
        run_id = await started(browser)
    async with Browser(backend, browser.token) as again:
        await again.call(Counting.view_opened, viewer="two")
        await again.sees(lambda: seen(again, "subscription_status") == "live")
        await asyncio.sleep(0.6)
        assert len(writers.present()) == 1
        open_gate(run_id)
        await again.sees(lambda: seen(again, "completions") == [run_id])
