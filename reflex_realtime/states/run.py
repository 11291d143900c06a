"""`RealtimeRunState`: one run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Generic

import reflex as rx

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedEvent, RunsChanged
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.feeds.run_feed import one_run_feed
from reflex_realtime.models import (
    OutputT,
    PayloadT,
    RealtimeErrorInfo,
    RealtimeRun,
    TaskHandle,
)
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.protocol.requests import run_request
from reflex_realtime.states.completion import Completion, does_nothing
from reflex_realtime.states.models import plain, run_difference, specialise, type_arguments
from reflex_realtime.states.run_actions import RunActionsState
from reflex_realtime.states.subscription import SubscriptionState, Target


class RealtimeRunState(RunActionsState, Generic[PayloadT, OutputT], mixin=True):
    """A state that follows one run.

    ```python
    class Report(RealtimeRunState[ReportPayload, ReportOutput], rx.State):
        @rx.event
        async def create(self, topic: str):
            handle = await self._trigger("create-report", ReportPayload(topic=topic))
            return self._subscribe(handle)
    ```

    Attributes:
        run: The run as it stands now; None until the first answer.
    """

    _feed_var: ClassVar[str] = "run"
    _patched_vars: ClassVar[tuple[str, ...]] = (*SubscriptionState._patched_vars, "run")
    _remembered: ClassVar[tuple[str, ...]] = (*SubscriptionState._remembered, "run", "_completed")

    if TYPE_CHECKING:
        run: rx.Field[RealtimeRun[PayloadT, OutputT] | None]
    else:
        run: RealtimeRun[Any, Any] | None = None

    _completed: list[str] = []

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the run: `RealtimeRunState[Payload, Output]`."""
        payload, output = type_arguments(arguments, ("Payload", "Output"), cls.__name__)
        return specialise(cls, arguments, {"run": (RealtimeRun[payload, output] | None, None)})

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        match target:
            case TaskHandle(id=run_id, public_access_token=token):
                return (run_id,), token
            case str() if target:
                return (target,), ""
            case _:
                raise ConfigurationError(
                    f"{target!r} is not a run.", remedy="Pass the trigger's handle or a run id."
                )

    def _open_feed(
        self, connection: Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        return one_run_feed(
            connection,
            run_request(self._target[0], skip_columns=options.skip_columns),
            self._models(),
            stop_on_completion=options.stop_on_completion,
            source=shared_hub(),
        )

    def _apply(self, events: list[FeedEvent]) -> None:
        runs = [run for event in events if isinstance(event, RunsChanged) for run in event.runs]
        if not runs:
            return
        run = runs[-1]
        self._show_run(run)
        if run.is_finished and run.id not in self._completed:
            self._completed = [*self._completed[-99:], run.id]
            self._report([Completion("_on_complete", (run, plain(self.error)), run.id)])

    def _show_run(self, run: RealtimeRun[Any, Any]) -> None:
        shown = plain(self.run)
        if shown is None:
            self.run = run
        else:
            self._change("run", run, run_difference(shown, run))

    @does_nothing
    async def _on_complete(
        self, run: RealtimeRun[PayloadT, OutputT], error: RealtimeErrorInfo | None
    ) -> Any:
        """Override to act when a run has finished. Runs once for each run and session.

        It runs as an ordinary event handler: it may change vars, and return or yield events.

        Args:
            run: The run, finished.
            error: What was wrong with the subscription at that moment, None for nothing.
        """

    def _clear(self) -> None:
        self.run = None
