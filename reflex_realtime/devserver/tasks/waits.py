"""Waiting for a wait token in a task: the run says so, and the time does not count."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from reflex_realtime.devserver.store.changes import waitpoint_topic
from reflex_realtime.devserver.store.claims import held_run
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import update_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.store.waitpoints import Waitpoint, get_waitpoint, insert_waitpoint
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.packets import parse_packet


class Waits:
    """The waits of one attempt.

    Args:
        store: Where the wait tokens are.
        run_id: The run.
        worker_id: Who works on it.
    """

    def __init__(self, store: Store, run_id: str, worker_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._worker_id = worker_id
        self._ended = 0.0
        self._begun: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it waits now."""
        return self._begun is not None

    @property
    def seconds(self) -> float:
        """How long the attempt has waited in all, up to now."""
        return self._ended + (time.monotonic() - self._begun if self._begun is not None else 0.0)

    async def create_token(self, timeout_seconds: float | None) -> str:
        """Make a wait token and return its id."""

        def insert(tx: Transaction) -> Waitpoint:
            ms = None if timeout_seconds is None else tx.now + round(timeout_seconds * 1000)
            return insert_waitpoint(tx, timeout_at=ms)

        return (await self._store.write(insert)).id

    async def wait_for(self, token_id: str) -> Any:
        """Wait until a token is completed and return what with.

        Raises:
            TimeoutError: It timed out.
            ConfigurationError: There is no such token.
        """
        self._begun = time.monotonic()
        try:
            waitpoint = await self._wait_for(token_id)
        finally:
            self._ended, self._begun = self.seconds, None
        if waitpoint.completed_at is None:
            raise TimeoutError(f"Nobody completed the wait token {token_id!r} in time.")
        return parse_packet(waitpoint.output, waitpoint.output_type)

    async def _wait_for(self, token_id: str) -> Waitpoint:
        with self._store.changes.watching(waitpoint_topic(token_id)) as completed:
            waitpoint = await self._waitpoint(token_id)
            if _seconds_left(waitpoint) == 0:
                return waitpoint
            await self._show("WAITING_TO_RESUME")
            while (left := _seconds_left(waitpoint)) != 0:
                completed.clear()
                try:
                    async with asyncio.timeout(left):
                        await completed.wait()
                except TimeoutError:
                    pass  # the token says whether it has timed out
                waitpoint = await self._waitpoint(token_id)
            await self._show("EXECUTING")
            return waitpoint

    async def _waitpoint(self, token_id: str) -> Waitpoint:
        waitpoint = await self._store.read(lambda tx: get_waitpoint(tx, token_id))
        if waitpoint is None:
            raise ConfigurationError(
                f"There is no wait token {token_id!r}.",
                remedy="Make one with ctx.create_token() or POST /api/v1/waitpoints/tokens.",
            )
        return waitpoint

    async def _show(self, status: str) -> None:
        def show(tx: Transaction) -> None:
            if run := held_run(tx, self._run_id, self._worker_id):
                update_run(tx, run, status=status)

        await self._store.write(show)


def _seconds_left(waitpoint: Waitpoint) -> float | None:
    """How long a token may still be waited for: 0 when it is over, None for any time."""
    now = time.time_ns() // 1_000_000
    if waitpoint.status(now) != "WAITING":
        return 0
    return None if waitpoint.timeout_at is None else (waitpoint.timeout_at - now) / 1000
