"""Starting, cancelling and replaying runs from a handler.

A handler of Reflex holds the lock of its session, unless it is a background one outside of
`async with self`. In Redis that lock expires, and what the handler wrote is lost with it. So
requests are cut short while the lock is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Unpack

import reflex as rx
from reflex.istate.proxy import StateProxy
from reflex_base.config import get_config

from reflex_realtime import feeds
from reflex_realtime.errors import RealtimeError, TransportError
from reflex_realtime.models import BatchHandle, RealtimeErrorInfo, TaskHandle
from reflex_realtime.options import RealtimeOptions, resolve_options
from reflex_realtime.protocol.requests import Payload, RunOptions, TriggerOptions
from reflex_realtime.states.models import plain

AnswerT = TypeVar("AnswerT")


class TriggerState(rx.State, mixin=True):
    """The part of a state that starts, cancels and replays runs, with the credential of the app.

    Attributes:
        error: What is wrong, None while nothing is.
        realtime_options: The options of the class, for its requests and its subscriptions.
    """

    realtime_options: ClassVar[RealtimeOptions] = RealtimeOptions.model_construct()

    if TYPE_CHECKING:
        error: rx.Field[RealtimeErrorInfo | None]
    else:
        error: RealtimeErrorInfo | None = None

    _request_error: RealtimeErrorInfo | None = None
    """Why the last request failed; None when it did not."""
    _covered_error: RealtimeErrorInfo | None = None
    """What was shown before that."""

    async def _trigger(
        self,
        task_identifier: str,
        payload: Payload = None,
        **options: Unpack[TriggerOptions],
    ) -> TaskHandle | None:
        """Start a run of a task.

        Args:
            task_identifier: The task.
            payload: A pydantic model or a JSON value.
            **options: `tags`, `delay`, `idempotency_key` and others; see `TriggerOptions`.

        Returns:
            The run's handle, for `_subscribe`; None when it failed, and `error` says why.
        """
        return await self._ask(
            lambda client: client.trigger(task_identifier, payload, **options),
            unanswered="The run may have been started; with an idempotency_key you can try again "
            "without a second one.",
        )

    async def _batch_trigger(
        self,
        task_identifier: str,
        payloads: Sequence[Payload],
        **options: Unpack[RunOptions],
    ) -> BatchHandle | None:
        """Start one run of a task for each payload.

        Args:
            task_identifier: The task.
            payloads: 1 to 1,000 payloads.
            **options: `tags`, `delay` and others, for every run; see `RunOptions`.

        Returns:
            The batch's handle, for `_subscribe`; None when it failed, and `error` says why.
        """
        return await self._ask(
            lambda client: client.batch_trigger(task_identifier, payloads, **options),
            unanswered="The batch may have been started, or a part of it.",
        )

    async def _cancel(self, run_id: str) -> bool:
        """Cancel a run.

        Args:
            run_id: The run. Take it from the state, never from the browser unchecked.

        Returns:
            Whether the server accepted it; if not, `error` says why.
        """

        async def cancel(client: feeds.RealtimeClient) -> bool:
            await client.cancel_run(run_id)
            return True

        return await self._ask(cancel, unanswered="The run may go on; try again.") or False

    async def _replay(self, run_id: str) -> TaskHandle | None:
        """Start a run of the same task, with the same payload, as another run.

        Args:
            run_id: The other run. Take it from the state, never from the browser unchecked.

        Returns:
            The new run's handle, for `_subscribe`; None when it failed, and `error` says why.
        """
        return await self._ask(
            lambda client: client.replay_run(run_id), unanswered="The run may have been started."
        )

    def _client(self) -> feeds.RealtimeClient:
        """A client with the credential of the app, not of the handle that is followed."""
        return feeds.RealtimeClient.from_options(resolve_options(self.realtime_options))

    async def _ask(
        self, request: Callable[[feeds.RealtimeClient], Awaitable[AnswerT]], *, unanswered: str
    ) -> AnswerT | None:
        """Send a request, and show in `error` how it went.

        Args:
            request: Sends it.
            unanswered: What may be the case where the answer is not waited for.

        Returns:
            The answer; None when it failed.
        """
        seconds = patience(self)
        try:
            async with asyncio.timeout(seconds):
                answer = await request(self._client())
        except TimeoutError:
            message = f"The server did not answer in {seconds:g} s. {unanswered}"
            await self._show(error_info(TransportError(message, remedy=_OUTSIDE_OF_THE_LOCK)))
        except RealtimeError as error:
            await self._show(error_info(error))
        else:
            if self._request_error is not None:
                await self._show(None)
            return answer
        return None

    async def _show(self, failure: RealtimeErrorInfo | None) -> None:
        """Show why a request failed, or no longer; what a subscription has to say comes back."""
        async with _writable(self):
            shown = plain(self.error)
            if self._request_error is None or shown != plain(self._request_error):
                self._covered_error = shown
            self.error = failure or plain(self._covered_error)
            self._request_error = failure


def error_info(error: RealtimeError) -> RealtimeErrorInfo:
    """The form of an error that a page shows."""
    return RealtimeErrorInfo(
        kind=error.kind,
        message=error.message,
        remedy=error.remedy,
        status=getattr(error, "status", None),
    )


def patience(state: TriggerState) -> float | None:
    """How long something may be waited for without losing what the handler writes.

    Args:
        state: The state, as its handler has it.

    Returns:
        Seconds: half of what Redis grants a lock; None where the lock is not held.
    """
    if _is_outside_of_lock(state):
        return None
    return get_config().redis_lock_expiration / 2000


def _is_outside_of_lock(state: TriggerState) -> bool:
    return isinstance(state, StateProxy) and not state._is_mutable()


def _writable(state: TriggerState) -> AbstractAsyncContextManager[Any]:
    return state if _is_outside_of_lock(state) else nullcontext()


_OUTSIDE_OF_THE_LOCK = (
    "The session is locked while a handler waits, so it waits no longer. Wait in an "
    "@rx.event(background=True) handler, outside of `async with self`."
)
