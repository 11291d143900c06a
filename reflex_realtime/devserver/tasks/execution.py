"""One attempt: calling a task's function, and stopping it."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from reflex_realtime.devserver.tasks.notebook import Notebook, RunCancelled

logger: logging.Logger = logging.getLogger("reflex_realtime.devserver")

End: TypeAlias = Literal["returned", "raised", "cancelled", "timed_out", "interrupted"]

STOP_TRIES = 20
SECONDS_BETWEEN_TRIES = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        end: In which way.
        value: What the function returned.
        error: What it raised.
    """

    end: End
    value: Any = None
    error: BaseException | None = None


class Work(Protocol):
    """A function that is being called."""

    future: asyncio.Future[Any]

    def stop(self) -> None:
        """Try to stop it; may be called again."""
        ...


async def execute(
    call: Callable[[], Any],
    *,
    is_async: bool,
    notebook: Notebook,
    stop: asyncio.Future[End],
    max_duration: float | None,
    waited: Callable[[], float],
) -> Outcome:
    """Call a function to its end, or stop it.

    Args:
        call: The function with its arguments.
        is_async: Whether it gives a coroutine; others are called in a thread.
        notebook: Refuses notes once the function is to stop.
        stop: Resolves with the reason when it is to stop.
        max_duration: Seconds after which it is stopped, or None.
        waited: How many seconds of its time do not count.

    Returns:
        How it ended.
    """
    work: Work = _Coroutine(call) if is_async else _Thread(call)
    began = time.monotonic()
    left = max_duration
    while left is None or left > 0:
        await asyncio.wait((work.future, stop), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if work.future.done() or stop.done():
            break
        left = (max_duration or 0) - (time.monotonic() - began - waited())
    if work.future.done() and not stop.done():
        return _outcome(work.future)
    notebook.stopped = True
    await _stop(work)
    return Outcome(stop.result() if stop.done() else "timed_out")


async def _stop(work: Work) -> None:
    for _ in range(STOP_TRIES):
        work.stop()
        await asyncio.wait((work.future,), timeout=SECONDS_BETWEEN_TRIES)
        if work.future.done():
            _outcome(work.future)
            return
    logger.warning("A task does not stop: it ignores the cancellation or is blocked outside Python")


def _outcome(future: asyncio.Future[Any]) -> Outcome:
    if future.cancelled():
        return Outcome("raised", error=asyncio.CancelledError())
    error = future.exception()
    return Outcome("returned", future.result()) if error is None else Outcome("raised", error=error)


class _Coroutine:
    """A coroutine function, called in the event loop."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.future: asyncio.Future[Any] = asyncio.ensure_future(_awaited(call))

    def stop(self) -> None:
        self.future.cancel()


async def _awaited(call: Callable[[], Any]) -> Any:
    try:
        return await call()
    except (SystemExit, KeyboardInterrupt) as error:  # a task must not take the server down
        raise RuntimeError(f"The task ended with {error!r}.") from error


class _Thread:
    """A plain function, called in a thread of its own, so that stopping it hits nothing else."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()
        self._over = False
        self._lock = threading.Lock()
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=self._run, args=(context, call), name="realtime-task", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Raise in the thread; it arrives at the thread's next step of Python code."""
        with self._lock:
            if not self._over and self._thread.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread.ident), ctypes.py_object(RunCancelled)
                )

    def _run(self, context: contextvars.Context, call: Callable[[], Any]) -> None:
        value, error = None, None
        try:
            try:
                value = context.run(call)
            finally:
                with self._lock:
                    self._over = True
        except BaseException as raised:
            self._over = True
            error = raised
        if isinstance(error, SystemExit | KeyboardInterrupt):
            error = RuntimeError(f"The task ended with {error!r}.")
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, value, error)

    def _deliver(self, value: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if isinstance(error, StopIteration):
            error = RuntimeError(f"The task raised {error!r}.")
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)
