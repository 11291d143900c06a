"""Both clients on servers that answer alike, where no real one misbehaves when asked to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.hooks import FeedNotice
from tests.conformance import items
from tests.conformance.sdk import JavaScript
from tests.conformance.witnesses import Witness, witnesses
from tests.feeds.replay import SECRET, UP_TO_DATE, ReplayServer, answer, replay, run_row

SCHEMA = {
    "friendlyId": {"type": "text"},
    "runTags": {"type": "text", "dims": 1},
    "realtimeStreams": {"type": "text", "dims": 1},
    "error": {"type": "jsonb"},
}


def row(number: int = 1, **columns: Any) -> dict[str, Any]:
    """A message about a run, with what the official client asks of one."""
    required = {
        "id": f"id{number}",
        "taskIdentifier": "my-task",
        "updatedAt": "2026-08-01T10:00:00.000",
    }
    return run_row(number, **required, **columns)


def told(*messages: Any) -> bytes:
    """An answer that brings all there is, as Electric gives it."""
    headers = {
        "Content-Type": "application/json",
        "electric-offset": "0_0",
        "electric-handle": "h1",
        "electric-cursor": "c1",
        "electric-schema": json.dumps(SCHEMA),
        "electric-up-to-date": "",
    }
    return answer(200, json.dumps([*messages, UP_TO_DATE]), headers)


def refused(status: int, body: Any = None, **headers: str) -> bytes:
    """An answer that is no success."""
    text = json.dumps(body or {"error": "No."})
    return answer(status, text, {"Content-Type": "application/json", **headers})


@dataclass(frozen=True, slots=True)
class Apart:
    """Both clients, each on a server of its own.

    Attributes:
        javascript: The official client.
        python: Ours.
        javascripts_server: The server of the official client.
        pythons_server: The server of ours.
        notices: What our feed tells its hooks.
        begun: When they began.
    """

    javascript: Witness
    python: Witness
    javascripts_server: ReplayServer
    pythons_server: ReplayServer
    notices: list[FeedNotice]
    begun: float


@asynccontextmanager
async def apart(
    *answers: bytes,
    feed: str = "run",
    target: Any = "run_1",
    streams: Sequence[bytes] = (),
    then: bytes | None = None,
    token: str | Callable[[], str] = SECRET,
) -> AsyncIterator[Apart]:
    """Let both clients follow a feed, each on a server of its own that gives the same answers.

    Args:
        *answers: The answers.
        feed: `run`, `streams` (a run with them), `tag` or `batch`.
        target: The run's or batch's id, or the tags.
        streams: The answers to requests for streams.
        then: What every later request is answered; None leaves it unanswered.
        token: The access token of our client.
    """
    notices: list[FeedNotice] = []
    async with (
        replay(*answers, streams=streams, then=then) as first,
        replay(*answers, streams=streams, then=then) as second,
    ):
        javascript = JavaScript(first.base_url, SECRET).observe(feed, target)
        begun = monotonic()
        client = client_of(second, access_token=token, hooks=[notices.append])
        async with witnesses(javascript, items.follow(client, feed, target)) as both:
            yield Apart(both.javascript, both.python, first, second, notices, begun)


def client_of(server: ReplayServer, **options: Any) -> RealtimeClient:
    """Our client on a server that replays."""
    return RealtimeClient(base_url=server.base_url, **{"access_token": SECRET, **options})
