"""`python -m reflex_realtime.devserver` serves, says how to use it, and stops on Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.devserver.client import Client
from tests.reflex_app import free_port

ROOT = Path(__file__).parents[2]
TASKS = """
from reflex_realtime.devserver import DevServer
server = DevServer(":memory:")
@server.task("shout")
def shout(text: str) -> str:
    return text.upper()
something = 1
"""


@asynccontextmanager
async def command(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the command in a folder; end it if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "reflex_realtime.devserver", *arguments),
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def introduction(process: asyncio.subprocess.Process) -> dict[str, str]:
    """The lines to export, once they are printed."""
    assert process.stdout is not None
    exported: dict[str, str] = {}
    async for line in process.stdout:
        if line.strip().startswith(b"export "):
            name, _, value = line.decode().strip().removeprefix("export ").partition("=")
            exported[name] = value
        if b"Ctrl-C" in line:
            break
    return exported


async def test_it_serves_the_named_server_until_interrupted(tmp_path: Path) -> None:
    (tmp_path / "mytasks.py").write_text(TASKS)
    async with command(tmp_path, "mytasks:server", "--port", str(free_port())) as process:
        exported = await introduction(process)
        url, key = exported["TRIGGER_API_URL"], exported["TRIGGER_SECRET_KEY"]
        async with Client(url, key) as client:
            run_id = await client.trigger("shout", "hi")
            row = await client.until(run_id, "COMPLETED_SUCCESSFULLY")
            assert row["output"] == "HI"
            snapshot = await client.get(f"/realtime/v1/runs/{run_id}")
            poll = asyncio.create_task(client.live(f"/realtime/v1/runs/{run_id}", snapshot))
            await asyncio.sleep(0.1)
            process.send_signal(signal.SIGINT)
            assert (await poll).status_code == 200
        _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors == b""


async def test_without_a_server_it_says_how_to_name_one(tmp_path: Path) -> None:
    arguments = ("--port", str(free_port()), "--db", "kept/here.db")
    async with command(tmp_path, *arguments) as process:
        await introduction(process)
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == 0
    assert (tmp_path / "kept" / "here.db").exists()


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nowhere:server", "cannot be loaded"),
        ("mytasks:missing", "cannot be loaded"),
        ("mytasks:something", "is a int, not a DevServer"),
    ],
)
async def test_a_name_that_leads_to_no_server_is_refused(
    tmp_path: Path, reference: str, message: str
) -> None:
    (tmp_path / "mytasks.py").write_text(TASKS)
    async with command(tmp_path, reference) as process:
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert message in errors.decode()


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with command(tmp_path, "--port", port) as process:
            _, errors = await process.communicate()
    assert process.returncode == 2
    assert f"port {port}: it is taken. Choose another one with --port." in errors.decode()
