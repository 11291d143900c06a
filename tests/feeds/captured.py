"""What was recorded of real servers, and what a feed makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.run_feed import run_feed
from reflex_realtime.feeds.stream_feed import stream_feed
from reflex_realtime.protocol.requests import ShapeRequest, batch_request, run_request, tag_request
from tests.feeds.capture_table import EXPECTED
from tests.feeds.replay import CAPTURES, ReplayServer, Request, recorded, replay

PATIENCE_SECONDS = 10


@dataclass
class Outcome:
    """What a feed made of the answers of a server.

    Attributes:
        events: Its events, each with the number of the answer that it followed.
        requests: The server's requests.
        error: What the feed ended in, None where it goes on or has ended cleanly.
        ended: Whether it has ended.
    """

    events: list[tuple[int, Any]] = field(default_factory=list[tuple[int, Any]])
    requests: list[Request] = field(default_factory=list[Request])
    error: RealtimeError | None = None
    ended: bool = False

    def of(self, kind: type[Any], number: int) -> list[Any]:
        """The events of a kind that followed an answer."""
        return [event for n, event in self.events if n == number and isinstance(event, kind)]


async def outcome(
    answers: list[bytes], open_feed: Callable[[ReplayServer], AsyncGenerator[Any, None]]
) -> Outcome:
    """Let a feed read some answers, until it ends or asks for more than there are."""
    result = Outcome()
    async with replay(*answers) as server:

        async def read() -> None:
            try:
                async with aclosing(open_feed(server)) as feed:
                    async for event in feed:
                        result.events.append((len(server.requests), event))
            except RealtimeError as error:
                result.error = error
            result.ended = True

        reading = asyncio.create_task(read())
        asked = asyncio.create_task(server.asked(len(answers) + 1))
        await asyncio.wait(
            [reading, asked], timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        assert asked.done() or reading.done(), "the feed neither goes on nor ends"
        for task in (reading, asked):
            task.cancel()
        await asyncio.gather(reading, asked, return_exceptions=True)
        result.requests = server.requests
        await server.left()
    return result


def asked(name: str) -> tuple[str, str, dict[str, str], bytes]:
    """A recorded request: method, target, headers and body."""
    [path] = CAPTURES.glob(f"{name}-*.raw")
    request = path.read_bytes().split(b"\n=====RESPONSE=====", 1)[0]
    head, _, body = request.partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    method, target, _ = start.split(" ")
    return method, target, dict(line.split(": ", 1) for line in lines), body


def request_of(name: str) -> ShapeRequest:
    """What our client asks for where the recorded request was sent."""
    url = urlsplit(asked(name)[1])
    params = dict(parse_qsl(url.query))
    columns = [c for c in params.get("skipColumns", "").split(",") if c not in ("", "id", "status")]
    kind, _, identifier = url.path.removeprefix("/realtime/v1/").partition("/")
    if kind == "runs" and identifier:
        return run_request(identifier, skip_columns=columns)
    if kind == "batches":
        return batch_request(identifier)
    if "tags" in params:
        created_at = params.get("createdAt")
        return tag_request(params["tags"].split(","), created_at=created_at, skip_columns=columns)
    return ShapeRequest("what was recorded", url.path)


def is_stream(name: str) -> bool:
    return asked(name)[1].startswith("/realtime/v1/streams/")


def raw_headers(name: str) -> dict[str, str]:
    """The headers of a recorded answer, read without any library."""
    head = recorded(name).partition(b"\r\n\r\n")[0].decode()
    pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:])
    return {key.lower(): value for key, value in pairs}


async def follow(name: str, *more: str, cut: Callable[[bytes], bytes] = bytes) -> Outcome:
    """What the feed that it is an answer to makes of a recorded answer and those around it."""
    answers = [*getattr(EXPECTED[name], "after", ()), name, *more]
    whole = [cut(recorded(each)) for each in answers]
    if is_stream(name):
        _, run_id, stream = asked(name)[1].removeprefix("/realtime/v1/").split("/")
        return await outcome(whole, lambda server: stream_feed(server.quick, run_id, stream))
    return await outcome(whole, lambda server: run_feed(server.quick, request_of(name)))
