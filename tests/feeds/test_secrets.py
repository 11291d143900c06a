"""No credential shows, in whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.credential import credential
from reflex_realtime.feeds.events import FeedRetrying
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.models import BatchHandle, TaskHandle
from reflex_realtime.options import configure, parse_options, resolve_options
from reflex_realtime.protocol.requests import run_request
from tests.feeds.replay import SECRET, UP_TO_DATE, answer, replay, run_row, shape

ANSWERS = {
    "no answer": b"",
    "no HTTP": b"nonsense\r\n\r\n",
    "not JSON": answer(200, "<html>"),
    "bad encoding": answer(200, "x", {"Content-Encoding": "gzip"}),
    "endless redirects": answer(302, headers={"Location": "?again=1"}),
    **{
        f"status {status}": answer(status, '{"error":"no"}') for status in (400, 401, 403, 404, 409)
    },
    **{f"status {status}": answer(status) for status in (304, 408, 422, 429, 500, 503)},
}


OPERATIONS: dict[str, Callable[[RealtimeClient], Coroutine[Any, Any, Any]]] = {
    "trigger": lambda client: client.trigger("task", {"a": 1}),
    "batch": lambda client: client.batch_trigger("task", [1]),
    "cancel": lambda client: client.cancel_run("run_1"),
    "token": lambda client: client.create_public_token(scopes=["read:runs"]),
}
FEEDS: dict[str, Callable[[Connection], AsyncGenerator[Any, None]]] = {
    "run": lambda connection: run_feed(connection, run_request("run_1")),
    "stream": lambda connection: stream_feed(connection, "run_1", "tokens"),
}
TOKENS = [SECRET, f"{SECRET}\n", f"{SECRET}\nx", f"{SECRET}é"]


@pytest.fixture(autouse=True)
def everything_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.01)
    caplog.set_level(logging.DEBUG)


async def failure_of(feed: AsyncGenerator[Any, None]) -> RealtimeError:
    """The first error of a feed, whether it ends the feed or is tried again."""
    try:
        async with aclosing(feed):
            async for event in feed:
                if isinstance(event, FeedRetrying):
                    return event.error
    except RealtimeError as error:
        return error
    raise AssertionError("the feed ended without an error")


def everything_said_by(error: BaseException) -> str:
    """The error as it would be printed, with all the errors beneath it and their parts."""
    chain: list[BaseException] = [error]
    while under := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(under)
    parts = [f"{e} {e!r} {vars(e)}" for e in chain]
    return "".join([*traceback.format_exception(error), *parts])


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", ANSWERS)
async def test_no_error_and_no_log_of_a_request_shows_the_credential(
    fault: str, operation: str, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with replay(then=ANSWERS[fault]) as server:
        client = RealtimeClient(access_token=token, base_url=server.base_url)
        with pytest.raises(RealtimeError) as caught:
            await OPERATIONS[operation](client)
    assert SECRET not in everything_said_by(caught.value)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("fault", ANSWERS)
async def test_no_error_and_no_log_of_a_feed_shows_the_credential(
    fault: str, feed: str, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with replay(then=ANSWERS[fault]) as server:
        error = await failure_of(FEEDS[feed](Connection(server.base_url, credential(token))))
    assert SECRET not in everything_said_by(error)
    assert SECRET not in caplog.text


async def test_a_server_that_is_not_there_is_named_without_the_credential() -> None:
    async with replay() as server:
        pass
    with pytest.raises(RealtimeError, match="cannot be reached") as caught:
        await RealtimeClient(access_token=SECRET, base_url=server.base_url).trigger("task")
    assert SECRET not in everything_said_by(caught.value)


async def test_a_row_that_is_left_out_is_logged_without_its_payload(
    caplog: pytest.LogCaptureFixture,
) -> None:
    row = run_row(friendlyId=None, payload=f'"{SECRET}"', payloadType="application/json")
    async with (
        replay(shape([row, UP_TO_DATE])) as server,
        aclosing(run_feed(server.connection, run_request("run_1"))) as feed,
    ):
        await anext(feed)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "thing",
    [
        Connection("http://127.0.0.1", credential(SECRET)),
        parse_options(access_token=SECRET),
        RealtimeClient(access_token=SECRET),
        TaskHandle(id="run_1", public_access_token=SECRET),
        BatchHandle(id="batch_1", run_count=1, public_access_token=SECRET),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_no_repr_shows_the_credential(thing: object) -> None:
    assert SECRET not in f"{thing!r} {thing}"


@pytest.mark.parametrize(
    "options",
    [
        {"access_token": [SECRET]},
        {"access_token": SECRET, "throttle_ms": -1},
        {"access_token": SECRET, "unknown": 1},
        {"base_url": f"https://user:{SECRET}@example.com"},
        {"base_url": f"https://example.com?token={SECRET}"},
        {"base_url": f"https://example.com:{SECRET}"},
        {"base_url": SECRET},
        {"preview_branch": f"{SECRET}\n"},
    ],
)
def test_no_complaint_about_an_option_shows_the_credential(options: dict[str, Any]) -> None:
    for use in (lambda: parse_options(**options), lambda: configure(**options)):
        with pytest.raises(RealtimeError) as caught:
            use()
        assert SECRET not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


def test_configured_options_do_not_show_the_credential() -> None:
    configure(access_token=SECRET)
    assert SECRET not in repr(resolve_options())
