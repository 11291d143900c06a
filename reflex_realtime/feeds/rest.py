"""Requests that are answered once: trigger, batch, replay, retrieve, cancel, mint a token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from time import time
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import httpx

from reflex_realtime.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ProtocolError,
    RealtimeError,
)
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.faults import raise_for_status, request_error
from reflex_realtime.models import BatchHandle, TaskHandle
from reflex_realtime.protocol.durations import parse_duration
from reflex_realtime.protocol.json_values import as_object
from reflex_realtime.protocol.requests import (
    Payload,
    to_json_text,
    trigger_body,
    trigger_path,
)
from reflex_realtime.protocol.tokens import is_additional_key, is_secret_key, sign_public_token

ATTEMPTS: Final = 3
"""How often a request is sent in all when the server cannot be reached, is busy or fails."""

PATIENCE_SECONDS: Final = 30.0
"""The longest pause before a request is sent again; whoever waits is told of a longer one."""

HANDLE_TOKEN_SECONDS: Final = 3600


class Answer(NamedTuple):
    """A successful answer.

    Attributes:
        body: Its JSON object; empty where the body is JSON of another kind.
        headers: Its headers.
    """

    body: dict[str, Any]
    headers: httpx.Headers


async def trigger(
    connection: Connection, task_identifier: str, payload: Payload, options: Mapping[str, Any]
) -> TaskHandle:
    """Start a run of a task.

    Args:
        connection: The server and the credential.
        task_identifier: The task.
        payload: A pydantic model or a JSON value.
        options: The trigger's options in the wire's names.

    Returns:
        The run's handle, with a token that reads this run only.

    Raises:
        RealtimeError: The run was not started.
    """
    answer = await post(
        connection,
        trigger_path(task_identifier),
        f"the task {task_identifier!r}",
        json=trigger_body(payload, options),
    )
    run_id = _field(answer, "id")
    token = await _handle_token(connection, answer, f"read:runs:{run_id}")
    return TaskHandle(
        id=run_id,
        task_identifier=task_identifier,
        public_access_token=token,
        is_cached=bool(answer.body.get("isCached")),
    )


async def replay_run(connection: Connection, run_id: str) -> TaskHandle:
    """Start a run of the same task, with the same payload, as another run.

    Args:
        connection: The server and the credential, a secret key.
        run_id: The other run.

    Returns:
        The new run's handle, without a token: the server sends none.

    Raises:
        RealtimeError: The run was not started.
    """
    path = f"/api/v1/runs/{quote(run_id, safe='')}/replay"
    answer = await post(connection, path, f"the run {run_id!r}")
    return TaskHandle(id=_field(answer, "id"))


async def batch_trigger(
    connection: Connection,
    task_identifier: str,
    payloads: Sequence[Payload],
    options: Mapping[str, Any],
) -> BatchHandle:
    """Start one run of a task for each payload.

    Args:
        connection: The server and the credential.
        task_identifier: The task.
        payloads: 1 to 1,000 payloads.
        options: The options of every run, in the wire's names.

    Returns:
        The batch's handle, with a token that reads this batch's runs only.

    Raises:
        RealtimeError: The batch was not started, or not completely.
    """
    created = await post(
        connection,
        "/api/v3/batches",
        f"a batch of the task {task_identifier!r}",
        json={"runCount": len(payloads), "taskIdentifiers": [task_identifier]},
    )
    batch_id = _field(created, "id")
    lines = [
        to_json_text({"index": i, "task": task_identifier, **trigger_body(payload, options)})
        for i, payload in enumerate(payloads)
    ]
    for _ in range(ATTEMPTS):
        sealed = await post(
            connection,
            f"/api/v3/batches/{batch_id}/items",
            f"a batch of the task {task_identifier!r}",
            content="\n".join(lines).encode(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        if sealed.body.get("sealed"):
            break
    else:
        raise ProtocolError(f"The server did not take all the runs of the batch {batch_id}.")
    return BatchHandle(
        id=batch_id,
        run_count=len(payloads),
        public_access_token=await _handle_token(connection, created, f"read:batch:{batch_id}"),
        is_cached=bool(created.body.get("isCached")),
    )


async def create_public_token(
    connection: Connection, *, scopes: Sequence[str], expires_in: str
) -> str:
    """Make a public access token.

    Args:
        connection: The server, with a secret key as credential.
        scopes: What it grants, for example `read:runs:run_1` or `read:tags:user:1`.
        expires_in: For how long: `"15m"`, `"1h"`.

    Returns:
        The token.

    Raises:
        ConfigurationError: The duration makes no sense.
        RealtimeError: The server does not allow it.
    """
    key = await connection.token()
    lifetime = parse_duration(expires_in).total_seconds()
    if is_additional_key(key):
        minted = await post(
            connection,
            "/api/v1/auth/public-tokens",
            "a public token",
            json={"scopes": list(scopes), "expirationTime": int(time() + lifetime)},
        )
        return _field(minted, "token")
    claims = await post(connection, "/api/v1/auth/jwt/claims", "a public token", json={})
    return _signed(key, _field(claims, "sub"), scopes, lifetime)


async def batch_size(connection: Connection, batch_id: str) -> int:
    """How many runs a batch has in all, those included that are still to be created.

    Args:
        connection: The server, with a credential that may read the batch.
        batch_id: `batch_...`.

    Raises:
        RealtimeError: The server does not say.
    """
    path = f"/api/v2/batches/{quote(batch_id, safe='')}"
    answer = await get(connection, path, f"the batch {batch_id!r}")
    size = answer.body.get("runCount")
    if not isinstance(size, int):
        raise ProtocolError(f"The server does not say how many runs the batch {batch_id} has.")
    return size


async def get(connection: Connection, path: str, subject: str) -> Answer:
    """Ask for something, and ask again while that may help.

    Args:
        connection: The server and the credential.
        path: The route.
        subject: What is asked for, in words, for messages.

    Returns:
        The successful answer, read to its end.

    Raises:
        RealtimeError: The last attempt's error.
    """
    return await _exchange(connection, "GET", path, subject, None, {})


async def post(
    connection: Connection,
    path: str,
    subject: str,
    *,
    json: Any = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request, and send it again while that may help.

    Args:
        connection: The server and the credential.
        path: The route.
        subject: What is asked for, in words, for messages.
        json: A JSON body, or
        content: the bytes of a body.
        headers: Further headers.

    Returns:
        The successful answer, read to its end.

    Raises:
        RealtimeError: The last attempt's error.
    """
    body = content if json is None else to_json_text(json).encode()
    sent = {
        **({"Content-Type": "application/json"} if body is not None else {}),
        **(headers or {}),
        "x-trigger-request-idempotency-key": str(uuid4()),
    }
    return await _exchange(connection, "POST", path, subject, body, sent)


async def _exchange(
    connection: Connection,
    method: str,
    path: str,
    subject: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    """Send a request with a token that holds, again where that may help."""
    token = await connection.token()
    renewed = False
    attempt = 1
    async with connection.open_client() as client:
        while True:
            try:
                sent = {**connection.headers(token), **headers, "x-trigger-source": "sdk"}
                return await _send(client, connection, method, path, subject, body, sent)
            except (AuthenticationError, PermissionDeniedError) as error:
                refused, token = token, await connection.renewed_token(token)
                if renewed or token == refused:
                    raise error from None
                renewed = True
            except RealtimeError as error:
                delay = connection.retry.delay(attempt, error)
                if not error.retryable or attempt == ATTEMPTS or delay > PATIENCE_SECONDS:
                    raise
                await asyncio.sleep(delay)
                attempt += 1


async def _send(
    client: httpx.AsyncClient,
    connection: Connection,
    method: str,
    path: str,
    subject: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    url = connection.url(path)
    try:
        async with asyncio.timeout(connection.limits.answer):
            response = await client.request(
                method, url, content=body, headers=headers, timeout=connection.timeout
            )
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise request_error(error, url) from error
    raise_for_status(response, response.content, subject)
    try:
        return Answer(as_object(response.json()), response.headers)
    except ValueError:
        raise ProtocolError(
            f"The server at {connection.base_url} answered with something that is not JSON.",
            remedy="Check that the base URL is that of a Trigger.dev server.",
            status=response.status_code,
            url=url,
        ) from None


async def _handle_token(connection: Connection, answer: Answer, scope: str) -> str:
    """The token that came with a handle, or one signed from the claims that came instead.

    Empty where neither is possible: only an environment's root key can sign.
    """
    if token := answer.headers.get("x-trigger-jwt"):
        return token
    try:
        claims = as_object(json.loads(answer.headers.get("x-trigger-jwt-claims", "")))
    except ValueError:
        return ""
    key = await connection.token()
    if not is_secret_key(key):
        return ""
    return _signed(key, str(claims.get("sub", "")), [scope], HANDLE_TOKEN_SECONDS)


def _signed(key: str, environment_id: str, scopes: Sequence[str], lifetime: float) -> str:
    now = int(time())
    return sign_public_token(
        key,
        environment_id=environment_id,
        scopes=scopes,
        issued_at=now,
        expires_at=now + int(lifetime),
    )


def _field(answer: Answer, name: str) -> str:
    value = answer.body.get(name)
    if not isinstance(value, str):
        raise ProtocolError(f"The server's answer has no {name!r}.")
    return value
