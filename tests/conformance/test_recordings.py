"""Recorded emissions of the official client on the real server, told again on the embedded one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reflex_realtime.devserver.store.batches import insert_batch
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import insert_run, new_run
from reflex_realtime.devserver.store.store import Store
from tests.conformance.conftest import Clients
from tests.conformance.worker import Worker

RECORDINGS = Path(__file__).parents[1] / "captures" / "js-client"
STORED = {
    "QUEUED": "PENDING",
    "COMPLETED": "COMPLETED_SUCCESSFULLY",
    "FAILED": "COMPLETED_WITH_ERRORS",
}
TIMES = {"createdAt", "updatedAt", "queuedAt", "startedAt", "finishedAt"}
COSTS = {"costInCents", "baseCostInCents"}


@pytest.mark.parametrize(
    ("recording", "feed"), [("run", "streams"), ("tag", "tag"), ("batch", "batch")]
)
async def test_both_clients_emit_what_was_recorded(
    clients: Clients, worker: Worker, store: Store, recording: str, feed: str
) -> None:
    recorded = load(recording)
    narrator = Narrator(worker, store)
    await narrator.tell(recorded[0])
    target = {"streams": narrator.run_ids[0], "tag": "demo-26898", "batch": narrator.batch_id}
    async with clients.watch(feed, target[feed]) as both:
        await both.see()
        for item in recorded[1:]:
            await narrator.tell(item)
            await both.see()
    assert masked(both.javascript.emitted) == masked(recorded)
    assert masked(both.python.emitted) == masked(recorded)


def load(recording: str) -> list[Any]:
    """A recording's items, in the form in which clients are followed here."""
    lines = (RECORDINGS / f"{recording}.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [
        {"run": entry["value"]}
        if entry["type"] == "run"
        else {"stream": entry["type"].removeprefix("stream:"), "part": entry["value"]}
        for entry in entries
        if entry["type"] != "end"
    ]


def masked(items: list[Any]) -> list[Any]:
    """Items without what differs each time a story is told.

    Run ids are numbered; times are masked, though not whether there is one; costs are left out,
    as the embedded server charges nothing.
    """
    numbers: dict[str, int] = {}

    def mask(name: str, value: Any) -> Any:
        if name == "id":
            return numbers.setdefault(value, len(numbers))
        return "time" if name in TIMES else value

    return [
        {"run": {name: mask(name, v) for name, v in item["run"].items() if name not in COSTS}}
        if "run" in item
        else item
        for item in items
    ]


class Narrator:
    """Brings runs into the states in which a recording shows them.

    Attributes:
        batch_id: The batch of all its runs.
        run_ids: Its runs, in the order in which they appear.
    """

    def __init__(self, worker: Worker, store: Store) -> None:
        self.batch_id = ""
        self.run_ids: list[str] = []
        self._worker = worker
        self._store = store
        self._ids: dict[str, str] = {}

    async def tell(self, item: Any) -> None:
        """Make true what a recorded item says, in one commit."""
        if "run" not in item:
            await self._worker.write(self.run_ids[0], item["stream"], item["part"])
        elif run_id := self._ids.get(item["run"]["id"]):
            await self._worker.change(run_id, **columns(item["run"]))
        else:
            run_id = await self._store.write(lambda tx: self._insert(tx, item["run"]))
            self._ids[item["run"]["id"]] = run_id
            self.run_ids.append(run_id)

    def _insert(self, tx: Transaction, run: dict[str, Any]) -> str:
        self.batch_id = self.batch_id or insert_batch(tx, 2, sealed=True).id
        new = new_run(
            task=run["taskIdentifier"],
            payload=json.dumps(run["payload"]),
            tags=run["tags"],
            batch_id=self.batch_id,
            batch_index=len(self.run_ids),
            **columns(run),
        )
        return insert_run(tx, new).id


def columns(run: dict[str, Any]) -> dict[str, Any]:
    """The columns of a recorded run that change while it lives."""

    def text(name: str) -> str | None:
        return json.dumps(run[name]) if name in run else None

    some_time = 1
    return {
        "status": STORED.get(run["status"], run["status"]),
        "started_at": some_time if "startedAt" in run else None,
        "completed_at": some_time if "finishedAt" in run else None,
        "usage_ms": run["durationMs"],
        "metadata": text("metadata"),
        "output": text("output"),
        "error": {"type": "BUILT_IN_ERROR", **run["error"]} if "error" in run else None,
        "streams": run["realtimeStreams"],
    }
