"""States that stand still: what each component shows in a state that would pass in a moment."""

from collections import Counter
from datetime import UTC, datetime
from typing import Literal

import reflex as rx

from example_app.gallery.samples import LOG, MOMENT, TEXT, SampleRun, half_done, one_of_each
from example_app.gallery.stage import StageStreams
from example_app.tasks.script import Film, LogLine, Script
from reflex_realtime import (
    RealtimeBatchState,
    RealtimeErrorInfo,
    RealtimeRunWithStreamsState,
    RunStatus,
)
from reflex_realtime.states.subscription import SubscriptionStatus

NO_ANSWER = RealtimeErrorInfo(
    kind="transport",
    message="The server does not answer.",
    remedy="It is asked again in a moment.",
)
NOT_FOUND = RealtimeErrorInfo(
    kind="not_found",
    message="There is no run 'run_sample404'.",
    remedy="Check the id, and that the credential is of the same environment.",
    status=404,
)
EACH = one_of_each(MOMENT)
BATCH = half_done(MOMENT)
COUNTS = {status.value: 0 for status in RunStatus} | Counter(run.status.value for run in BATCH)


class Still(rx.State, mixin=True):
    """Follows nothing, so that its vars stay as they are."""

    @rx.event
    def view_opened(
        self,
        viewer: str,
        target: str | list[str] | None = None,
        waits_for_completion: bool = False,
    ):
        """Do nothing."""

    @rx.event
    def view_closed(self, viewer: str):
        """Do nothing."""

    async def _allow_action(self, action: str) -> bool:
        return False


class StillRun(Still, RealtimeRunWithStreamsState[Script, Film, StageStreams], mixin=True):
    """One run that stands still."""


class StillBatch(Still, RealtimeBatchState[Script, Film], mixin=True):
    """A batch that stands still."""


class Idle(StillRun, rx.State):
    """Nothing is followed."""


class Connecting(StillRun, rx.State):
    """The first answer has yet to come."""

    subscription_status: SubscriptionStatus = "connecting"


class Live(StillRun, rx.State):
    """A run is followed."""

    subscription_status: SubscriptionStatus = "live"
    run: SampleRun | None = EACH["EXECUTING"]  # pyright: ignore[reportIncompatibleVariableOverride]


class Cancelling(StillRun, rx.State):
    """The server is asked to cancel a run."""

    subscription_status: SubscriptionStatus = "live"
    pending_action: Literal["", "cancel", "replay"] = "cancel"
    run: SampleRun | None = EACH["EXECUTING"]  # pyright: ignore[reportIncompatibleVariableOverride]


class Reconnecting(StillRun, rx.State):
    """The feed is down in the middle of a run."""

    subscription_status: SubscriptionStatus = "reconnecting"
    error: RealtimeErrorInfo | None = NO_ANSWER
    run: SampleRun | None = EACH["EXECUTING"]  # pyright: ignore[reportIncompatibleVariableOverride]
    streams: StageStreams = StageStreams(text=[TEXT[:200]], log=LOG[:3])  # pyright: ignore[reportIncompatibleVariableOverride]


class Complete(StillRun, rx.State):
    """The run has ended."""

    subscription_status: SubscriptionStatus = "complete"
    run: SampleRun | None = EACH["COMPLETED"]  # pyright: ignore[reportIncompatibleVariableOverride]


class Stopped(StillRun, rx.State):
    """Somebody has stopped following."""

    subscription_status: SubscriptionStatus = "stopped"
    run: SampleRun | None = EACH["EXECUTING"]  # pyright: ignore[reportIncompatibleVariableOverride]


class Refused(StillRun, rx.State):
    """There is no such run."""

    subscription_status: SubscriptionStatus = "failed"
    error: RealtimeErrorInfo | None = NOT_FOUND


class ConnectingBatch(StillBatch, rx.State):
    """The first answer has yet to come."""

    subscription_status: SubscriptionStatus = "connecting"


class ReconnectingBatch(StillBatch, rx.State):
    """The feed is down in the middle of a batch."""

    subscription_status: SubscriptionStatus = "reconnecting"
    error: RealtimeErrorInfo | None = NO_ANSWER
    runs: list[SampleRun] = BATCH  # pyright: ignore[reportIncompatibleVariableOverride]
    counts: dict[str, int] = COUNTS  # pyright: ignore[reportIncompatibleVariableOverride]
    total: int = len(BATCH)  # pyright: ignore[reportIncompatibleVariableOverride]
    completed: int = COUNTS["COMPLETED"]  # pyright: ignore[reportIncompatibleVariableOverride]
    failed: int = COUNTS["FAILED"]  # pyright: ignore[reportIncompatibleVariableOverride]
    progress: float = 0.6  # pyright: ignore[reportIncompatibleVariableOverride]
    eta_seconds: int | None = 60  # pyright: ignore[reportIncompatibleVariableOverride]


class RefusedBatch(StillBatch, rx.State):
    """There is no such batch."""

    subscription_status: SubscriptionStatus = "failed"
    error: RealtimeErrorInfo | None = NOT_FOUND


class Samples(rx.State):
    """A run in every status, and a batch, as they stand at the moment of the visit."""

    each: dict[str, SampleRun] = EACH
    silent: SampleRun | None = EACH["EXECUTING"].model_copy(update={"metadata": {}})
    batch: list[SampleRun] = BATCH
    no_run: SampleRun | None = None
    no_runs: list[SampleRun] = []
    no_id: str = ""
    text: list[str] = [TEXT]
    no_text: list[str] = []
    log: list[LogLine] = LOG
    no_log: list[LogLine] = []

    @rx.event
    async def take(self):
        """Take the samples at the moment of the visit, or at the one that the URL names."""
        named = self.router.url.query_parameters.get("at")
        at = datetime.fromisoformat(named) if named else datetime.now(UTC)
        self.each, self.batch = one_of_each(at), half_done(at)
        self.silent = self.each["EXECUTING"].model_copy(update={"metadata": {}})
        for state in (Live, Cancelling, Reconnecting, Stopped):
            (await self.get_state(state)).run = self.each["EXECUTING"]
        (await self.get_state(Complete)).run = self.each["COMPLETED"]
        (await self.get_state(ReconnectingBatch)).runs = self.batch
