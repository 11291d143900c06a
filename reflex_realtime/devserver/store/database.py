"""SQLite behind one thread: jobs go in, results come out, jobs that wait share a commit."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from reflex_realtime.devserver.store import schema
from reflex_realtime.devserver.store.changes import Changes, RunChange
from reflex_realtime.errors import ConfigurationError

T = TypeVar("T")

IN_MEMORY = ":memory:"
BUSY_TIMEOUT_SECONDS = 10.0
JOBS_PER_COMMIT = 256


@dataclass(slots=True)
class Transaction:
    """What a job works with.

    Attributes:
        connection: The connection, inside a transaction.
        now: The time, in milliseconds since 1970.
        topics: What the job changed, published when it is committed.
        changes: How runs changed, told when it is committed.
    """

    connection: sqlite3.Connection
    now: int
    topics: set[str] = field(default_factory=set)
    changes: list[RunChange] = field(default_factory=list)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, parameters)

    def one(self, sql: str, *parameters: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def next_seq(self) -> int:
        """The next number in the order of changes, across all processes that share the file."""
        return self.one("UPDATE meta SET value = value + 1 WHERE key = 'seq' RETURNING value")


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[Transaction], T]
    writes: bool
    answer: asyncio.Future[T]


@dataclass(slots=True)
class _Done:
    job: _Job[Any]
    result: Any = None
    error: BaseException | None = None
    topics: set[str] = field(default_factory=set)
    changes: list[RunChange] = field(default_factory=list)


class Database:
    """One SQLite file, one thread, one connection.

    Jobs that arrive while a commit is under way share the next one, so a burst costs few commits.

    Args:
        path: The file, or `:memory:`.
        changes: Is told in the event loop what was committed.
    """

    def __init__(self, path: str, changes: Changes) -> None:
        self.path = path
        self._changes = changes
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other processes may have the same file open."""
        return self.path != IN_MEMORY

    async def open(self) -> None:
        """Open the file, creating it and its folder where missing.

        Raises:
            ConfigurationError: The file cannot be opened or is not a database.
        """
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(
            target=self._work, args=(opened,), name="realtime-store", daemon=True
        )
        self._thread.start()
        await opened

    async def close(self) -> None:
        """Finish the jobs that are waiting and close the file; later ones are refused."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a job that changes nothing."""
        return await self._submit(work, writes=False)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a job and commit what it changed; if it raises, its changes are undone."""
        return await self._submit(work, writes=True)

    async def _submit(self, work: Callable[[Transaction], T], *, writes: bool) -> T:
        if self._thread is None or self._loop is None:
            raise ConfigurationError(
                "The embedded realtime server is not running.",
                remedy="Use it inside `async with server:`, or mount it with server.mount(app).",
            )
        answer: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, writes, answer))
        return await answer

    def _work(self, opened: asyncio.Future[None]) -> None:
        assert self._loop is not None
        try:
            connection = _connect(self.path)
        except (sqlite3.Error, OSError) as error:
            problem = ConfigurationError(
                f"The store {self.path!r} cannot be opened: {error}.",
                remedy="Give DevServer(path=...) a file in a folder that can be written to.",
            )
            self._loop.call_soon_threadsafe(opened.set_exception, problem)
            return
        self._loop.call_soon_threadsafe(opened.set_result, None)
        try:
            while (job := self._jobs.get()) is not None:
                if not self._commit(connection, job):
                    return
        finally:
            connection.close()

    def _commit(self, connection: sqlite3.Connection, first: _Job[Any]) -> bool:
        """Run the first job and all that wait behind it in one transaction."""
        assert self._loop is not None
        jobs: list[_Job[Any]] = [first]
        going_on = True
        with suppress(queue.Empty):
            while len(jobs) < JOBS_PER_COMMIT:
                job = self._jobs.get_nowait()
                if job is None:
                    going_on = False
                    break
                jobs.append(job)
        try:
            done = _run_jobs(connection, jobs)
        except sqlite3.Error as error:
            done = [_Done(job, error=error) for job in jobs]
        with suppress(RuntimeError):  # the loop is gone: nobody waits for the answers
            self._loop.call_soon_threadsafe(self._deliver, done)
        return going_on

    def _deliver(self, done: list[_Done]) -> None:
        for outcome in done:
            if outcome.changes:
                self._changes.tell(outcome.changes)
            if outcome.job.answer.done():
                continue
            if outcome.error is not None:
                outcome.job.answer.set_exception(outcome.error)
            else:
                outcome.job.answer.set_result(outcome.result)
        self._changes.publish(set().union(*(outcome.topics for outcome in done)))


def _run_jobs(connection: sqlite3.Connection, jobs: list[_Job[Any]]) -> list[_Done]:
    writes = any(job.writes for job in jobs)
    connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    try:
        done = [_run_job(connection, job) for job in jobs]
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    return done


def _run_job(connection: sqlite3.Connection, job: _Job[Any]) -> _Done:
    transaction = Transaction(connection, now=time.time_ns() // 1_000_000)
    connection.execute("SAVEPOINT job")
    try:
        result = job.work(transaction)
    except Exception as error:  # the job's own failure, handed to whoever waits for it
        connection.execute("ROLLBACK TO job")
        return _Done(job, error=error)
    finally:
        connection.execute("RELEASE job")
    return _Done(job, result, topics=transaction.topics, changes=transaction.changes)


def _connect(path: str) -> sqlite3.Connection:
    if path != IN_MEMORY:
        _prepare_folder(Path(path))
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, schema.VERSION):
        connection.close()
        raise OSError(f"it was written by another version of this library ({version}); delete it")
    if version == 0:
        for statement in schema.TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('seq', 0)")
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    connection.execute("COMMIT")
    return connection


def _prepare_folder(path: Path) -> None:
    """Make the folder, and the file readable by its owner only: it holds the secret key."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        (path.parent / ".gitignore").write_text("*\n")
    if not path.exists():
        path.touch(mode=0o600)
