"""Items 65 to 73: tokens, and requests that are answered once."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from time import time
from typing import Any

import pytest

from reflex_realtime.devserver.options import StreamsVersion
from reflex_realtime.devserver.store.runs import get_run
from reflex_realtime.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from reflex_realtime.feeds import RealtimeClient, rest
from reflex_realtime.feeds.retry import RetryPolicy
from reflex_realtime.protocol.tokens import verify_public_token
from tests.checklist.upstream import DONE, Upstream, upstream
from tests.feeds.replay import SECRET, ReplayServer, answer, replay

ADDITIONAL_KEY = "tr_prod_sk_" + "a" * 24
TRIGGERED = answer(200, '{"id":"run_1","isCached":false}', {"x-trigger-jwt": "the.own.token"})
CREATED = answer(202, '{"id":"batch_1","runCount":2}', {"x-trigger-jwt": "the.own.token"})
SEALED = answer(200, '{"id":"batch_1","sealed":true}')
NOT_SEALED = answer(200, '{"id":"batch_1","sealed":false,"enqueuedCount":1,"expectedCount":2}')
OK = answer(200, '{"ok":true}')


@pytest.fixture
async def served() -> AsyncIterator[Upstream]:
    """An embedded server."""
    async with upstream() as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly a pause between attempts."""
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.01)


def client_of(server: ReplayServer, access_token: str = SECRET) -> RealtimeClient:
    return RealtimeClient(access_token=access_token, base_url=server.base_url)


def part_of(token: str, number: int) -> Any:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[number] + "=="))


# Tokens


async def test_item_65_a_public_token_says_what_the_server_checks(served: Upstream) -> None:
    token = await served.client.create_public_token(scopes=["read:runs:run_1"], expires_in="1h")
    assert part_of(token, 0) == {"alg": "HS256"}
    claims = part_of(token, 1)
    assert claims.pop("sub")
    assert 3590 < claims.pop("exp") - time() <= 3600
    assert abs(claims.pop("iat") - time()) < 10
    assert claims == {
        "iss": "https://id.trigger.dev",
        "aud": "https://api.trigger.dev",
        "pub": True,
        "scopes": ["read:runs:run_1"],
    }


async def test_item_65_an_expired_token_is_refused(served: Upstream) -> None:
    run_id = await served.trigger()
    token = await served.client.create_public_token(scopes=["read:runs"], expires_in="-1s")
    with pytest.raises(AuthenticationError) as caught:
        await anext(served.reader(token).subscribe_to_run(run_id))
    assert caught.value.status == 401


async def test_item_66_an_additional_key_never_signs_and_lets_the_server() -> None:
    minted = answer(200, '{"token":"the.own.token"}')
    async with replay(minted) as server:
        client = client_of(server, ADDITIONAL_KEY)
        token = await client.create_public_token(scopes=["read:runs"], expires_in="1h")
    [request] = server.requests
    body = json.loads(request.body)
    assert (token, request.path) == ("the.own.token", "/api/v1/auth/public-tokens")
    assert body["scopes"] == ["read:runs"]
    assert 3590 < body["expirationTime"] - time() <= 3600


async def test_item_66_an_additional_key_signs_no_handles_token() -> None:
    claims = {"x-trigger-jwt-claims": '{"sub":"env_1","pub":true}'}
    async with replay(answer(200, '{"id":"run_1"}', claims)) as server:
        handle = await client_of(server, ADDITIONAL_KEY).trigger("task")
    assert handle.public_access_token == ""


@pytest.mark.parametrize("tag", ["env:staging", "a:b:c", "user:1"])
async def test_item_67_a_tag_with_colons_can_be_granted(served: Upstream, tag: str) -> None:
    run_id = await served.trigger(tags=[tag])
    token = await served.client.create_public_token(scopes=[f"read:tags:{tag}"])
    reader = served.reader(token)
    assert (await anext(reader.subscribe_to_runs_with_tag(tag))).id == run_id
    with pytest.raises(PermissionDeniedError):
        await anext(reader.subscribe_to_runs_with_tag(tag.partition(":")[0]))


# Triggering


async def test_item_68_a_token_that_comes_with_a_handle_is_used_as_it_is() -> None:
    async with replay(TRIGGERED) as server:
        handle = await client_of(server).trigger("task")
    assert handle.public_access_token == "the.own.token"


async def test_item_68_where_none_comes_one_is_signed_from_the_claims() -> None:
    claims = {"x-trigger-jwt-claims": '{"sub":"env_1","pub":true}'}
    created = answer(202, '{"id":"batch_1","runCount":1}', claims)
    async with replay(answer(200, '{"id":"run_1"}', claims), created, SEALED) as server:
        run = await client_of(server).trigger("task")
        batch = await client_of(server).batch_trigger("task", [1])
    signed = verify_public_token(run.public_access_token, SECRET, now=0)
    assert (signed.sub, signed.scopes) == ("env_1", ("read:runs:run_1",))
    signed = verify_public_token(batch.public_access_token, SECRET, now=0)
    assert (signed.sub, signed.scopes) == ("env_1", ("read:batch:batch_1",))


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_item_69_streams_are_read_whatever_version_the_server_gives_the_run(
    version: StreamsVersion,
) -> None:
    async with upstream(streams_version=version) as served:
        run_id = await served.trigger()
        run = await served.server._store.read(lambda tx: _version_of(tx, run_id))
        assert run == version
        await served.worker.open_stream(run_id, "tok")
        if version == "v1":
            await served.worker.write(run_id, "tok", {"a": 1})
        else:
            await served.server.append_record(run_id, "tok", '{"data":{"a":1},"id":"1"}')
        await served.change(run_id, **DONE)
        assert await anext(served.client.read_stream(run_id, "tok")) == {"a": 1}


def _version_of(tx: Any, run_id: str) -> str:
    run = get_run(tx, run_id)
    assert run
    return run.streams_version


async def test_item_70_every_body_has_a_length_and_none_is_chunked() -> None:
    async with replay(TRIGGERED, CREATED, SEALED, OK) as server:
        client = client_of(server)
        await client.trigger("task", {"text": "é"})
        await client.batch_trigger("task", [{"n": 1}, "text"])
        await client.cancel_run("run_1")
    for request in server.requests:
        assert int(request.headers["content-length"]) == len(request.body)
        assert "transfer-encoding" not in request.headers
    lines = server.requests[2].body.decode().splitlines()
    assert server.requests[2].headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["index"] for line in lines] == [0, 1]


async def test_item_70_all_attempts_of_a_request_have_one_idempotency_key() -> None:
    async with replay(b"", answer(500), TRIGGERED, TRIGGERED) as server:
        client = client_of(server)
        await client.trigger("task")
        await client.trigger("task")
    keys = [request.headers["x-trigger-request-idempotency-key"] for request in server.requests]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


# Sending again


async def test_item_71_the_server_says_whether_sending_again_can_help() -> None:
    never = answer(500, headers={"x-should-retry": "false"})
    async with replay(then=never) as server:
        with pytest.raises(ServerError):
            await client_of(server).trigger("task")
        assert len(server.requests) == 1
    later = answer(404, headers={"x-should-retry": "true"})
    async with replay(later, TRIGGERED) as server:
        assert (await client_of(server).trigger("task")).id == "run_1"
    async with replay(answer(404)) as server:
        with pytest.raises(NotFoundError):
            await client_of(server).trigger("task")
        assert len(server.requests) == 1


@pytest.mark.parametrize("unit", [1000, 1])
async def test_item_71_the_limiters_reset_is_read_in_milliseconds_and_in_seconds(
    unit: int,
) -> None:
    """Most routes give milliseconds since 1970, the creation of batches gives seconds."""
    busy = answer(429, headers={"x-ratelimit-reset": str(int((time() + 100) * unit))})
    async with replay(then=busy) as server:
        with pytest.raises(RateLimitError) as caught:
            await client_of(server).trigger("task")
    assert caught.value.retry_after == pytest.approx(100, abs=5)


async def test_item_72_a_batch_that_is_not_sealed_is_sent_again_whole() -> None:
    async with replay(CREATED, NOT_SEALED, SEALED) as server:
        batch = await client_of(server).batch_trigger("task", [1, 2])
    _, first, again = server.requests
    assert (batch.id, batch.run_count) == ("batch_1", 2)
    assert first.body == again.body
    assert len(again.body.splitlines()) == 2


async def test_item_72_lines_that_come_twice_are_one_run_each(served: Upstream) -> None:
    connection = served.connection
    created = await rest.post(
        connection,
        "/api/v3/batches",
        "a batch",
        json={"runCount": 2, "taskIdentifiers": ["report"]},
    )
    batch_id = created.body["id"]
    lines = [json.dumps({"index": n, "task": "report", "payload": n}) for n in (0, 1)]
    for sent in (lines[:1], lines):
        answered = await rest.post(
            connection,
            f"/api/v3/batches/{batch_id}/items",
            "a batch",
            content="\n".join(sent).encode(),
            headers={"Content-Type": "application/x-ndjson"},
        )
    assert answered.body["sealed"] is True
    feed = served.client.subscribe_to_batch(batch_id)
    runs = [await anext(feed), await anext(feed)]
    await feed.aclose()
    assert {run.payload for run in runs} == {0, 1}


async def test_item_73_completing_a_wait_token_twice_succeeds(served: Upstream) -> None:
    connection = replace(served.connection, retry=RetryPolicy())
    tokens = "/api/v1/waitpoints/tokens"
    token = await rest.post(connection, tokens, "a wait token", json={"timeout": "1h"})
    complete = f"{tokens}/{token.body['id']}/complete"
    for data in ({"a": 1}, {"a": 2}):
        done = await rest.post(connection, complete, "a wait token", json={"data": data})
        assert done.body == {"success": True}
