"""Rows of the runs feed, read into runs. What cannot be read becomes a problem of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, get_args

from pydantic import ValidationError

from reflex_realtime.errors import PayloadError, ProtocolError
from reflex_realtime.models import RealtimeRun, RunError, RunProblem, RunStatus
from reflex_realtime.protocol.columns import ColumnTypes, decode_column, parse_timestamp
from reflex_realtime.protocol.json_values import as_list, as_object, as_strings
from reflex_realtime.protocol.packets import parse_packet
from reflex_realtime.protocol.shape import Row

RunModels: TypeAlias = Sequence[type[RealtimeRun[Any, Any]]]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_STATUSES: Final[dict[str, RunStatus]] = {
    "DELAYED": RunStatus.DELAYED,
    "WAITING_FOR_DEPLOY": RunStatus.PENDING_VERSION,
    "PENDING_VERSION": RunStatus.PENDING_VERSION,
    "PENDING": RunStatus.QUEUED,
    "PAUSED": RunStatus.WAITING,
    "WAITING_TO_RESUME": RunStatus.WAITING,
    "DEQUEUED": RunStatus.DEQUEUED,
    "RETRYING_AFTER_FAILURE": RunStatus.EXECUTING,
    "EXECUTING": RunStatus.EXECUTING,
    "CANCELED": RunStatus.CANCELED,
    "COMPLETED_SUCCESSFULLY": RunStatus.COMPLETED,
    "SYSTEM_FAILURE": RunStatus.SYSTEM_FAILURE,
    "CRASHED": RunStatus.CRASHED,
    "INTERRUPTED": RunStatus.FAILED,
    "COMPLETED_WITH_ERRORS": RunStatus.FAILED,
    "EXPIRED": RunStatus.EXPIRED,
    "TIMED_OUT": RunStatus.TIMED_OUT,
}
_TIMES: Final = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "queuedAt": "queued_at",
    "startedAt": "started_at",
    "delayUntil": "delayed_until",
    "expiredAt": "expired_at",
    "completedAt": "finished_at",
}
_PLAIN: Final = {
    "friendlyId": "id",
    "taskIdentifier": "task_identifier",
    "usageDurationMs": "duration_ms",
    "costInCents": "cost_in_cents",
    "baseCostInCents": "base_cost_in_cents",
    "isTest": "is_test",
}
_PACKETS: Final = {
    "payload": ("payload", "payloadType"),
    "output": ("output", "outputType"),
    "metadata": ("metadata", "metadataType"),
}


def run_status(status: str) -> RunStatus:
    """The public status of a row's status; an unknown one counts as queued."""
    return _STATUSES.get(status, RunStatus.QUEUED)


def run_from_row(row: Row, schema: ColumnTypes, models: RunModels) -> Any:
    """Read a row into a run.

    Args:
        row: The row as merged from the feed.
        schema: The column types.
        models: The run's model, or one model for each task that the feed may show.

    Returns:
        The run. Fields that could not be read have their default and an entry in `problems`.

    Raises:
        ProtocolError: The row has no run id, or its model refuses it as a whole, so that it cannot
            be shown as a run.
    """
    reading = _Reading(row, schema)
    for column, name in _PLAIN.items():
        reading.read(column, name, lambda value: value)
    for column, name in _TIMES.items():
        reading.read(column, name, _time)
    for column, (name, type_column) in _PACKETS.items():
        data_type = row.get(type_column)
        reading.read(column, name, lambda data, kind=data_type: parse_packet(data, kind))
    reading.read("status", "status", run_status)
    reading.read("runTags", "tags", _strings)
    reading.read("error", "error", parse_run_error)
    reading.read("realtimeStreams", "realtime_streams", _strings)
    _prefer_metadata_streams(reading.values)
    if not isinstance(reading.values.get("id"), str):
        raise ProtocolError("A row of the runs feed has no friendlyId.")
    reading.values.setdefault("created_at", EPOCH)
    reading.values.setdefault("updated_at", reading.values["created_at"])
    model = model_for_task(models, str(reading.values.get("task_identifier", "")))
    if model is None:
        reading.values.pop("payload", None)
        reading.values.pop("output", None)
        reading.problems.append(
            RunProblem(field="task_identifier", message="no model is declared for this task")
        )
    return build_run(reading.values, reading.problems, model or RealtimeRun[Any, Any])


def model_for_task(models: RunModels, task_identifier: str) -> type[RealtimeRun[Any, Any]] | None:
    """Choose among the models of several tasks.

    Args:
        models: The candidates. One that declares `task_identifier: Literal["..."]` is for those
            tasks only; one that does not is for any.
        task_identifier: The run's task.

    Returns:
        The first model for the task, None when none is.
    """
    for model in models:
        tasks = get_args(model.model_fields["task_identifier"].annotation)
        if not tasks or task_identifier in tasks:
            return model
    return None


def build_run(
    values: dict[str, Any], problems: list[RunProblem], model: type[RealtimeRun[Any, Any]]
) -> Any:
    """Validate field by field, so that one bad field does not hide the run.

    Args:
        values: The run's fields, decoded. At least `id`, `created_at` and `updated_at`.
        problems: What is known to be wrong already.
        model: The run's model.

    Returns:
        The run; fields that do not fit the model have their default and an entry in `problems`.

    Raises:
        ProtocolError: The model requires a field that runs do not have, or refuses the whole run.
    """
    values = dict(values)
    problems = list(problems)
    while True:
        try:
            return model.model_validate({**values, "problems": problems})
        except ValidationError as error:
            bad = {str(e["loc"][0]): e for e in error.errors(include_url=False) if e["loc"]}
            bad = {name: e for name, e in bad.items() if name in values}
            if not bad:
                reason = error.errors(include_url=False, include_input=False)[0]
                path = ".".join(str(part) for part in reason["loc"])
                raise ProtocolError(
                    f"The run {values.get('id')} does not fit the model {model.__name__}: "
                    f"{path}: {reason['msg']}."
                ) from None
            for name, detail in bad.items():
                del values[name]
                path = ".".join(str(part) for part in detail["loc"])
                problems.append(RunProblem(field=name, message=f"{path}: {detail['msg']}"))


def parse_run_error(error: Any) -> RunError | None:
    """Read the `error` column.

    Args:
        error: The decoded JSON of the column, None where the run did not fail.

    Returns:
        The error as people should see it; a form that is not known shows what it can.
    """
    if not error:
        return None
    if not isinstance(error, dict):
        return RunError(message=str(error))
    members = as_object(error)

    def read(name: str) -> str:
        return str(members.get(name) or "")

    match read("type"):
        case "STRING_ERROR" | "CUSTOM_ERROR":
            return RunError(message=read("raw"))
        case "INTERNAL_ERROR":
            return RunError(message=f"trigger.dev internal error ({read('code')})")
        case _:
            return RunError(
                name=read("name"), message=read("message"), stack_trace=read("stackTrace")
            )


@dataclass(slots=True)
class _Reading:
    """The fields of one run so far."""

    row: Row
    schema: ColumnTypes
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    problems: list[RunProblem] = field(default_factory=list[RunProblem])

    def read(self, column: str, name: str, convert: Callable[[Any], Any]) -> None:
        raw = self.row.get(column)
        if raw is None or raw == "":
            return
        try:
            value = convert(decode_column(raw, self.schema.get(column)))
        except (ValueError, TypeError, ArithmeticError, RecursionError, PayloadError) as error:
            self.problems.append(RunProblem(field=name, message=str(error)))
            return
        if value is not None:
            self.values[name] = value


def _time(value: Any) -> datetime:
    return parse_timestamp(str(value))


def _strings(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise TypeError("not an array")
    return as_strings(values)


def _prefer_metadata_streams(values: dict[str, Any]) -> None:
    """Streams named in the metadata (`$$streams`) beat the column, when they are all strings."""
    names = as_list(as_object(values.get("metadata")).get("$$streams"))
    if names and as_strings(names) == names:
        values["realtime_streams"] = names
