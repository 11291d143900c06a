"""The fields of a run: which column each is read from, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

from reflex_realtime.models import RunError, RunStatus
from reflex_realtime.protocol.columns import (
    ColumnTypes,
    column_decoder,
    flat_elements,
    parse_array,
    parse_text_array,
    parse_timestamp,
    plain_text,
)
from reflex_realtime.protocol.json_values import as_object

FieldColumn: TypeAlias = tuple[str, str, Callable[[Any], Any]]
"""A column, its field, and what makes the field's value of the column's text."""

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
_ERROR_TYPES: Final = {"BUILT_IN_ERROR", "STRING_ERROR", "CUSTOM_ERROR", "INTERNAL_ERROR"}


class PartlyRead(ValueError):
    """A value that cannot be read completely; `value` is what can be shown of it."""

    def __init__(self, message: str, value: Any) -> None:
        super().__init__(message)
        self.value = value


def run_status(status: str) -> RunStatus:
    """The public status of a row's status; an unknown one counts as queued."""
    return _STATUSES.get(status, RunStatus.QUEUED)


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


def _known_status(status: str) -> RunStatus:
    try:
        return _STATUSES[status]
    except (KeyError, TypeError):
        message = f"the status {status!r} is not known"
        raise PartlyRead(message, RunStatus.QUEUED) from None


def _strings(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise TypeError("not an array")
    items = cast("list[Any]", values)
    strings = [item for item in items if isinstance(item, str)]
    if len(strings) < len(items):
        raise PartlyRead("an element that is not text was left out", strings)
    return strings


def _text_strings(text: str) -> list[str]:
    """Read an array of texts without a second look at the usual ones."""
    flat = flat_elements(text)
    return _strings(parse_array(text, plain_text)) if flat is None else flat


def _known_error(error: Any) -> RunError | None:
    shown = parse_run_error(error)
    kind = str(as_object(error).get("type"))
    if shown is not None and kind not in _ERROR_TYPES:
        raise PartlyRead(f"the type of error {kind!r} is not known", shown)
    return shown


FIELDS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "friendlyId": ("id", plain_text),
    "taskIdentifier": ("task_identifier", plain_text),
    "status": ("status", _known_status),
    "createdAt": ("created_at", parse_timestamp),
    "updatedAt": ("updated_at", parse_timestamp),
    "queuedAt": ("queued_at", parse_timestamp),
    "startedAt": ("started_at", parse_timestamp),
    "delayUntil": ("delayed_until", parse_timestamp),
    "expiredAt": ("expired_at", parse_timestamp),
    "completedAt": ("finished_at", parse_timestamp),
    "usageDurationMs": ("duration_ms", plain_text),
    "costInCents": ("cost_in_cents", plain_text),
    "baseCostInCents": ("base_cost_in_cents", plain_text),
    "isTest": ("is_test", plain_text),
    "runTags": ("tags", _strings),
    "error": ("error", _known_error),
    "realtimeStreams": ("realtime_streams", _strings),
}
"""By column, the field and what makes its value of the decoded one."""


def field_columns(schema: ColumnTypes) -> list[FieldColumn]:
    """Work out how the columns of a schema are read into fields."""
    return [
        (column, name, _chained(column_decoder(schema.get(column)), convert))
        for column, (name, convert) in FIELDS.items()
    ]


def _chained(decode: Callable[[Any], Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if decode is plain_text:
        return convert
    if convert is plain_text:
        return decode
    if decode is parse_text_array and convert is _strings:
        return _text_strings
    return lambda text: convert(decode(text))
