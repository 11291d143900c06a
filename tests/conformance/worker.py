"""A worker that takes a run from one state to the next only when the test says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reflex_realtime.devserver.metadata import encode_value
from reflex_realtime.devserver.store import claims, streams
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.parts import write_parts
from reflex_realtime.devserver.store.runs import RunRecord, get_run, update_run
from reflex_realtime.devserver.store.store import Store

WORKER_ID = "conformance"


class Worker:
    """Works on the runs in a store that a server of another process serves.

    Each method is one commit, and so one state that a feed shows.

    Args:
        store: The opened store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self) -> None:
        """Be a process that is alive, so that the server leaves its runs alone."""
        await self._store.write(lambda tx: claims.note_worker(tx, WORKER_ID))

    async def claim(self, run_id: str) -> None:
        """Take a run out of its queue."""
        await self.change(run_id, status="DEQUEUED", worker_id=WORKER_ID)

    async def begin(self, run_id: str) -> None:
        """Begin its attempt."""
        await self._store.write(lambda tx: claims.begin_attempt(tx, run_id, WORKER_ID))

    async def complete(self, run_id: str, output: Any) -> None:
        """End it with an output."""
        text = encode_value(output, "The output")
        await self._end(run_id, status="COMPLETED_SUCCESSFULLY", output=text)

    async def fail(self, run_id: str, error: dict[str, Any]) -> None:
        """End it with an error."""
        await self._end(run_id, status="COMPLETED_WITH_ERRORS", error=error)

    async def change(self, run_id: str, **columns: Any) -> RunRecord:
        """Change columns of a run."""
        return await self._store.write(lambda tx: update_run(tx, _run(tx, run_id), **columns))

    async def change_together(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Change columns of several runs in one commit."""

        def change(tx: Transaction) -> None:
            for run_id, columns in changes.items():
                update_run(tx, _run(tx, run_id), **columns)

        await self._store.write(change)

    async def open_stream(self, run_id: str, stream: str) -> None:
        """Give a run a stream."""
        await self._store.write(lambda tx: streams.register_stream(tx, _run(tx, run_id), stream))

    async def write(self, run_id: str, stream: str, part: Any) -> None:
        """Write a part of a stream."""
        text = encode_value(part, "The part")
        await self._store.write(lambda tx: write_parts(tx, _run(tx, run_id), stream, [text]))

    async def _end(self, run_id: str, **columns: Any) -> None:
        await self._store.write(
            lambda tx: claims.end_attempt(tx, run_id, WORKER_ID, usage_ms=1234, **columns)
        )


def _run(tx: Transaction, run_id: str) -> RunRecord:
    run = get_run(tx, run_id)
    assert run is not None
    return run
