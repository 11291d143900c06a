"""Requests that are answered once: what is sent, what is sent again, what an answer must hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    RateLimitError,
    RealtimeError,
    ServerError,
    TransportError,
)
from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.protocol.tokens import verify_public_token
from tests.feeds.replay import SECRET, ReplayServer, answer, replay

ADDITIONAL_KEY = "tr_dev_sk_" + "a" * 24
TRIGGERED = answer(200, '{"id":"run_1","isCached":false}', {"x-trigger-jwt": "the.own.token"})
CREATED = answer(202, '{"id":"batch_1","runCount":2}', {"x-trigger-jwt": "the.own.token"})
SEALED = answer(200, '{"sealed":true}')


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.01)


def client_of(server: ReplayServer, access_token: Any = SECRET) -> RealtimeClient:
    return RealtimeClient(access_token=access_token, base_url=server.base_url)


def sent(server: ReplayServer) -> list[Any]:
    return [json.loads(request.body) for request in server.requests]


async def test_a_trigger_sends_the_payload_and_only_the_options_that_were_given() -> None:
    async with replay(TRIGGERED) as server:
        handle = await client_of(server).trigger("my/task", {"a": 1}, tags="t", max_attempts=2)
    assert (handle.id, handle.task_identifier, handle.is_cached) == ("run_1", "my/task", False)
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/api/v1/tasks/my/task/trigger")
    assert request.headers["content-type"] == "application/json"
    assert sent(server) == [
        {
            "payload": {"a": 1},
            "options": {"tags": ["t"], "maxAttempts": 2, "payloadType": "application/json"},
        }
    ]


async def test_the_token_that_comes_with_a_handle_is_used_as_it_is() -> None:
    async with replay(TRIGGERED) as server:
        handle = await client_of(server).trigger("task")
    assert handle.public_access_token == "the.own.token"


async def test_where_no_token_comes_with_a_handle_one_is_signed_from_the_claims() -> None:
    claims = {"x-trigger-jwt-claims": '{"sub":"env_1","pub":true}'}
    async with replay(answer(200, '{"id":"run_1"}', claims)) as server:
        handle = await client_of(server).trigger("task")
    signed = verify_public_token(handle.public_access_token, SECRET, now=0)
    assert (signed.sub, signed.scopes) == ("env_1", ("read:runs:run_1",))


async def test_a_handle_may_come_without_any_token() -> None:
    async with replay(answer(200, '{"id":"run_1"}')) as server:
        assert (await client_of(server).trigger("task")).public_access_token == ""


@pytest.mark.parametrize("failure", [b"", answer(429), answer(500), answer(503), answer(408)])
async def test_what_may_pass_is_sent_again_under_one_idempotency_key(failure: bytes) -> None:
    async with replay(failure, failure, TRIGGERED) as server:
        assert (await client_of(server).trigger("task", {"a": 1})).id == "run_1"
    first, *others = server.requests
    assert len(others) == 2
    keys = {request.headers["x-trigger-request-idempotency-key"] for request in server.requests}
    assert len(keys) == 1
    assert {request.body for request in others} == {first.body}


async def test_two_triggers_have_two_idempotency_keys() -> None:
    async with replay(TRIGGERED, TRIGGERED) as server:
        client = client_of(server)
        await client.trigger("task")
        await client.trigger("task")
    keys = {request.headers["x-trigger-request-idempotency-key"] for request in server.requests}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(b"", TransportError), (answer(429), RateLimitError), (answer(500), ServerError)],
)
async def test_after_three_attempts_the_last_error_is_raised(
    failure: bytes, kind: type[RealtimeError]
) -> None:
    async with replay(then=failure) as server:
        with pytest.raises(kind):
            await client_of(server).trigger("task")
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequestError), (401, AuthenticationError), (422, InvalidRequestError)],
)
async def test_what_cannot_succeed_is_sent_once(status: int, kind: type[ApiError]) -> None:
    body = '{"error":"Payload exceeds the limit."}'
    async with replay(answer(status, body)) as server:
        with pytest.raises(
            kind or InvalidRequestError, match="Payload exceeds the limit"
        ) as caught:
            await client_of(server).trigger("task")
        assert len(server.requests) == 1
    assert caught.value.remedy


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"id":5}', ""])
async def test_a_success_that_is_not_the_protocol_is_a_protocol_error(body: str) -> None:
    async with replay(answer(200, body)) as server:
        with pytest.raises(ProtocolError):
            await client_of(server).trigger("task")


async def test_a_batch_is_created_and_then_filled_line_by_line() -> None:
    async with replay(CREATED, SEALED) as server:
        batch = await client_of(server).batch_trigger("task", [{"n": 0}, "text"], tags=["t"])
    assert (batch.id, batch.run_count, batch.public_access_token) == ("batch_1", 2, "the.own.token")
    create, fill = server.requests
    assert (create.path, fill.path) == ("/api/v3/batches", "/api/v3/batches/batch_1/items")
    assert json.loads(create.body) == {"runCount": 2, "taskIdentifiers": ["task"]}
    assert fill.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in fill.body.decode().split("\n")]
    options = {"tags": ["t"]}
    assert lines == [
        {
            "index": 0,
            "task": "task",
            "payload": {"n": 0},
            "options": {**options, "payloadType": "application/json"},
        },
        {
            "index": 1,
            "task": "task",
            "payload": "text",
            "options": {**options, "payloadType": "text/plain"},
        },
    ]


async def test_a_batch_that_is_not_sealed_is_filled_again() -> None:
    async with replay(CREATED, answer(200, '{"sealed":false}'), SEALED) as server:
        assert (await client_of(server).batch_trigger("task", [1])).id == "batch_1"
    assert server.requests[1].body == server.requests[2].body


@pytest.mark.parametrize("body", ['{"sealed":false}', "[]"])
async def test_a_batch_that_is_never_sealed_is_a_protocol_error(body: str) -> None:
    async with replay(CREATED, then=answer(200, body)) as server:
        with pytest.raises(ProtocolError, match="batch_1"):
            await client_of(server).batch_trigger("task", [1])


async def test_a_secret_key_signs_tokens_itself() -> None:
    async with replay(answer(200, '{"sub":"env_1","pub":true}')) as server:
        token = await client_of(server).create_public_token(scopes=["read:runs"])
    claims = verify_public_token(token, SECRET, now=0)
    assert claims.exp is not None
    assert claims.iat is not None
    assert (claims.sub, claims.exp - claims.iat) == ("env_1", 900)
    [request] = server.requests
    assert request.path == "/api/v1/auth/jwt/claims"


async def test_an_additional_key_lets_the_server_sign() -> None:
    async with replay(answer(200, '{"token":"the.own.token"}')) as server:
        token = await client_of(server, ADDITIONAL_KEY).create_public_token(scopes=["read:runs"])
    assert token == "the.own.token"
    assert server.requests[0].path == "/api/v1/auth/public-tokens"
    assert sent(server)[0]["scopes"] == ["read:runs"]


async def test_an_additional_key_signs_no_handles_token() -> None:
    claims = {"x-trigger-jwt-claims": '{"sub":"env_1","pub":true}'}
    async with replay(answer(200, '{"id":"run_1"}', claims)) as server:
        handle = await client_of(server, ADDITIONAL_KEY).trigger("task")
    assert handle.public_access_token == ""


async def test_cancelling_posts_to_the_run() -> None:
    async with replay(answer(200, '{"id":"run_1"}')) as server:
        await client_of(server).cancel_run("run/1")
    assert (server.requests[0].method, server.requests[0].path) == (
        "POST",
        "/api/v2/runs/run/1/cancel",
    )


async def test_the_body_has_a_length() -> None:
    async with replay(TRIGGERED) as server:
        await client_of(server).trigger("task", {"a": 1})
    assert int(server.requests[0].headers["content-length"]) == len(server.requests[0].body)


async def test_an_error_keeps_what_helps_to_find_it() -> None:
    headers = {"x-request-id": "req_1", "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    async with replay(answer(400, '{"error":{"message":"Bad."}}', headers)) as server:
        with pytest.raises(InvalidRequestError) as caught:
            await client_of(server).cancel_run("run_1")
    error = caught.value
    assert "400: Bad" in error.message
    assert (error.status, error.request_id, error.retry_after) == (400, "req_1", 0.0)
    assert error.url == f"{server.base_url}/api/v2/runs/run_1/cancel"


async def test_a_server_that_asks_for_a_long_pause_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    async with replay(answer(429, headers={"Retry-After": "60"})) as server:
        with pytest.raises(RateLimitError) as caught:
            await client_of(server).trigger("task")
    assert caught.value.retry_after == 60
    assert len(server.requests) == 1
