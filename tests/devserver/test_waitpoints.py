"""Wait tokens: a run waits until somebody completes one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reflex_realtime.devserver import DevServer, TaskContext
from reflex_realtime.protocol.tokens import read_claims
from tests.devserver.client import Client
from tests.serving import serve

TOKENS = "/api/v1/waitpoints/tokens"


@pytest.fixture
def server() -> DevServer:
    """A server with a task that asks for approval, and room for one run at a time."""
    server = DevServer(":memory:", poll_seconds=0.3, concurrency=1)

    @server.task("approve", max_duration=0.4)
    async def approve(ctx: TaskContext) -> Any:
        token = await ctx.create_token(expires_in="1h")
        ctx.metadata.set("token", token)
        return await ctx.wait_for_token(token)

    @server.task("wait-for")
    async def wait_for(token: str, ctx: TaskContext) -> Any:
        return await ctx.wait_for_token(token)

    @server.task("other")
    async def other() -> None:
        """Do nothing."""

    return server


async def create(client: Client, **options: Any) -> dict[str, Any]:
    answer = await client.post(TOKENS, json=options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_run_waits_until_its_token_is_completed(client: Client) -> None:
    run_id = await client.trigger("approve")
    row = await client.until(run_id, "WAITING_TO_RESUME")
    [token] = (await client.get(TOKENS)).json()["data"]
    assert token["id"] in row["metadata"]
    run = (await client.get(f"/api/v3/runs/{run_id}")).json()
    assert (run["status"], run["isWaiting"]) == ("WAITING", True)
    done = await client.post(f"{TOKENS}/{token['id']}/complete", json={"data": {"ok": True}})
    assert done.json() == {"success": True}
    row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert row["output"] == '{"ok":true}'


async def test_waiting_takes_no_place_and_no_time(client: Client) -> None:
    run_id = await client.trigger("approve")
    row = await client.until(run_id, "WAITING_TO_RESUME")
    await client.until(await client.trigger("other", delay="1s"), "COMPLETED_SUCCESSFULLY")
    token = (await client.get(TOKENS)).json()["data"][0]["id"]
    await client.post(f"{TOKENS}/{token}/complete", json={"data": None})
    row = await client.until(run_id, "COMPLETED_SUCCESSFULLY", "TIMED_OUT")
    assert row["status"] == "COMPLETED_SUCCESSFULLY"


async def test_a_token_that_is_over_is_not_waited_for(client: Client) -> None:
    token = await create(client)
    for data in ("first", "second"):
        answer = await client.post(f"{TOKENS}/{token['id']}/complete", json={"data": data})
        assert answer.json() == {"success": True}
    run_id = await client.trigger("wait-for", token["id"])
    row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert row["output"] == "first"


async def test_a_token_times_out(client: Client) -> None:
    token = await create(client, timeout="1s")
    run_id = await client.trigger("wait-for", token["id"])
    row = await client.until(run_id, "COMPLETED_WITH_ERRORS")
    assert "TimeoutError" in row["error"]
    shown = (await client.get(f"{TOKENS}/{token['id']}")).json()
    assert shown["status"] == "TIMED_OUT"
    assert "output" not in shown


async def test_a_cancelled_run_waits_no_more(client: Client) -> None:
    run_id = await client.trigger("wait-for", (await create(client))["id"])
    await client.until(run_id, "WAITING_TO_RESUME")
    await client.post(f"/api/v2/runs/{run_id}/cancel")
    await client.until(run_id, "CANCELED")


async def test_a_token_that_does_not_exist_fails_the_run_clearly(client: Client) -> None:
    row = await client.until(await client.trigger("wait-for", "x"), "COMPLETED_WITH_ERRORS")
    assert "There is no wait token 'x'" in row["error"]
    answer = await client.post(f"{TOKENS}/x/complete", json={"data": 1})
    assert (answer.status_code, answer.json()["error"]) == (404, "Waitpoint not found")


async def test_a_public_token_completes_its_own_token_only(client: Client) -> None:
    answer = await client.post(TOKENS, json={})
    claims = read_claims(answer.headers["x-trigger-jwt"])
    assert claims is not None
    assert list(claims.scopes) == [f"write:waitpoints:{answer.json()['id']}"]
    other = await create(client)
    async with client.as_(answer.headers["x-trigger-jwt"]) as browser:
        mine = await browser.post(f"{TOKENS}/{answer.json()['id']}/complete", json={"data": 1})
        theirs = await browser.post(f"{TOKENS}/{other['id']}/complete", json={"data": 1})
        assert (await browser.post(TOKENS, json={})).status_code == 401
    assert (mine.status_code, theirs.status_code) == (200, 403)


async def test_whoever_has_the_url_completes_it_with_the_whole_body(client: Client) -> None:
    tokens = [await create(client) for _ in range(3)]
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.post(tokens[0]["url"], json={"a": 1})).json() == {"success": True}
        assert (await anybody.post(tokens[1]["url"], content="not JSON")).status_code == 200
        assert (await anybody.post(f"{tokens[2]['url']}0", json={})).status_code == 401

        async def body() -> AsyncIterator[bytes]:
            yield b"{}"

        assert (await anybody.post(tokens[2]["url"], content=body())).status_code == 411
    shown = [(await client.get(f"{TOKENS}/{token['id']}")).json() for token in tokens]
    assert [token["status"] for token in shown] == ["COMPLETED", "COMPLETED", "WAITING"]
    assert [token.get("output") for token in shown] == ['{"a":1}', "{}", None]


async def test_the_same_key_gives_the_same_token(client: Client) -> None:
    first, again = [await create(client, idempotencyKey="k", tags="t") for _ in range(2)]
    assert (first["isCached"], again["isCached"]) == (False, True)
    assert first["id"] == again["id"]
    shown = (await client.get(f"{TOKENS}/{first['id']}")).json()
    assert (shown["idempotencyKey"], shown["tags"]) == ("k", ["t"])
    assert (await client.post(TOKENS, json={"timeout": "soon"})).status_code == 400


async def test_a_token_may_be_completed_through_another_process(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.db")
    waiting, completing = DevServer(path), DevServer(path)

    @waiting.task("wait-for")
    async def wait_for(token: str, ctx: TaskContext) -> Any:
        return await ctx.wait_for_token(token)

    async with serve(waiting) as here, serve(completing) as there:
        client, other = Client(here, waiting.secret_key), Client(there, completing.secret_key)
        async with client, other:
            token = await create(client)
            run_id = await client.trigger("wait-for", token["id"])
            await client.until(run_id, "WAITING_TO_RESUME")
            await other.post(f"{TOKENS}/{token['id']}/complete", json={"data": "there"})
            row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert row["output"] == "there"
