"""Writes what a task notes: at once when there was nothing, then many notes at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from reflex_realtime.devserver.metadata import apply_operations, encode_metadata
from reflex_realtime.devserver.store.claims import held_run
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.parts import write_parts
from reflex_realtime.devserver.store.runs import RunRecord, update_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.tasks.notebook import Notebook, Notes
from reflex_realtime.errors import RealtimeError
from reflex_realtime.protocol.packets import parse_packet

logger: logging.Logger = logging.getLogger("reflex_realtime.devserver")

SECONDS_BETWEEN_WRITES = 0.03


class NoteWriter:
    """Writes the notes of one attempt.

    Args:
        store: Where to.
        run_id: The run.
        worker_id: Who works on it; once somebody else does, nothing is written.

    Attributes:
        notebook: Where the task notes.
    """

    def __init__(self, store: Store, run_id: str, worker_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._worker_id = worker_id
        self._loop = asyncio.get_running_loop()
        self._noted = asyncio.Event()
        self.notebook: Notebook = Notebook(self._announce)
        self._writing = asyncio.create_task(self._write(), name=f"realtime-notes-{run_id}")

    def close(self) -> None:
        """Stop writing. What is still noted can be taken from the notebook."""
        self._writing.cancel()

    def _announce(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and the server with it
            self._loop.call_soon_threadsafe(self._noted.set)

    async def _write(self) -> None:
        while True:
            await self._noted.wait()
            self._noted.clear()
            notes = self.notebook.take()
            try:
                await self._store.write(
                    lambda tx, notes=notes: save_notes(tx, self._run_id, self._worker_id, notes)
                )
            except Exception:
                logger.exception("What the run %s reported could not be written", self._run_id)
            await asyncio.sleep(SECONDS_BETWEEN_WRITES)


def save_notes(tx: Transaction, run_id: str, worker_id: str, notes: Notes | None) -> None:
    """Write notes into the run and its streams.

    Args:
        tx: The transaction.
        run_id: The run.
        worker_id: Who worked on it; if it is somebody else's now, nothing is written.
        notes: The notes, if there are any.
    """
    run = held_run(tx, run_id, worker_id)
    if notes is None or run is None:
        return
    run = update_run(
        tx,
        run,
        metadata=_changed_metadata(run, notes),
        tags=_changed_tags(run, notes),
        streams=list(dict.fromkeys([*run.streams, *notes.lines])),
    )
    for stream, lines in notes.lines.items():
        write_parts(tx, run, stream, lines)


def _changed_tags(run: RunRecord, notes: Notes) -> list[str] | None:
    return list(dict.fromkeys([*(run.tags or ()), *notes.tags])) if notes.tags else run.tags


def _changed_metadata(run: RunRecord, notes: Notes) -> str | None:
    """The metadata with the task's changes, as far as they still fit what others changed."""
    if not notes.operations:
        return run.metadata
    metadata = parse_packet(run.metadata, "application/json") or {}
    try:
        return encode_metadata(apply_operations(metadata, notes.operations))
    except RealtimeError as error:
        logger.warning("The metadata of the run %s could not be changed: %s", run.id, error)
        return run.metadata
