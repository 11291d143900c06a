"""The store as the server sees it: its identity, its changes, and word from other processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from reflex_realtime.devserver.store.changes import Changes, RunChange
from reflex_realtime.devserver.store.database import Database, Transaction
from reflex_realtime.devserver.store.ids import new_id, new_secret_key
from reflex_realtime.devserver.store.runs import changes_since
from reflex_realtime.devserver.store.streams import grown_topics
from reflex_realtime.devserver.store.waitpoints import completed_topics

T = TypeVar("T")

OTHERS_INTERVAL_SECONDS = 0.05
"""How often to look whether another process changed the file."""


class Store:
    """Runs, batches and streams in one file.

    Args:
        path: The file, or `:memory:`.

    Attributes:
        changes: Who waits for which change.
        secret_key: The secret key of the one environment there is.
        environment_id: The id of that environment.
    """

    def __init__(self, path: str) -> None:
        self.changes: Changes = Changes()
        self.secret_key: str = ""
        self.environment_id: str = ""
        self._database = Database(path, self.changes)
        self._watcher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the file and listen for what other processes change.

        Raises:
            ConfigurationError: The file cannot be opened.
        """
        await self._database.open()
        self.changes.open()
        self.secret_key, self.environment_id = await self.write(_identity)
        if self._database.is_shared:
            self._watcher = asyncio.create_task(self._watch_others(), name="realtime-store-watch")

    async def close(self) -> None:
        """Wake whoever waits and close the file."""
        self.changes.close()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
            self._watcher = None
        await self._database.close()

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a job that changes nothing."""
        return await self._database.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a job, commit what it changed and tell whoever waits for it."""
        return await self._database.write(work)

    async def _watch_others(self) -> None:
        version, seq = await self.read(_position)
        while True:
            await asyncio.sleep(OTHERS_INTERVAL_SECONDS)
            found, _ = position = await self.read(_position)
            if found == version:
                continue
            since = seq
            runs, topics = await self.read(lambda tx: _news_since(tx, since))  # noqa: B023
            self.changes.tell(runs)
            self.changes.publish(topics)
            version, seq = position


def _identity(tx: Transaction) -> tuple[str, str]:
    tx.execute("INSERT OR IGNORE INTO meta VALUES ('secret_key', ?)", new_secret_key())
    tx.execute("INSERT OR IGNORE INTO meta VALUES ('environment_id', ?)", new_id("env"))
    return (
        tx.one("SELECT value FROM meta WHERE key = 'secret_key'"),
        tx.one("SELECT value FROM meta WHERE key = 'environment_id'"),
    )


def _position(tx: Transaction) -> tuple[int, int]:
    """The file's version, which only other connections' commits change, and the last change."""
    return tx.one("PRAGMA data_version"), tx.one("SELECT value FROM meta WHERE key = 'seq'")


def _news_since(tx: Transaction, seq: int) -> tuple[list[RunChange], set[str]]:
    runs = changes_since(tx, seq)
    topics = grown_topics(tx, seq) | completed_topics(tx, seq)
    return runs, topics.union(*(change.topics for change in runs))
