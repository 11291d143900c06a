"""The Reflex app of the benchmarks: built once, its backend started when it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx
import psutil

from tests.reflex_app import REFLEX, free_port, reflex_environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_SECONDS = 60

Manager: TypeAlias = Literal["memory", "redis"]
"""Where a backend keeps its sessions."""
MANAGERS: tuple[Manager, ...] = ("memory", "redis")


class App:
    """The app.

    Args:
        folder: Where it is built.
        variables: The environment variables of its backends.
        redis: The URL of a Redis server.

    Attributes:
        url: Where it is served while a backend is running.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], redis: str) -> None:
        self._folder = folder
        self._variables = variables
        self._redis = redis
        # Its pages know it from when they are built.
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        build("main", folder, self._port)

    @contextmanager
    def backend(self, manager: Manager = "memory", server: str = "") -> Iterator[int]:
        """Run a fresh backend, one at a time.

        Args:
            manager: Where it keeps its sessions.
            server: The address of another server than the embedded one.

        Yields:
            The id of its process.
        """
        log = self._folder / "backend.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "granian", "--interface", "asgi", "--factory"),
                    *("--port", str(self._port), "benchmarks.pages.app.main:app"),
                ],
                cwd=self._folder,
                env={**environment("main", self._port), **self._variables, **self._mode(manager)}
                | ({"TRIGGER_API_URL": server} if server else {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._await_answer(process, log)
            yield process.pid
        finally:
            _kill(process)

    async def cpu(self) -> float:
        """The processor time that the backend has used, in seconds."""
        return await self._asked("cpu")

    async def flushes(self) -> list[tuple[float, float]]:
        """When the backend sent an update, and the processor time that it had used then.

        Those since the last call; from the first call on they are noted.
        """
        return await self._asked("flushes")

    async def _asked(self, what: str) -> Any:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.url}/{what}")).json()

    def _mode(self, manager: Manager) -> dict[str, str]:
        return {
            "REFLEX_ENV_MODE": "prod",
            "REFLEX_STATE_MANAGER_MODE": manager,
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        } | ({"REFLEX_REDIS_URL": self._redis} if manager == "redis" else {})

    def _await_answer(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(f"{self.url}/cpu").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise SystemExit(f"The backend did not start:\n{log.read_text()}")


def build(app: str, folder: Path, port: int) -> None:
    """Build the pages of an app.

    Args:
        app: The name of its module in `app/`.
        folder: Where to; it is made.
        port: The port of its backend.
    """
    folder.mkdir()
    shutil.copy(HERE / "app" / "rxconfig.py", folder)
    shutil.copytree(ROOT / "reflex.lock", folder / "reflex.lock")
    export = [str(REFLEX), "export", "--frontend-only", "--no-zip"]
    run(export, folder, environment(app, port))


def environment(app: str, port: int) -> dict[str, str]:
    """The environment variables of an app."""
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)]
    return {
        **reflex_environment(),
        "BENCHMARK_APP": app,
        "PYTHONPATH": os.pathsep.join(paths),
        "REFLEX_FRONTEND_PORT": str(port),
        "REFLEX_BACKEND_PORT": str(port),
    }


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started: nobody needs what they would still do."""
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(process.pid)
        for each in (*server.children(recursive=True), server):
            each.kill()
    process.wait()


def run(command: list[str], folder: Path, variables: Mapping[str, str] | None = None) -> None:
    """Run a command to its end.

    Raises:
        SystemExit: It failed; the message holds what it printed.
    """
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
