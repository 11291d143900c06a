"""The public data types: a run, its status and error, the handles, the items of a feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, computed_field
from typing_extensions import TypeVar

from reflex_realtime.errors import ConfigurationError

PayloadT = TypeVar("PayloadT", default=Any)
OutputT = TypeVar("OutputT", default=Any)
MetadataT = TypeVar("MetadataT", default=dict[str, Any])


class RunStatus(StrEnum):
    """Where a run stands."""

    DELAYED = "DELAYED"
    PENDING_VERSION = "PENDING_VERSION"
    QUEUED = "QUEUED"
    DEQUEUED = "DEQUEUED"
    EXECUTING = "EXECUTING"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    CRASHED = "CRASHED"
    SYSTEM_FAILURE = "SYSTEM_FAILURE"
    EXPIRED = "EXPIRED"
    TIMED_OUT = "TIMED_OUT"


QUEUED_STATUSES = frozenset({RunStatus.DELAYED, RunStatus.PENDING_VERSION, RunStatus.QUEUED})
EXECUTING_STATUSES = frozenset({RunStatus.DEQUEUED, RunStatus.EXECUTING})
FAILED_STATUSES = frozenset(
    {
        RunStatus.FAILED,
        RunStatus.CRASHED,
        RunStatus.SYSTEM_FAILURE,
        RunStatus.EXPIRED,
        RunStatus.TIMED_OUT,
    }
)
FINISHED_STATUSES = FAILED_STATUSES | {RunStatus.COMPLETED, RunStatus.CANCELED}


class RunError(BaseModel):
    """Why a run failed.

    Attributes:
        name: The exception's class name, empty when the task gave none.
        message: The exception's message.
        stack_trace: The stack trace, empty when there is none.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    name: str = ""
    message: str = ""
    stack_trace: str = ""


class RunProblem(BaseModel):
    """One field of a run that could not be read; the rest of the run was.

    Attributes:
        field: The run's field: `payload`, `output`, `metadata`, ...
        message: What was wrong with it.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    field: str
    message: str


def _no_metadata() -> Any:
    """What a run has before its task sets a key; validated, it is what the model of it makes."""
    return {}


class RealtimeRun(BaseModel, Generic[PayloadT, OutputT, MetadataT], frozen=True, defer_build=True):
    """One execution of a task, as last seen in its feed.

    `RealtimeRun[Payload, Output]` has what a task takes and returns in models, and
    `RealtimeRun[Payload, Output, Metadata]` what it reports as well. A task sets metadata key by
    key, so each field of that model needs a default.

    Attributes:
        id: `run_...`.
        task_identifier: The task's id.
        status: Where the run stands.
        created_at: When it was triggered (UTC, as all times here).
        updated_at: When it last changed.
        queued_at: When it entered its queue.
        started_at: When its first attempt began.
        delayed_until: When a delayed run will be queued.
        expired_at: When it expired unstarted.
        finished_at: When it ended, in whatever way. The only sign that it will not change again.
        duration_ms: Time spent executing, in milliseconds.
        cost_in_cents: What the execution cost.
        base_cost_in_cents: What the invocation cost.
        is_test: Whether it was triggered as a test.
        tags: Its tags.
        payload: What the task was given; None when skipped, absent or unreadable.
        output: What the task returned; None until it has.
        metadata: What the task reports about itself while it runs. A key that does not fit its
            model has its default, and the others are there.
        error: Why it failed; None unless it did.
        realtime_streams: The names of its streams so far.
        problems: Fields that could not be read, with the reason.
    """

    id: str
    task_identifier: str = ""
    status: RunStatus = RunStatus.QUEUED
    created_at: datetime
    updated_at: datetime
    queued_at: datetime | None = None
    started_at: datetime | None = None
    delayed_until: datetime | None = None
    expired_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: float = 0
    cost_in_cents: float = 0
    base_cost_in_cents: float = 0
    is_test: bool = False
    tags: list[str] = Field(default_factory=list)
    payload: PayloadT | None = None
    output: OutputT | None = None
    metadata: MetadataT = Field(default_factory=_no_metadata, validate_default=True)
    error: RunError | None = None
    realtime_streams: list[str] = Field(default_factory=list)
    problems: list[RunProblem] = Field(default_factory=list)

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Refuse metadata that a run which has only begun cannot have."""
        super().__pydantic_init_subclass__(**options)
        metadata: Any = cls.model_fields["metadata"].annotation
        fields = getattr(metadata, "model_fields", {})
        if required := [name for name, field in fields.items() if field.is_required()]:
            raise ConfigurationError(
                f"{metadata.__name__} requires {', '.join(required)}, but a task sets metadata "
                "key by key, and none at first.",
                remedy="Give each of its fields a default.",
            )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a parametrised run by its parameters: its class has no importable name."""
        generic = type(self).__pydantic_generic_metadata__
        values = (*(getattr(self, name) for name in type(self).model_fields),)
        return _rebuild_run, (generic["origin"] or type(self), generic["args"], values)

    @computed_field
    @property
    def is_queued(self) -> bool:
        """Whether it waits for its first attempt."""
        return self.status in QUEUED_STATUSES

    @computed_field
    @property
    def is_executing(self) -> bool:
        """Whether a worker has it."""
        return self.status in EXECUTING_STATUSES

    @computed_field
    @property
    def is_waiting(self) -> bool:
        """Whether it is suspended, waiting for a time, a token or another run."""
        return self.status is RunStatus.WAITING

    @computed_field
    @property
    def is_success(self) -> bool:
        """Whether it completed with an output."""
        return self.status is RunStatus.COMPLETED

    @computed_field
    @property
    def is_failed(self) -> bool:
        """Whether it failed, crashed, expired or timed out."""
        return self.status in FAILED_STATUSES

    @computed_field
    @property
    def is_cancelled(self) -> bool:
        """Whether somebody cancelled it."""
        return self.status is RunStatus.CANCELED

    @computed_field
    @property
    def is_completed(self) -> bool:
        """Whether it succeeded or failed. As in the React hooks, a cancelled run is not."""
        return self.is_success or self.is_failed

    @computed_field
    @property
    def is_finished(self) -> bool:
        """Whether it ended in whatever way, cancelled included."""
        return self.finished_at is not None or self.status in FINISHED_STATUSES


AnyRun: TypeAlias = "RealtimeRun[Any, Any, Any]"
"""A run of whatever task."""


def _rebuild_run(model: Any, arguments: tuple[Any, ...], values: tuple[Any, ...]) -> AnyRun:
    model = model[arguments] if arguments else model
    return model.model_construct(**dict(zip(model.model_fields, values, strict=True)))


class TaskHandle(BaseModel):
    """What triggering a task gives back.

    Attributes:
        id: The run's id, `run_...`.
        task_identifier: The task's id.
        public_access_token: A token that reads this run and nothing else. It is left out where
            the handle is dumped, so that it does not reach a page.
        is_cached: Whether an idempotency key led to a run that existed already.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    id: str
    task_identifier: str = ""
    public_access_token: str = Field(default="", repr=False, exclude=True)
    is_cached: bool = False


class BatchHandle(BaseModel):
    """What triggering a batch gives back.

    Attributes:
        id: The batch's id, `batch_...`.
        run_count: How many runs it has.
        public_access_token: A token that reads this batch's runs and nothing else. It is left
            out where the handle is dumped, so that it does not reach a page.
        is_cached: Whether an idempotency key led to a batch that existed already.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    id: str
    run_count: int
    public_access_token: str = Field(default="", repr=False, exclude=True)
    is_cached: bool = False


class RealtimeErrorInfo(BaseModel, defer_build=True):
    """An error as a page shows it. Never carries a credential.

    Attributes:
        kind: `authentication`, `permission_denied`, `not_found`, `transport`, ...
        message: What happened.
        remedy: What to do about it.
        status: The HTTP status, or None when there was no answer.
    """

    kind: str = ""
    message: str = ""
    remedy: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class RunUpdate(Generic[PayloadT, OutputT, MetadataT]):
    """A run changed.

    Attributes:
        run: The run as it stands now.
    """

    run: RealtimeRun[PayloadT, OutputT, MetadataT]


@dataclass(frozen=True, slots=True)
class StreamPart:
    """One part of a stream.

    Attributes:
        stream: The stream's name.
        part: The JSON value, or the text where the part is not JSON.
        id: Where it stands in the stream. On v1 several parts may share one id.
        timestamp: When it was written, in milliseconds since 1970, or None.
    """

    stream: str
    part: Any
    id: str = ""
    timestamp: int | None = None
