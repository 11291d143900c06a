"""A Redis server and the workers of an app that keeps its sessions there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import redis

from tests.reflex_app import free_port

ROOT = Path(__file__).parents[2]
START_TIMEOUT_SECONDS = 40


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run Redis; yields its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_for(server, lambda: _answers(url))
        yield url
    finally:
        server.terminate()
        server.wait()


class Worker:
    """One process of the backend.

    Args:
        log: Where it writes what it has to say.
        variables: Its environment variables beside the present ones.
    """

    def __init__(self, log: Path, variables: Mapping[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self.variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; `ready` waits until it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "uvicorn", "tests.states.redis_app:backend"),
                    *("--factory", "--port", str(self.port), "--log-level", "error"),
                ],
                cwd=ROOT,
                env={**os.environ, **self.variables, "REFLEX_TELEMETRY_ENABLED": "false"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def ready(self) -> Worker:
        """Wait until it answers."""
        assert self._process
        _wait_for(self._process, self._responds)
        return self

    def kill(self) -> None:
        """End it as a machine that fails does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a deployment does."""
        self._end(signal.SIGTERM)

    async def writers(self) -> list[str]:
        """The sessions whose state it writes."""
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.url}/writers")).json()

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _responds(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as database:
            return bool(database.ping())
    except redis.ConnectionError:
        return False


def _wait_for(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} does not answer")
        time.sleep(0.05)
