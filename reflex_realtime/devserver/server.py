"""The embedded server: its tasks, its store, its application."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.types import ASGIApp

from reflex_realtime.devserver.http.app import create_app
from reflex_realtime.devserver.http.styles import create_style
from reflex_realtime.devserver.options import (
    DEFAULT_CONCURRENCY,
    DEFAULT_MAX_LIST,
    DEFAULT_OFFLOAD_BYTES,
    DEFAULT_POLL_SECONDS,
    FeedStyle,
    ServerOptions,
    StreamsVersion,
)
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.records import append_record
from reflex_realtime.devserver.store.runs import delete_run, get_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.tasks.definition import Task, TaskRetry, define_task
from reflex_realtime.devserver.tasks.runner import Runner
from reflex_realtime.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Self

    from reflex import App

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

DEFAULT_PATH = ".realtime/runs.db"


class DevServer:
    """A realtime server for development: it runs Python tasks and speaks Trigger.dev's protocol.

    Mount it in a Reflex app with `server.mount(app)`, or run it alone with
    `python -m reflex_realtime.devserver module:server`, or in tests inside `async with server:`.

    Args:
        path: The SQLite file that keeps runs, or `:memory:`. Its folder is made where missing.
        concurrency: How many runs it works on at once, in each process; 0 leaves them to others.
        poll_seconds: How long an idle poll is held; in the native style give or take 15 %.
        style: Which backend of Trigger.dev the run feeds imitate: `native`, or `electric`, which
            sends changes column by column and makes subscriptions begin anew. Shapes of the
            electric style are kept in memory, by each process for itself.
        max_list: How many runs an answer of the native style shows at most, the newest.
        max_live_polls: How many polls may be held at once before further ones are answered with
            status 429; None for any number.
        streams_version: The version of the streams of runs whose trigger asks for none.
        offload_bytes: Payloads and outputs larger than this are stored apart from their run.

    Raises:
        ConfigurationError: An option is out of its range.

    Attributes:
        asgi: The ASGI application; it answers while the server is started.
        path: The SQLite file, or `:memory:`.
        tasks: The tasks by id.
    """

    def __init__(
        self,
        path: str = DEFAULT_PATH,
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        poll_seconds: float = DEFAULT_POLL_SECONDS,
        style: FeedStyle = "native",
        max_list: int = DEFAULT_MAX_LIST,
        max_live_polls: int | None = None,
        streams_version: StreamsVersion = "v1",
        offload_bytes: int = DEFAULT_OFFLOAD_BYTES,
    ) -> None:
        self.path = path
        self.tasks: dict[str, Task] = {}
        self._options = ServerOptions(
            concurrency=concurrency,
            poll_seconds=poll_seconds,
            style=style,
            max_list=max_list,
            max_live_polls=max_live_polls,
            streams_version=streams_version,
            offload_bytes=offload_bytes,
        )
        self._started = False
        self._store = Store(path)
        self._runner = Runner(self._store, self.tasks, self._options)
        self._style = create_style(self._store, self._options)
        self.asgi: ASGIApp = create_app(self._store, self.tasks, self._style, self._options)

    @property
    def secret_key(self) -> str:
        """The secret key, kept in the store. It can be read while the server is started.

        Raises:
            ConfigurationError: The server is not started.
        """
        if not self._store.secret_key:
            raise ConfigurationError(
                "The secret key is not known before the server is started.",
                remedy="Read it inside `async with server:`.",
            )
        return self._store.secret_key

    def task(
        self,
        task_id: str,
        *,
        max_attempts: int = 1,
        retry: TaskRetry | None = None,
        max_duration: float | None = None,
        concurrency_limit: int | None = None,
    ) -> Callable[[FunctionT], FunctionT]:
        """Register a function as a task.

        The function may be async; a plain one runs in a thread. The parameter annotated with
        `TaskContext` (or called `ctx`) gets the context. The other one gets the payload, checked
        against its annotation: a pydantic model, or anything pydantic can check.

        Args:
            task_id: The name it is triggered by.
            max_attempts: How often it is tried before the run fails.
            retry: How long to wait between attempts.
            max_duration: Seconds that one attempt may take, or None.
            concurrency_limit: How many of its runs may execute at once, or None.

        Returns:
            A decorator that returns the function as it is.

        Raises:
            ConfigurationError: The id is taken, or the limits or the signature make no sense.
        """
        local_names = sys._getframe(1).f_locals

        def register(function: FunctionT) -> FunctionT:
            if task_id in self.tasks:
                raise ConfigurationError(
                    f"There is a task {task_id!r} already.", remedy="Give each task its own id."
                )
            self.tasks[task_id] = define_task(
                task_id,
                function,
                local_names=local_names,
                max_attempts=max_attempts,
                retry=retry or TaskRetry(),
                max_duration=max_duration,
                concurrency_limit=concurrency_limit,
            )
            return function

        return register

    def with_path(self, path: str) -> DevServer:
        """A server with the same tasks and limits that keeps its runs elsewhere.

        Args:
            path: The SQLite file, or `:memory:`.

        Returns:
            The other server.
        """
        other = DevServer(path, **dataclasses.asdict(self._options))
        other.tasks.update(self.tasks)
        return other

    def mount(self, app: App) -> None:
        """Serve from inside a Reflex backend.

        Adds the server to the backend's ASGI application, starts and stops it with each worker
        and, unless a credential is configured, makes it what the app's states talk to. If
        `TRIGGER_SECRET_KEY` or `TRIGGER_ACCESS_TOKEN` is set it does nothing.

        Args:
            app: The Reflex app.
        """
        from reflex_realtime.devserver.mounting import mount

        mount(self, app)

    async def start(self) -> None:
        """Open the store and begin to work on runs.

        Raises:
            ConfigurationError: It is started already, or the store cannot be opened.
        """
        if self._started:
            raise ConfigurationError(
                "The embedded realtime server is started already.",
                remedy="Start it once, or make another DevServer.",
            )
        self._started = True
        await self._store.open()
        await self._runner.start()

    async def stop(self) -> None:
        """Answer held polls, stop running tasks, hand their runs back and close the store.

        Does nothing when it is stopped already.
        """
        if not self._started:
            return
        self._started = False
        self._store.changes.close()
        await self._runner.stop()
        await self._store.close()

    async def delete_run(self, run_id: str) -> None:
        """Delete a run with its streams; if it is executing it is stopped. For tests.

        Feeds of the electric style tell of it. In the native style a poll for the run goes on to
        its end, and the next one is answered with status 404.

        Args:
            run_id: The run; one that does not exist is no error.
        """

        def delete(tx: Transaction) -> None:
            if run := get_run(tx, run_id):
                delete_run(tx, run)

        await self._store.write(delete)

    async def append_record(
        self,
        run_id: str,
        stream: str,
        body: str = "",
        headers: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Add a record as it is to a stream of version 2. For tests.

        Args:
            run_id: The run.
            stream: The stream's key.
            body: The record's text; that of a part is `{"data": ..., "id": ...}`.
            headers: Names and values. An empty name makes it a command to S2, such as
                `("", "trim")`; `trigger-control` makes it a control record.

        Returns:
            The record's number.
        """
        return await self._store.write(
            lambda tx: append_record(tx, run_id, stream, body, headers=headers)
        )

    def void_shapes(self) -> None:
        """Make every run feed of the electric style begin anew, as upstream when a table changes.

        Held polls are answered with status 409 and no handle, the next ones with status 409 and
        the new handle. Does nothing in the native style, where this never happens. For tests.
        """
        self._style.void_shapes()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()
