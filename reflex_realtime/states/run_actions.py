"""What a page may do to the run that it shows: cancel it, replay it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import reflex as rx

from reflex_realtime.errors import PermissionDeniedError, RealtimeError
from reflex_realtime.models import TaskHandle
from reflex_realtime.states.completion import events_of
from reflex_realtime.states.subscription import SubscriptionState
from reflex_realtime.states.trigger import error_info, patience

RunAction: TypeAlias = Literal["cancel", "replay"]


class RunActionsState(SubscriptionState, mixin=True):
    """The part of a state that lets a browser act on the run that it is shown.

    A browser names no run: the events act on the state's own, if `_allow_action` says yes.

    Attributes:
        pending_action: `cancel` or `replay` while that is being asked of the server, else empty.
    """

    if TYPE_CHECKING:
        run: Any

    pending_action: Literal["", "cancel", "replay"] = ""

    @rx.event
    async def cancel_run(self) -> AsyncGenerator[Any, None]:
        """Cancel the run that is shown, unless it has finished."""
        if self.run is None or self.run.is_finished:
            return
        run_id = self.run.id
        try:
            self.pending_action = "cancel"
            yield
            if await self._is_allowed("cancel"):
                await self._cancel(run_id)
        finally:
            self.pending_action = ""

    @rx.event
    async def replay_run(self) -> AsyncGenerator[Any, None]:
        """Start a run like the one that is shown, once that has finished, and follow it."""
        if self.run is None or not self.run.is_finished:
            return
        run_id = self.run.id
        try:
            self.pending_action = "replay"
            yield
            if await self._is_allowed("replay") and (handle := await self._replay(run_id)):
                async for event in events_of(self._on_replay(handle)):
                    yield event
        finally:
            self.pending_action = ""

    async def _allow_action(self, action: RunAction) -> bool:
        """Override to decide whether whoever looks may cancel or replay the run that is shown.

        Any browser that is shown the run can ask. As it is here, nobody may.

        Args:
            action: `cancel` or `replay`; the run is `self.run`.

        Returns:
            True to do it with the credential of the app, anything else to refuse.
        """
        return False

    async def _on_replay(self, handle: TaskHandle) -> Any:
        """Override to do something else with the run that a replay has started than follow it.

        Args:
            handle: The new run.

        Returns:
            An event, such as a redirect to the run's own page.
        """
        return self._subscribe(handle)

    async def _is_allowed(self, action: RunAction) -> bool:
        """Ask `_allow_action`, and show in `error` where it says no."""
        hook = f"{self.__class__.__name__}._allow_action"
        refusal: RealtimeError = PermissionDeniedError(
            f"The app does not let this page {action} the run.",
            remedy=f"Let {hook} return True for what its viewer may do.",
            status=403,
        )
        try:
            async with asyncio.timeout(patience(self)):
                if await self._allow_action(action) is True:
                    return True
        except TimeoutError:
            refusal = RealtimeError(
                f"The app takes too long to decide whether this page may {action} the run.",
                remedy=f"Let {hook} answer sooner: the session is locked while it decides.",
            )
        except RealtimeError as error:
            refusal = error
        await self._show(error_info(refusal))
        return False
