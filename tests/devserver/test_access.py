"""Who may do what: the order is 401, 400, 404, 403, and every route checks."""

from __future__ import annotations

import time

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.protocol.tokens import sign_public_token
from tests.devserver import captures
from tests.devserver.client import Client

RUNS = "/realtime/v1/runs"


def sign(server: DevServer, *, key: str = "", lifetime: int = 60, environment: str = "") -> str:
    now = int(time.time())
    return sign_public_token(
        key or server.secret_key,
        environment_id=environment or server._store.environment_id,
        scopes=["read:runs"],
        expires_at=now + lifetime,
        issued_at=now,
    )


@pytest.mark.parametrize(
    ("token", "capture"), [("", "33"), ("tr_dev_nope", "34"), ("pk_tr_dev_x", "35")]
)
async def test_a_missing_or_wrong_key_is_refused(client: Client, token: str, capture: str) -> None:
    run_id = await client.trigger("wait")
    async with client.as_(token) as stranger:
        answer = await stranger.get(f"{RUNS}/{run_id}")
    real = captures.load(capture)
    assert (answer.status_code, answer.text) == (real.status, real.body)
    assert captures.own_headers(answer.headers) == set(real.headers)


async def test_a_badly_signed_or_expired_public_token_is_refused(
    client: Client, server: DevServer
) -> None:
    for token, capture in (
        (sign(server, key="tr_dev_other"), "40"),
        (sign(server, lifetime=-1), "41"),
    ):
        async with client.as_(token) as stranger:
            answer = await stranger.get(f"{RUNS}/run_nope")
        real = captures.load(capture)
        assert (answer.status_code, answer.text) == (real.status, real.body)


async def test_a_public_token_of_another_environment_is_refused(
    client: Client, server: DevServer
) -> None:
    async with client.as_(sign(server, environment="env_other")) as stranger:
        answer = await stranger.get(f"{RUNS}/run_nope")
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid Public Access Token"})


async def test_a_public_token_reads_what_its_scopes_grant_and_nothing_else(
    client: Client,
) -> None:
    mine = await client.trigger("wait", tags=["t"])
    other = await client.trigger("wait")
    batch = (await client.post("/api/v2/tasks/batch", json={"items": [{"task": "wait"}]})).json()
    granted = {
        f"read:runs:{mine}": f"{RUNS}/{mine}",
        "read:tags:t": f"{RUNS}/{mine}",
        "read:tasks:wait": f"{RUNS}/{other}",
        "read:runs": f"{RUNS}?tags=t",
        f"read:batch:{batch['id']}": f"/realtime/v1/batches/{batch['id']}",
        "read:all": f"/api/v3/runs/{mine}",
    }
    for scope, path in granted.items():
        async with client.as_(await client.public_token(scope)) as reader:
            assert (await reader.get(path)).status_code == 200, scope
    refused = {
        f"read:runs:{other}": f"{RUNS}/{mine}",
        f"write:runs:{mine}": f"{RUNS}/{mine}",
        "read:tags:x": f"{RUNS}?tags=t",
        f"read:runs:{mine}": f"/realtime/v1/batches/{batch['id']}",
        "read:batch:batch_x": f"/realtime/v1/streams/{mine}/s",
    }
    for scope, path in refused.items():
        async with client.as_(await client.public_token(scope)) as reader:
            answer = await reader.get(path)
        assert (answer.status_code, answer.text) == (403, captures.load("38").body), scope


async def test_one_granted_tag_of_a_filter_is_enough(client: Client) -> None:
    async with client.as_(await client.public_token("read:tags:a")) as reader:
        assert (await reader.get(f"{RUNS}?tags=a,b")).status_code == 200


async def test_a_missing_run_is_not_found_before_scopes_are_looked_at(client: Client) -> None:
    async with client.as_(await client.public_token("read:runs:run_other")) as reader:
        assert (await reader.get(f"{RUNS}/run_nope")).status_code == 404


async def test_a_bad_request_is_refused_before_scopes_are_looked_at(client: Client) -> None:
    async with client.as_(await client.public_token("write:runs:run_other")) as reader:
        assert (await reader.get(f"{RUNS}?tags=a,,b")).status_code == 400


async def test_routes_for_secret_keys_refuse_public_tokens(client: Client) -> None:
    run_id = await client.trigger("wait")
    real = captures.load("70")
    routes = [
        ("PUT", f"/realtime/v1/streams/{run_id}/self/s"),
        ("POST", f"/realtime/v1/streams/{run_id}/self/s/append"),
        ("PUT", f"/api/v1/runs/{run_id}/metadata"),
        ("GET", f"/api/v1/runs/{run_id}/metadata"),
        ("POST", f"/api/v1/runs/{run_id}/tags"),
        ("POST", f"/api/v1/runs/{run_id}/replay"),
        ("GET", f"/api/v1/runs/{run_id}/result"),
        ("POST", "/api/v1/auth/jwt/claims"),
        ("POST", "/api/v1/auth/public-tokens"),
    ]
    async with client.as_(await client.public_token("admin")) as reader:
        for method, path in routes:
            answer = await reader.request(method, path, json={})
            assert (answer.status_code, answer.text) == (real.status, real.body), path


async def test_the_token_of_a_handle_reads_its_run_only(client: Client) -> None:
    other = await client.trigger("wait")
    answer = await client.post("/api/v1/tasks/wait/trigger", json={})
    run_id = answer.json()["id"]
    async with client.as_(answer.headers["x-trigger-jwt"]) as reader:
        assert (await reader.get(f"{RUNS}/{run_id}")).status_code == 200
        assert (await reader.get(f"{RUNS}/{other}")).status_code == 403
        assert (await reader.post(f"/api/v2/runs/{run_id}/cancel")).status_code == 403


async def test_a_token_triggers_the_task_it_names_only(client: Client) -> None:
    async with client.as_(await client.public_token("trigger:tasks:wait")) as caller:
        assert (await caller.post("/api/v1/tasks/wait/trigger", json={})).status_code == 200
        assert (await caller.post("/api/v1/tasks/spin/trigger", json={})).status_code == 403


async def test_a_batch_needs_a_grant_for_each_of_its_tasks(client: Client) -> None:
    body = {"items": [{"task": "wait"}, {"task": "spin"}]}
    async with client.as_(await client.public_token("batchTrigger:tasks:wait")) as caller:
        answer = await caller.post("/api/v2/tasks/batch", json=body)
    assert answer.status_code == 403


async def test_a_request_from_another_machine_is_refused(server: DevServer) -> None:
    import httpx

    async with server:
        for client_address, headers, status in (
            (("192.0.2.1", 1), {}, 403),
            (("127.0.0.1", 1), {"X-Forwarded-For": "192.0.2.1"}, 403),
            (("127.0.0.1", 1), {}, 200),
            (("::1", 1), {}, 200),
            (("::ffff:127.0.0.1", 1), {}, 200),
        ):
            transport = httpx.ASGITransport(server.asgi, client=client_address)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as caller:
                answer = await caller.get("/", headers=headers)
            assert answer.status_code == status
            assert "for development" in answer.text


async def test_minted_tokens_have_the_lifetime_that_was_asked_for(client: Client) -> None:
    for expiry in ("never", "-1h", 1, "60 days", True):
        body = {"scopes": ["read:runs"], "expirationTime": expiry}
        answer = await client.post("/api/v1/auth/public-tokens", json=body)
        assert answer.status_code == 400, expiry
    assert (await client.post("/api/v1/auth/public-tokens", json={})).status_code == 400
