"""`RealtimeRunState`: one run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from reflex_realtime import feeds
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.events import FeedEvent, RunsChanged
from reflex_realtime.models import (
    AnyRun,
    MetadataT,
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
from reflex_realtime.states.saved import SavedField, saved_value
from reflex_realtime.states.shared_run import SharedRun, own_run, shared_run_difference
from reflex_realtime.states.subscription import SubscriptionState, Target

if TYPE_CHECKING:
    from reflex_realtime.states.models import typed_var


def run_var(payload: Any, output: Any, metadata: Any) -> tuple[Any, Any]:
    """The type and the default of a var of a run."""
    return RealtimeRun[payload, output, metadata] | None, SavedField(default=None)


class RealtimeRunState(RunActionsState, Generic[PayloadT, OutputT, MetadataT], mixin=True):
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

        @typed_var
        def run(self) -> RealtimeRun[PayloadT, OutputT, MetadataT] | None:
            """The run as it stands now."""
            ...

    else:
        run = SavedField(default=None, annotated_type=RealtimeRun[Any, Any] | None)

    _completed: list[str] = []

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the run: `RealtimeRunState[Payload, Output, Metadata]`."""
        typed = type_arguments(arguments, (PayloadT, OutputT, MetadataT), cls.__name__)
        return specialise(cls, arguments, {"run": run_var(*typed)})

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        return run_target(target)

    def _open_feed(
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        return feeds.one_run_feed(
            connection,
            run_request(self._target[0], skip_columns=options.skip_columns),
            self._models(),
            stop_on_completion=options.stop_on_completion,
            source=feeds.shared_hub(),
        )

    def _apply(self, events: list[FeedEvent]) -> None:
        runs = [run for event in events if isinstance(event, RunsChanged) for run in event.runs]
        if not runs:
            return
        run = runs[-1]
        self._show_run(run)
        if run.is_finished and run.id not in self._completed:
            self._completed = [*self._completed[-99:], run.id]
            arguments = (own_run(run), plain(self.error))
            self._report([Completion("_on_complete", arguments, run.id)])

    def _show_run(self, run: AnyRun) -> None:
        is_saved = isinstance(self.get_fields()["run"], SavedField)
        kept: Any = SharedRun(run) if is_saved else own_run(run)
        shown = saved_value(self, "run")
        if isinstance(shown, SharedRun):
            patch = shared_run_difference(shown.run, run)
        else:
            patch = run_difference(shown, run)
        self._change("run", kept, patch)

    @does_nothing
    async def _on_complete(
        self, run: RealtimeRun[PayloadT, OutputT, MetadataT], error: RealtimeErrorInfo | None
    ) -> Any:
        """Override to act when a run has finished. Runs once for each run and session.

        It runs as an ordinary event handler: it may change vars, and return or yield events.

        Args:
            run: The run, finished.
            error: What was wrong with the subscription at that moment, None for nothing.
        """

    def _clear(self) -> None:
        self.run = None


def run_target(target: Any) -> tuple[Target, str]:
    """A run as a target, and the token that came with it, if one did.

    Args:
        target: A handle or a run id.

    Raises:
        ConfigurationError: It is neither.
    """
    match target:
        case TaskHandle(id=run_id, public_access_token=token):
            return (run_id,), token
        case str() if target:
            return (target,), ""
        case _:
            raise ConfigurationError(
                f"{target!r} is not a run.", remedy="Pass the trigger's handle or a run id."
            )
