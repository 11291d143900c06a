"""What is asked of the server: paths, query parameters, headers and bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, TypeAlias, TypedDict
from urllib.parse import quote

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from reflex_realtime.errors import ConfigurationError, PayloadError
from reflex_realtime.options import UNREADABLE_COLUMNS
from reflex_realtime.protocol.durations import parse_duration
from reflex_realtime.protocol.packets import JSON, encode_packet

API_VERSION: Final = "2025-07-16"
"""Value of `x-trigger-api-version`; without it the server hides the status DEQUEUED."""

ELECTRIC_VERSION: Final = "1.0.0-beta.1"
"""Value of `x-trigger-electric-version`; without it the server uses older header names."""

Payload: TypeAlias = (
    BaseModel
    | Mapping[Any, Any]
    | Sequence[Any]
    | Set[Any]
    | datetime
    | str
    | int
    | float
    | bool
    | None
)


@cache
def client_version() -> str:
    """Value of `trigger-version`: this library's version."""
    try:
        return f"reflex-realtime/{version('reflex-realtime')}"
    except PackageNotFoundError:
        return "reflex-realtime/source"


@dataclass(frozen=True, slots=True)
class ShapeRequest:
    """Which runs a runs feed shows.

    Attributes:
        subject: What is asked for, in words, for messages.
        path: The route, from the base URL.
        params: The route's own query parameters.
        run_id: The run, where the feed shows one run.
    """

    subject: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    run_id: str | None = None


def run_request(run_id: str, *, skip_columns: Sequence[str] = ()) -> ShapeRequest:
    """The feed of one run.

    Args:
        run_id: `run_...`.
        skip_columns: Columns to leave out.

    Raises:
        ConfigurationError: The id is empty.
    """
    _require_id(run_id, "run")
    path = f"/realtime/v1/runs/{quote(run_id, safe='')}"
    return ShapeRequest(f"the run {run_id!r}", path, _skipped(skip_columns), run_id)


def tag_request(
    tags: str | Sequence[str],
    *,
    created_at: str | None = None,
    skip_columns: Sequence[str] = (),
) -> ShapeRequest:
    """The feed of the runs that have all of some tags.

    Args:
        tags: One tag or several.
        created_at: How far back, for example `"1h"`; the server's default is a day, and so is
            its usual maximum.
        skip_columns: Columns to leave out.

    Raises:
        ConfigurationError: There is no tag, or one that the protocol cannot carry.
    """
    names = [tags] if isinstance(tags, str) else list(tags)
    if not names or not all(names):
        raise ConfigurationError(
            "There is no tag to subscribe to.", remedy="Name at least one tag, none of them empty."
        )
    for name in names:
        if "," in name:
            raise ConfigurationError(
                f"The tag {name!r} contains a comma, which separates tags in the protocol.",
                remedy="Use another character in the tag.",
            )
    params = {"tags": ",".join(names), **_skipped(skip_columns)}
    if created_at is not None:
        parse_duration(created_at)
        params["createdAt"] = created_at
    return ShapeRequest(f"the runs with {names}", "/realtime/v1/runs", params)


def batch_request(batch_id: str, *, skip_columns: Sequence[str] = ()) -> ShapeRequest:
    """The feed of the runs of a batch.

    Args:
        batch_id: `batch_...`.
        skip_columns: Columns to leave out.

    Raises:
        ConfigurationError: The id is empty.
    """
    _require_id(batch_id, "batch")
    path = f"/realtime/v1/batches/{quote(batch_id, safe='')}"
    return ShapeRequest(f"the batch {batch_id!r}", path, _skipped(skip_columns))


def stream_path(run_id: str, stream: str) -> str:
    """The route of a stream of a run."""
    _require_id(run_id, "run")
    return f"/realtime/v1/streams/{quote(run_id, safe='')}/{quote(stream, safe='')}"


def stream_headers(resume_after: str, timeout_seconds: int | None) -> dict[str, str]:
    """The headers that open a stream.

    Args:
        resume_after: The last id read, empty to start from the beginning.
        timeout_seconds: After how many seconds without data the server closes, 1 to 600; None
            for its default of 60.

    Raises:
        ConfigurationError: The timeout is out of range.
    """
    headers = {"Accept": "text/event-stream"}
    if resume_after:
        headers["Last-Event-ID"] = resume_after
    if timeout_seconds is not None:
        if not 1 <= timeout_seconds <= 600:
            raise ConfigurationError(
                f"A stream cannot wait {timeout_seconds} seconds.",
                remedy="Set timeout_seconds to a number from 1 to 600.",
            )
        headers["Timeout-Seconds"] = str(timeout_seconds)
    return headers


def trigger_path(task_identifier: str) -> str:
    """The route that triggers a task."""
    _require_id(task_identifier, "task")
    return f"/api/v1/tasks/{quote(task_identifier, safe='')}/trigger"


def trigger_body(payload: Payload, options: Mapping[str, Any]) -> dict[str, Any]:
    """The body that triggers a task.

    Args:
        payload: What `encode_packet` takes. A JSON value goes as it is, anything else as text.
        options: The trigger's options in the wire's names; those that are None are left out.

    Raises:
        PayloadError: The payload has no form in JSON or SuperJSON.
    """
    sent = {name: value for name, value in options.items() if value is not None}
    body: dict[str, Any] = {"options": sent}
    if payload is not None:
        text, data_type = encode_packet(payload)
        body["payload"] = json.loads(text) if data_type == JSON else text
        sent["payloadType"] = data_type
    return body


class RunOptions(TypedDict, total=False):
    """How runs are triggered.

    Attributes:
        tags: Up to ten tags of up to 128 characters.
        delay: When to queue the run: a duration such as `"5m"`, or an ISO time.
        ttl: How long it may wait in its queue: a duration, or seconds.
        metadata: The run's first metadata.
        max_attempts: How often it is tried.
        max_duration: How long it may execute, in seconds.
    """

    tags: str | Sequence[str]
    delay: str | None
    ttl: str | int | None
    metadata: Mapping[str, Any] | None
    max_attempts: int | None
    max_duration: int | None


class TriggerOptions(RunOptions, total=False):
    """How one run is triggered: `RunOptions`, and what makes sense for a single run only.

    Attributes:
        idempotency_key: A second trigger with the same key gives the first one's run.
    """

    idempotency_key: str | None


def trigger_options(
    *,
    tags: str | Sequence[str] = (),
    idempotency_key: str | None = None,
    delay: str | None = None,
    ttl: str | int | None = None,
    metadata: Mapping[str, Any] | None = None,
    max_attempts: int | None = None,
    max_duration: int | None = None,
) -> dict[str, Any]:
    """A trigger's options, which `TriggerOptions` describes, in the wire's names.

    Raises:
        ConfigurationError: There are too many tags, or a tag is empty or too long.
    """
    names = [tags] if isinstance(tags, str) else list(tags)
    if len(names) > 10 or any(not 0 < len(name) <= 128 for name in names):
        raise ConfigurationError(
            "The tags of a run cannot be sent.",
            remedy="Give at most 10 tags, each of 1 to 128 characters.",
        )
    return {
        "tags": names or None,
        "idempotencyKey": idempotency_key,
        "delay": delay,
        "ttl": ttl,
        "metadata": to_json_text(metadata) if metadata else None,
        "metadataType": "application/json" if metadata else None,
        "maxAttempts": max_attempts,
        "maxDuration": max_duration,
    }


def to_json_value(value: Any) -> Any:
    """The JSON form of a payload.

    Raises:
        PayloadError: It has none.
    """
    try:
        return to_jsonable_python(value, by_alias=True)
    except (ValueError, RecursionError) as error:
        raise _not_json(error) from None


def to_json_text(value: Any) -> str:
    """The JSON text of a payload or of a request's body.

    Raises:
        PayloadError: It has none: JSON has no infinity and no NaN, for instance.
    """
    try:
        return json.dumps(to_json_value(value), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise _not_json(error) from None


def _not_json(error: Exception) -> PayloadError:
    return PayloadError(
        f"The payload has no JSON form: {error}.",
        remedy="Send a pydantic model, or dicts, lists, text, finite numbers, booleans and None.",
    )


def _skipped(columns: Sequence[str]) -> dict[str, str]:
    names = [columns] if isinstance(columns, str) else columns
    if refused := sorted(UNREADABLE_COLUMNS.intersection(names)):
        raise ConfigurationError(
            f"The columns {', '.join(refused)} cannot be skipped.",
            remedy="Leave them out of skip_columns: every run needs them.",
        )
    return {"skipColumns": ",".join(names)} if names else {}


def _require_id(value: str, what: str) -> None:
    if not value:
        raise ConfigurationError(
            f"The {what} id is empty.", remedy=f"Pass the id of a {what} that exists."
        )
