"""Turning a trigger request into a run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from reflex_realtime.devserver.http.access import Grant
from reflex_realtime.devserver.http.messages import Problem
from reflex_realtime.devserver.metadata import encode_metadata, encode_value
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.packets import Packet
from reflex_realtime.devserver.store.runs import RunRecord, new_run
from reflex_realtime.devserver.tasks.context import check_tags
from reflex_realtime.devserver.tasks.definition import Task
from reflex_realtime.errors import ConfigurationError, PayloadError, RealtimeError
from reflex_realtime.protocol.durations import parse_duration
from reflex_realtime.protocol.packets import STORED, parse_packet
from reflex_realtime.protocol.tokens import sign_public_token

HANDLE_TOKEN_SECONDS = 3600
IDEMPOTENCY_TTL = "30d"


class TriggerOptions(BaseModel):
    """The `options` of a trigger request. Those that steer Trigger.dev's machines are ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)

    payload_type: str = "application/json"
    idempotency_key: str | None = Field(default=None, max_length=2048)
    idempotency_key_ttl: str = Field(default=IDEMPOTENCY_TTL, alias="idempotencyKeyTTL")
    delay: str | None = None
    ttl: str | int | None = None
    tags: str | list[str] | None = None
    metadata: str | dict[str, Any] | None = None
    metadata_type: str = "application/json"
    max_attempts: int | None = Field(default=None, ge=1)
    max_duration: float | None = Field(default=None, gt=0)
    test: bool = False


def parse_trigger(
    task: Task,
    body: Mapping[str, Any],
    *,
    streams_version: str,
    packets: Mapping[str, Packet],
    headers: Mapping[str, str] | None = None,
) -> RunRecord:
    """Read a trigger request into a run that is not stored yet.

    Args:
        task: The task.
        body: `payload` and `options`.
        streams_version: The version of its streams.
        packets: The stored packet that is the payload, by its path, if there is one.
        headers: The request's headers, which may carry an idempotency key too.

    Returns:
        The run.

    Raises:
        Problem: 422, an option or the payload does not fit; the message says which and why.
    """
    try:
        return _parse_trigger(task, body, streams_version, packets, headers or {})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Problem(422, f"The option {where!r} is not valid: {first['msg']}") from None
    except RealtimeError as error:
        raise Problem(422, str(error)) from None


def handle_token(
    secret_key: str, environment_id: str, grant: Grant, scopes: list[str]
) -> tuple[str, dict[str, Any]]:
    """The token that a trigger answers with, and its claims. It lasts an hour."""
    now = int(time.time())
    skip_columns = grant.skip_columns or ()
    token = sign_public_token(
        secret_key,
        environment_id=environment_id,
        scopes=scopes,
        expires_at=now + HANDLE_TOKEN_SECONDS,
        issued_at=now,
        skip_columns=skip_columns,
    )
    claims: dict[str, Any] = {"sub": environment_id, "pub": True, "scopes": scopes}
    return token, claims | ({"realtime": {"skipColumns": skip_columns}} if skip_columns else {})


def use_token(tx: Transaction, grant: Grant, refusal: str) -> None:
    """Note that a one-time token was used.

    Raises:
        Problem: 422, it had been used.
    """
    if grant.claims is None or not grant.claims.otu:
        return
    digest = hashlib.sha256(grant.token.encode()).hexdigest()
    if tx.one("SELECT hash FROM used_tokens WHERE hash = ?", digest):
        raise Problem(422, refusal)
    tx.execute("INSERT INTO used_tokens VALUES (?)", digest)


def _parse_trigger(
    task: Task,
    body: Mapping[str, Any],
    streams_version: str,
    packets: Mapping[str, Packet],
    headers: Mapping[str, str],
) -> RunRecord:
    options = TriggerOptions.model_validate(body.get("options") or {})
    payload = _packet(body["payload"], options.payload_type) if "payload" in body else None
    task.read_payload(_value(payload, options.payload_type, packets))
    tags = [options.tags] if isinstance(options.tags, str) else options.tags
    check_tags(tags or [])
    now = time.time_ns() // 1_000_000
    delay_until = parse_delay(options.delay, now)
    ttl = f"{options.ttl}s" if isinstance(options.ttl, int) else options.ttl
    key = options.idempotency_key or headers.get("idempotency-key")
    key_ttl = headers.get("idempotency-key-ttl") or options.idempotency_key_ttl
    return new_run(
        task=task.id,
        status="DELAYED" if delay_until else "PENDING",
        delay_until=delay_until,
        ttl=ttl,
        expires_at=(delay_until or now) + _milliseconds(ttl) if ttl else None,
        is_test=options.test,
        payload=payload,
        payload_type=options.payload_type,
        metadata=_metadata(options),
        tags=None if tags is None else list(dict.fromkeys(tags)),
        streams_version=streams_version,
        idempotency_key=key,
        idempotency_expires_at=now + _milliseconds(key_ttl) if key else None,
        max_attempts=options.max_attempts or task.max_attempts,
        max_duration=options.max_duration or task.max_duration,
    )


def _value(payload: str | None, payload_type: str, packets: Mapping[str, Packet]) -> Any:
    if payload_type != STORED:
        return parse_packet(payload, payload_type)
    packet = packets.get(payload or "")
    if packet is None:
        raise PayloadError(
            f"No packet is stored under {payload!r}.",
            remedy="Store it at the URL that PUT /api/v2/packets/{name} answers with.",
        )
    return parse_packet(packet.text, packet.data_type)


def _packet(payload: Any, payload_type: str) -> str | None:
    """A payload as stored: text; one that is `application/json` comes as the value itself."""
    if payload_type == "application/json":
        return encode_value(payload, "The payload")
    if payload_type not in ("application/super+json", "text/plain", STORED):
        raise PayloadError(
            f"This server cannot read payloads of the type {payload_type!r}.",
            remedy="Send JSON, SuperJSON, text, or the path of a stored packet.",
        )
    if payload is not None and not isinstance(payload, str):
        raise PayloadError(f"A payload of the type {payload_type!r} must be sent as text.")
    return payload


def _metadata(options: TriggerOptions) -> str | None:
    metadata = options.metadata
    if isinstance(metadata, str):
        metadata = parse_packet(metadata, options.metadata_type)
    if metadata is not None and not isinstance(metadata, dict):
        raise PayloadError("The metadata must be an object.")
    return encode_metadata(metadata) if metadata is not None else None


def parse_delay(delay: str | None, now: int) -> int | None:
    """Read a delay: a duration or a time.

    Args:
        delay: The text.
        now: Milliseconds since 1970.

    Returns:
        When the delay is over, milliseconds since 1970; None when there is none.

    Raises:
        ConfigurationError: It is neither.
    """
    if not delay:
        return None
    try:
        moment = datetime.fromisoformat(delay)
    except ValueError:
        return now + _milliseconds(delay)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(now, round(moment.timestamp() * 1000))


def _milliseconds(duration: str) -> int:
    milliseconds = round(parse_duration(duration).total_seconds() * 1000)
    if milliseconds <= 0:
        raise ConfigurationError(
            f"{duration!r} does not lie in the future.", remedy="Give a duration above zero."
        )
    return milliseconds
