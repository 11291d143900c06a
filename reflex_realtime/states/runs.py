"""A set of runs: what `RealtimeRunsWithTagState` and `RealtimeBatchState` have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic

import reflex as rx

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.events import (
    FeedEvent,
    RunCounts,
    RunsChanged,
    RunSetChanged,
)
from reflex_realtime.models import (
    FAILED_STATUSES,
    FINISHED_STATUSES,
    AnyRun,
    MetadataT,
    OutputT,
    PayloadT,
    RealtimeRun,
    RunStatus,
)
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.patches.patch import difference
from reflex_realtime.states.completion import Completion, does_nothing
from reflex_realtime.states.models import plain, specialise, type_arguments
from reflex_realtime.states.run_list import RunList, saved_runs
from reflex_realtime.states.saved import SavedField, saved_value
from reflex_realtime.states.subscription import SubscriptionState

if TYPE_CHECKING:
    from reflex_realtime.states.models import typed_var

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
LARGE_COLUMNS: Final = ("payload", "output", "metadata")
MOST_FORGOTTEN: Final = 1000
"""So many runs that left the set are remembered at least, should they come back to it."""


def runs_var(payload: Any, output: Any, metadata: Any) -> tuple[Any, Any]:
    """The type and the default of a var of runs."""
    return list[RealtimeRun[payload, output, metadata]], SavedField(default_factory=list)


def window_of(options: RealtimeOptions) -> int | None:
    """How many runs of a set the options let a page show; None for all."""
    return options.max_runs if options.rows else 0


class RunsState(SubscriptionState, Generic[PayloadT, OutputT, MetadataT], mixin=True):
    """A state that follows a set of runs.

    Attributes:
        runs: The runs, in the order in which they were created; `max_runs` and `rows` limit them.
        counts: How many runs there are in each status, whether they are shown or not.
        total: How many runs there are; of a batch, how many there will be.
        completed: How many have succeeded.
        failed: How many have failed, crashed, expired or timed out.
        progress: Which part of them has ended, in whatever way, from 0 to 1.
        eta_seconds: In how many seconds all will have ended, if the others take as long as those
            that have; None before one has.
    """

    _feed_var: ClassVar[str] = "runs"
    _patched_vars: ClassVar[tuple[str, ...]] = (
        *SubscriptionState._patched_vars,
        *("runs", "counts"),
    )
    _remembered: ClassVar[tuple[str, ...]] = (
        *SubscriptionState._remembered,
        *("runs", "counts", "total", "completed", "failed", "progress", "eta_seconds"),
        *("_seen", "_news_since", "_last_created_at"),
    )
    _hurries_completion: ClassVar[bool] = False
    _run_hooks: ClassVar[tuple[str, ...]] = ("_on_run_complete",)

    if TYPE_CHECKING:

        @typed_var
        def runs(self) -> list[RealtimeRun[PayloadT, OutputT, MetadataT]]:
            """The runs as they stand now."""
            ...

        counts: rx.Field[dict[str, int]]
        total: rx.Field[int]
        completed: rx.Field[int]
        failed: rx.Field[int]
        progress: rx.Field[float]
        eta_seconds: rx.Field[int | None]
    else:
        runs = SavedField(default_factory=list, annotated_type=list[RealtimeRun[Any, Any]])
        counts: dict[str, int] = dict.fromkeys(RunStatus, 0)
        total: int = 0
        completed: int = 0
        failed: int = 0
        progress: float = 0.0
        eta_seconds: int | None = None

    _seen: dict[str, bool] = {}
    """The runs that were seen, and whether they had ended."""
    _last_created_at: datetime | None = None
    _news_since: datetime | None = None
    """A finished run that comes into view is reported if it was created later; None before the
    first look."""

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the runs: `RealtimeBatchState[Payload, Output, Metadata]`."""
        typed = type_arguments(arguments, (PayloadT, OutputT, MetadataT), cls.__name__)
        return specialise(cls, arguments, {"runs": runs_var(*typed)})

    def __getstate__(self) -> dict[str, Any]:
        """What is saved of the state."""
        fields = super().__getstate__()
        if not isinstance(self.get_fields()["runs"], SavedField):
            return fields
        return fields | {"runs": saved_runs(fields["runs"])}

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a hook that would never be called."""
        if "_on_complete" in vars(cls):
            raise ConfigurationError(
                f"{cls.__name__} follows many runs, so its _on_complete would never be called.",
                remedy="Name it _on_run_complete(self, run): it is called for each run.",
            )
        super().__init_subclass__(**options)

    @does_nothing
    async def _on_run_complete(self, run: RealtimeRun[PayloadT, OutputT, MetadataT]) -> Any:
        """Override to act when a run has finished. Runs once for each run and session.

        It runs as an ordinary event handler: it may change vars, and return or yield events.

        Args:
            run: The run, finished.
        """

    def _skipped(self, options: RealtimeOptions) -> tuple[str, ...]:
        """The columns that the server is to leave out, with those that nobody would see."""
        hooks = [getattr(self, name) for name in self._run_hooks]
        if options.rows or not all(hasattr(hook, "does_nothing") for hook in hooks):
            return options.skip_columns
        return tuple({*options.skip_columns, *LARGE_COLUMNS})

    def _apply(self, events: list[FeedEvent]) -> None:
        changes = [event for event in events if isinstance(event, RunSetChanged)]
        if not changes:
            return
        finished = [run for change in changes for run in self._newly_finished(change.changed)]
        self._report([Completion("_on_run_complete", (run,), run.id) for run in finished])
        self._show_runs([change.shown for change in changes])
        self._show_counts(changes[-1].counts)

    def _show_runs(self, changes: list[RunsChanged]) -> None:
        runs = RunList(saved_value(self, "runs"))
        for change in changes:
            if change.snapshot:
                runs.replace(change.runs)
            else:
                for run in change.runs:
                    runs.put(run)
            for run_id in change.removed:
                runs.remove(run_id)
        self._change("runs", runs.runs, runs.patch())

    def _show_counts(self, counts: RunCounts) -> None:
        statuses = {str(status): counts.statuses.get(status, 0) for status in RunStatus}
        if patch := difference(plain(self.counts), statuses):
            self._change("counts", statuses, patch)
        present = sum(statuses.values())
        total = self._total(present)
        finished = sum(statuses[status] for status in FINISHED_STATUSES)
        self._set("total", total)
        self._set("completed", statuses[RunStatus.COMPLETED])
        self._set("failed", sum(statuses[status] for status in FAILED_STATUSES))
        self._set("progress", round(finished / total, 4) if total else 0.0)
        self._set("eta_seconds", eta_seconds(counts, finished, total))
        self._last_created_at = counts.last_created_at

    def _set(self, name: str, value: Any) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)

    def _total(self, present: int) -> int:
        """How many runs there are or will be."""
        return present

    def _newly_finished(self, change: RunsChanged) -> list[AnyRun]:
        """The runs of a change whose end is to be reported."""
        finished = [run for run in change.runs if run.is_finished and self._is_news(run)]
        self._see(change)
        self._news_since = self._news_since or ALWAYS
        return finished

    def _see(self, change: RunsChanged) -> None:
        known = plain(self._seen)
        now = {run.id: run.is_finished for run in change.runs}
        if change.snapshot and len(known) > 2 * len(now) + MOST_FORGOTTEN:
            self._seen = now
        elif news := {key: value for key, value in now.items() if known.get(key) != value}:
            self._seen.update(news)

    def _is_news(self, run: AnyRun) -> bool:
        """Whether a finished run is to be reported."""
        return not plain(self._seen).get(run.id)

    def _clear(self) -> None:
        for name in ("runs", "counts", "total", "completed", "failed", "progress", "eta_seconds"):
            setattr(self, name, self.get_fields()[name].default_value())
        self._seen = {}
        self._last_created_at = self._news_since = None


def eta_seconds(counts: RunCounts, finished: int, total: int) -> int | None:
    """In how many seconds all runs of a set will have ended.

    Args:
        counts: When the runs were created and ended.
        finished: How many have ended.
        total: How many there are or will be.

    Returns:
        An estimate, of runs that take as long as those that have ended; None where none has.
    """
    if not finished or not counts.first_created_at or not counts.last_finished_at:
        return None
    passed = (counts.last_finished_at - counts.first_created_at).total_seconds()
    return max(0, round(passed / finished * (total - finished)))
