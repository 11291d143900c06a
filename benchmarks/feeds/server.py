"""The server of the benchmarks: one process that answers every client with the same bytes.

It speaks the runs feed's protocol as Electric does: a snapshot, then updates with the changed
columns only. A tag has 1,000 runs, and chooses how their updates come: `held` none at all,
`every-N` 100 a second, N in an answer. A run's id does the same for its feed: `idle_S_...` answers
every S seconds that nothing has changed, `busy_S_...` that it has.
"""

from __future__ import annotations

import asyncio
import json
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROWS = 1000
UPDATES_PER_SECOND = 100

ROW = {
    "baseCostInCents": "0.25",
    "completedAt": None,
    "costInCents": "0.5",
    "createdAt": "2026-11-22 17:47:51.185",
    "delayUntil": None,
    "error": None,
    "expiredAt": None,
    "friendlyId": "run_0",
    "id": "0",
    "isTest": "false",
    "metadata": json.dumps({"progress": 0.5, "label": "writing page 6"}),
    "metadataType": "application/json",
    "number": "1",
    "output": json.dumps({"url": "/reports/tides", "words": 1200}),
    "outputType": "application/json",
    "payload": json.dumps({"topic": "tides", "pages": 12, "sources": ["a", "b", "c"]}),
    "payloadType": "application/json",
    "queuedAt": "2026-11-22 17:47:51.182",
    "realtimeStreams": "{llm}",
    "runTags": "{user:1,kind:report}",
    "startedAt": "2026-11-22 17:47:52.04",
    "status": "EXECUTING",
    "taskIdentifier": "create-report",
    "ttl": None,
    "updatedAt": "2026-11-22 17:47:55",
    "usageDurationMs": "1234",
}
TYPES = {
    **{name: {"type": "text"} for name in ROW},
    **{name: {"type": "timestamp"} for name in ROW if name.endswith(("At", "Until"))},
    **{name: {"type": "float8"} for name in ("baseCostInCents", "costInCents")},
    **{name: {"type": "int4"} for name in ("number", "usageDurationMs")},
    **{name: {"type": "text", "dims": 1} for name in ("realtimeStreams", "runTags")},
    "error": {"type": "jsonb"},
    "isTest": {"type": "bool"},
}
UP_TO_DATE = {"headers": {"control": "up-to-date", "global_last_seen_lsn": "1"}}


def _message(operation: str, number: int, columns: dict[str, Any]) -> dict[str, Any]:
    key = f'"public"."TaskRun"/"{number}"'
    value = {**columns, "id": str(number)}
    return {"key": key, "value": value, "headers": {"operation": operation}}


def snapshot(rows: int) -> bytes:
    """The body with which a subscription starts."""
    runs = (_message("insert", n, {**ROW, "friendlyId": f"run_{n}"}) for n in range(rows))
    return json.dumps([*runs, UP_TO_DATE], separators=(",", ":")).encode()


def updates(first: int, count: int, rows: int) -> bytes:
    """The body of an answer with `count` updates, of which `first` is the first one's number."""
    changed = [
        _message(
            "update",
            n % rows,
            {
                "updatedAt": f"2026-11-22 18:{n // 60 % 60:02}:{n % 60:02}.5",
                "metadata": json.dumps({"progress": n, "label": "writing page 7"}),
                "usageDurationMs": str(n),
            },
        )
        for n in range(first, first + count)
    ]
    return json.dumps([*changed, UP_TO_DATE], separators=(",", ":")).encode()


class RunsFeed(asyncio.Protocol):
    """One connection of a client."""

    snapshots = {rows: snapshot(rows) for rows in (1, ROWS)}
    schema = json.dumps(TYPES, separators=(",", ":"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""
        self.due = 0.0

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.received.endswith(b"\r\n\r\n"):
            return
        target = urlsplit(self.received.split(b" ", 2)[1].decode())
        self.received = b""
        query = {name: values[-1] for name, values in parse_qs(target.query).items()}
        rows = ROWS if "tags" in query else 1
        if query["offset"] == "-1":
            self.answer("0", self.snapshots[rows])
            return
        first = int(query["offset"].partition("_")[0])
        if rows == 1:
            kind, seconds, _ = target.path.rpartition("/")[2].split("_")
            self.answer_after(float(seconds), first, count=int(kind == "busy"), rows=1)
        elif query["tags"] != "held":
            count = int(query["tags"].removeprefix("every-"))
            self.answer_in_time(count / UPDATES_PER_SECOND, first, count)

    def answer_after(self, seconds: float, first: int, count: int, rows: int) -> None:
        body = updates(first, count, rows)
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, self.answer, str(first + count), body)

    def answer_in_time(self, seconds: float, first: int, count: int) -> None:
        """Answer some time after the last answer, so that the pace is kept."""
        now = asyncio.get_running_loop().time()
        self.due = max(self.due + seconds, now)
        self.answer_after(self.due - now, first, count, ROWS)

    def answer(self, offset: str, body: bytes) -> None:
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
            f"electric-handle: 1-1\r\nelectric-offset: {offset}_0\r\nelectric-cursor: 1\r\n"
            f"electric-up-to-date: \r\nelectric-schema: {self.schema}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)


def serve(address: Connection) -> None:
    """Run the server until its process is ended; the port goes to `address`."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(RunsFeed, "127.0.0.1", 0, backlog=2048)
        address.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())
