"""Starting and cancelling runs from a handler."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, ClassVar, Unpack

import reflex as rx
from reflex.istate.proxy import StateProxy

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.client import RealtimeClient
from reflex_realtime.models import BatchHandle, RealtimeErrorInfo, TaskHandle
from reflex_realtime.options import RealtimeOptions, resolve_options
from reflex_realtime.protocol.requests import Payload, RunOptions, TriggerOptions


class TriggerState(rx.State, mixin=True):
    """The part of a state that starts and cancels runs, with the credential of the app.

    Attributes:
        error: What is wrong, None while nothing is.
        realtime_options: The options of the class, for its requests and its subscriptions.
    """

    realtime_options: ClassVar[RealtimeOptions] = RealtimeOptions()

    error: RealtimeErrorInfo | None = None

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
        try:
            return await self._client().trigger(task_identifier, payload, **options)
        except RealtimeError as error:
            await self._report(error)
            return None

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
        try:
            return await self._client().batch_trigger(task_identifier, payloads, **options)
        except RealtimeError as error:
            await self._report(error)
            return None

    async def _cancel(self, run_id: str) -> bool:
        """Cancel a run.

        Args:
            run_id: The run. Take it from the state, never from the browser unchecked.

        Returns:
            Whether the server accepted it; if not, `error` says why.
        """
        try:
            await self._client().cancel_run(run_id)
        except RealtimeError as error:
            await self._report(error)
            return False
        return True

    def _client(self) -> RealtimeClient:
        """A client with the credential of the app, not of the handle that is followed."""
        return RealtimeClient.from_options(resolve_options(self.realtime_options))

    async def _report(self, error: RealtimeError) -> None:
        """Show an error, from a background event too."""
        async with _writable(self):
            self.error = error_info(error)


def error_info(error: RealtimeError) -> RealtimeErrorInfo:
    """The form of an error that a page shows."""
    return RealtimeErrorInfo(
        kind=error.kind,
        message=error.message,
        remedy=error.remedy,
        status=getattr(error, "status", None),
    )


def _writable(state: TriggerState) -> AbstractAsyncContextManager[Any]:
    if isinstance(state, StateProxy) and not state._is_mutable():
        return state
    return nullcontext()
