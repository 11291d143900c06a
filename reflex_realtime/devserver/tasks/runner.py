"""Works on queued runs: claims them, calls their tasks, writes what becomes of them."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

from reflex_realtime.devserver.options import ServerOptions
from reflex_realtime.devserver.store import claims
from reflex_realtime.devserver.store.changes import QUEUE, cancel_topic
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.packets import offload, resolve
from reflex_realtime.devserver.store.runs import RunRecord, get_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.tasks.context import TaskContext
from reflex_realtime.devserver.tasks.definition import AbortTaskRunError, Task
from reflex_realtime.devserver.tasks.execution import End, Outcome, execute
from reflex_realtime.devserver.tasks.failure import error_from_exception, timed_out_error
from reflex_realtime.devserver.tasks.notebook import Notebook
from reflex_realtime.devserver.tasks.waits import Waits
from reflex_realtime.devserver.tasks.writer import NoteWriter, save_notes
from reflex_realtime.errors import PayloadError
from reflex_realtime.protocol.packets import JSON, encode_packet, parse_packet

logger: logging.Logger = logging.getLogger("reflex_realtime.devserver")

HEARTBEAT_SECONDS = 2.0


class Runner:
    """Works on the queued runs of the tasks it knows.

    Args:
        store: Where the runs are.
        tasks: The tasks by id; tasks may be added later.
        options: The server's options.
    """

    def __init__(self, store: Store, tasks: Mapping[str, Task], options: ServerOptions) -> None:
        self._store = store
        self._tasks = tasks
        self._options = options
        self._worker_id = ""
        self._free = asyncio.Event()
        self._running: dict[asyncio.Task[None], asyncio.Future[End]] = {}
        self._waits: dict[str, Waits] = {}
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to work, first on runs that a process left behind."""
        self._worker_id = uuid.uuid4().hex
        await self._store.write(lambda tx: claims.note_worker(tx, self._worker_id))
        await self._store.write(claims.recover_runs)
        self._loops = [
            asyncio.create_task(self._work(), name="realtime-runner"),
            asyncio.create_task(self._beat(), name="realtime-heartbeat"),
        ]

    async def stop(self) -> None:
        """Stop the tasks and hand their runs back."""
        for loop in self._loops:
            loop.cancel()
        for stop in self._running.values():
            if not stop.done():
                stop.set_result("interrupted")
        if unfinished := [*self._loops, *self._running]:
            await asyncio.wait(unfinished)
        await self._store.write(lambda tx: claims.drop_worker(tx, self._worker_id))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._store.write(lambda tx: claims.note_worker(tx, self._worker_id))
            await self._store.write(claims.recover_runs)

    async def _work(self) -> None:
        with self._store.changes.watching(QUEUE) as wake:
            self._free = wake
            while True:
                wake.clear()
                waiting = sum(waits.is_waiting for waits in self._waits.values())
                free = self._options.concurrency - len(self._running) + waiting
                runs, due = await self._store.write(functools.partial(self._claim, free=free))
                for run in runs:
                    self._begin(run)
                wait = None if due is None else max(0.0, due / 1000 - time.time()) + 0.001
                try:
                    async with asyncio.timeout(wait):
                        await wake.wait()
                except TimeoutError:
                    continue

    def _claim(self, tx: Transaction, free: int) -> tuple[list[RunRecord], int | None]:
        limits = {task.id: task.concurrency_limit for task in self._tasks.values()}
        return claims.claim_runs(tx, self._worker_id, limits, free), claims.next_due(tx)

    def _begin(self, run: RunRecord) -> None:
        stop: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        work = asyncio.create_task(self._attempt(run, stop), name=f"realtime-{run.id}")
        self._running[work] = stop
        work.add_done_callback(self._ended)

    def _ended(self, work: asyncio.Task[None]) -> None:
        del self._running[work]
        self._free.set()
        if not work.cancelled() and (error := work.exception()) is not None:
            logger.error("A run could not be worked on", exc_info=error)

    async def _attempt(self, claimed: RunRecord, stop: asyncio.Future[End]) -> None:
        run = await self._store.write(
            lambda tx: claims.begin_attempt(tx, claimed.id, self._worker_id)
        )
        if run is None:
            return
        task = self._tasks[run.task]
        began = time.monotonic()
        writer = NoteWriter(self._store, run.id, self._worker_id)
        watch = asyncio.create_task(self._watch_for_cancellation(run.id, stop))
        try:
            outcome = await self._call(task, run, writer.notebook, stop)
        finally:
            watch.cancel()
            writer.close()
            self._waits.pop(run.id, None)
        if outcome.end in ("cancelled", "interrupted"):
            return
        changes = _changes(outcome, run, task)
        usage_ms = round((time.monotonic() - began) * 1000)
        notes = writer.notebook.take()

        def finish(tx: Transaction) -> None:
            save_notes(tx, run.id, self._worker_id, notes)
            if "output" in changes:
                changes["output"], changes["output_type"] = offload(
                    tx,
                    f"{run.id}/output",
                    changes["output"],
                    changes["output_type"],
                    self._options.offload_bytes,
                )
            claims.end_attempt(tx, run.id, self._worker_id, usage_ms=usage_ms, **changes)

        await self._store.write(finish)

    async def _call(
        self, task: Task, run: RunRecord, notebook: Notebook, stop: asyncio.Future[End]
    ) -> Outcome:
        waits = self._waits[run.id] = Waits(self._store, run.id, self._worker_id)
        context = TaskContext(
            run_id=run.id,
            task_id=run.task,
            attempt=run.attempt,
            max_attempts=run.max_attempts,
            metadata=run.metadata,
            tags=run.tags or [],
            notebook=notebook,
            waits=waits,
        )
        try:
            packet = await self._store.read(lambda tx: resolve(tx, run.payload, run.payload_type))
            payload = task.read_payload(parse_packet(*packet))
        except PayloadError as error:
            return Outcome("raised", error=_Unrunnable(error))
        return await execute(
            functools.partial(task.function, **task.arguments(payload, context)),
            is_async=task.is_async,
            notebook=notebook,
            stop=stop,
            max_duration=run.max_duration,
            waited=lambda: waits.seconds,
        )

    async def _watch_for_cancellation(self, run_id: str, stop: asyncio.Future[End]) -> None:
        with self._store.changes.watching(cancel_topic(run_id)) as cancelled:
            run = await self._store.read(lambda tx: get_run(tx, run_id))
            if run is not None and run.status != "CANCELED":
                await cancelled.wait()
        if not stop.done() and not self._store.changes.closed:
            stop.set_result("cancelled")


class _Unrunnable(AbortTaskRunError):
    """The run's payload does not fit its task any more."""


def _changes(outcome: Outcome, run: RunRecord, task: Task) -> dict[str, Any]:
    """What becomes of a run."""
    if outcome.end == "timed_out":
        return {"status": "TIMED_OUT", "error": timed_out_error(run.max_duration or 0)}
    error = outcome.error
    if error is None:
        try:
            output, output_type = _encode_output(outcome.value, task)
        except PayloadError as refused:
            return {"status": "COMPLETED_WITH_ERRORS", "error": error_from_exception(refused)}
        return {
            "status": "COMPLETED_SUCCESSFULLY",
            "output": output,
            "output_type": output_type,
        }
    if isinstance(error, AbortTaskRunError) or run.attempt >= run.max_attempts:
        cause = error.args[0] if isinstance(error, _Unrunnable) else error
        return {"status": "COMPLETED_WITH_ERRORS", "error": error_from_exception(cause)}
    wait = task.retry.wait_after(run.attempt)
    retry_at = time.time_ns() // 1_000_000 + round(wait * 1000)
    return {"status": "RETRYING_AFTER_FAILURE", "retry_at": retry_at}


def _encode_output(value: Any, task: Task) -> tuple[str | None, str]:
    """The output as stored. A function that returns nothing has none, as in JavaScript."""
    if value is None:
        return None, JSON
    try:
        return encode_packet(value)
    except PayloadError as error:
        raise PayloadError(
            f"What the task {task.id!r} returned is no output. {error.message}",
            remedy=error.remedy,
        ) from None
