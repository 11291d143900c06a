"""The store survives restarts, is shared by processes, and hands back what a dead one held."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.devserver.store.runs import get_run, new_run
from reflex_realtime.devserver.store.runs import insert_run as insert
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.errors import ConfigurationError
from tests.devserver.client import Client
from tests.devserver.conftest import add_tasks
from tests.serving import serve


def make(path: Path) -> DevServer:
    server = DevServer(str(path), poll_seconds=5)
    add_tasks(server)
    return server


async def test_runs_and_the_secret_key_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "runs.db"
    first = make(path)
    async with serve(first) as url, Client(url, first.secret_key) as client:
        run_id = await client.trigger("report", {"topic": "t"})
        before = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    second = make(path)
    async with serve(second) as url, Client(url, first.secret_key) as client:
        after = (await client.get(f"/realtime/v1/runs/{run_id}")).json()[0]["value"]
    assert after == before
    assert path.stat().st_mode & 0o077 == 0
    assert (path.parent / ".gitignore").read_text() == "*\n"


async def test_a_run_interrupted_by_a_restart_begins_again_if_it_has_attempts_left(
    tmp_path: Path,
) -> None:
    first = make(tmp_path / "runs.db")
    async with serve(first) as url, Client(url, first.secret_key) as client:
        again = await client.trigger("wait", maxAttempts=2)
        once = await client.trigger("wait")
        await client.until(again, "EXECUTING")
        await client.until(once, "EXECUTING")
    second = make(tmp_path / "runs.db")
    async with serve(second) as url, Client(url, first.secret_key) as client:
        await client.until(again, "EXECUTING")
        assert (await client.get(f"/api/v3/runs/{again}")).json()["attemptCount"] == 2
        row = await client.until(once, "CRASHED")
        assert "process that ran the task stopped" in row["error"]


async def test_a_run_of_a_killed_process_is_handed_back(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    script = (
        "import asyncio, os\n"
        "from reflex_realtime.devserver import DevServer\n"
        "from reflex_realtime.devserver.store.runs import insert_run, new_run\n"
        f"server = DevServer({str(path)!r})\n"
        "@server.task('wait')\n"
        "async def wait(ctx): os._exit(9)\n"
        "async def main():\n"
        "    async with server:\n"
        "        run = new_run(task='wait', status='PENDING', max_attempts=2)\n"
        "        await server._store.write(lambda tx: insert_run(tx, run))\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], check=False)
    assert killed.returncode == 9
    connection = sqlite3.connect(path)
    [(run_id, status)] = connection.execute("SELECT id, status FROM runs").fetchall()
    connection.close()
    assert status == "EXECUTING"
    server = make(path)
    async with serve(server) as url, Client(url, server.secret_key) as client:
        await client.until_metadata(run_id, "waiting")


async def test_servers_that_share_a_file_see_each_others_changes(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    first, second = make(path), make(path)
    async with (
        serve(first) as here,
        serve(second) as there,
        Client(here, first.secret_key) as reader,
        Client(there, first.secret_key) as writer,
    ):
        run_id = await reader.trigger("wait", tags=["t"])
        await reader.until_metadata(run_id, "waiting")
        snapshot = await reader.get("/realtime/v1/runs?tags=t")
        poll = asyncio.create_task(reader.live("/realtime/v1/runs?tags=t", snapshot))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        await writer.post(f"/api/v2/runs/{run_id}/cancel")
        answer = await poll
        assert asyncio.get_running_loop().time() - began < 1
        assert answer.json()[0]["value"]["status"] == "CANCELED"
        stream = f"/realtime/v1/streams/{await reader.trigger('wait')}"
        async with reader.stream("GET", f"{stream}/s") as events:
            await writer.post(f"{stream}/self/s/append", content="x")
            async for line in events.aiter_lines():
                if line == 'data: "x"':
                    break


async def test_each_run_is_worked_on_by_one_process_only(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    worked_on: list[str] = []
    servers = [DevServer(str(path)) for _ in range(3)]
    for server in servers:

        @server.task("count")
        async def count(run_id: str) -> None:
            worked_on.append(run_id)

    async with (
        serve(servers[0]) as url,
        servers[1],
        servers[2],
        Client(url, servers[0].secret_key) as client,
    ):
        runs = [await client.trigger("count", str(n)) for n in range(40)]
        for run_id in runs:
            await client.until(run_id, "COMPLETED_SUCCESSFULLY")
    assert sorted(worked_on) == sorted(str(n) for n in range(40))


async def test_a_job_that_fails_leaves_nothing_behind_and_hurts_no_other() -> None:
    store = Store(":memory:")
    await store.open()
    run = new_run(task="t", status="PENDING")

    def fail(tx):
        insert(tx, run)
        raise ValueError("no")

    other = new_run(task="t", status="PENDING")
    failed, kept = await asyncio.gather(
        store.write(fail), store.write(lambda tx: insert(tx, other)), return_exceptions=True
    )
    assert isinstance(failed, ValueError)
    assert not isinstance(kept, BaseException)
    assert await store.read(lambda tx: get_run(tx, run.id)) is None
    assert await store.read(lambda tx: get_run(tx, other.id)) is not None
    await store.close()


async def test_a_file_that_is_no_store_is_refused_with_the_remedy(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be taken for one\n" * 100)
    newer = tmp_path / "newer.db"
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for path in (text, newer, tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be opened") as caught:
            await DevServer(str(path)).start()
        assert "DevServer(path=" in caught.value.remedy


async def test_a_server_that_is_not_started_says_so(server: DevServer) -> None:
    with pytest.raises(ConfigurationError, match="async with server"):
        _ = server.secret_key
    await server.stop()
    async with server:
        with pytest.raises(ConfigurationError, match="started already"):
            await server.start()


def test_the_store_is_not_touched_before_the_server_starts(tmp_path: Path) -> None:
    DevServer(str(tmp_path / "runs.db"))
    assert os.listdir(tmp_path) == []


async def test_what_is_asked_of_a_store_that_is_closing_is_refused_and_not_left_waiting() -> None:
    store = Store(":memory:")
    await store.open()
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    with pytest.raises(ConfigurationError, match="not running"):
        await asyncio.wait_for(store.read(lambda tx: tx.one("SELECT 1")), 2)
    await closing
