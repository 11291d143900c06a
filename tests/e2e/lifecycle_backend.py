"""The backend of the life cycle's app, which restarts without building the pages anew."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.reflex_app import REFLEX, free_port, reflex_environment, running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
START_SECONDS = 30
STOP_SECONDS = 15

# Each change of a state is on disk before the next one, whatever happens.
SAVE_AT_ONCE = {"REFLEX_STATE_MANAGER_DISK_DEBOUNCE": "0"}


def build(folder: Path, port: int) -> None:
    """Build the app's pages in a folder, for a backend that is reached on a port."""
    _copy_app(folder)
    subprocess.run(
        [REFLEX, "export", "--frontend-only", "--no-zip"],
        cwd=folder,
        env=_environment(port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )


@contextmanager
def in_development(folder: Path, variables: Mapping[str, str]) -> Iterator[tuple[str, Backend]]:
    """Serve the app from a folder as `reflex run` does, where React mounts everything twice.

    Yields:
        The address of the pages, and their backend.
    """
    _copy_app(folder)
    with running(folder, mode="dev", variables={**variables, **SAVE_AT_ONCE}) as url:
        addresses = json.loads((folder / ".web/env.json").read_text())
        yield url, Backend(folder, addresses["PING"].removesuffix("/ping"))


class Backend:
    """What serves the states of the pages.

    Args:
        folder: Where the app is.
        url: Its address.

    Attributes:
        number: How many processes it has.
    """

    number = 1

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url

    def present(self) -> dict[str, Any]:
        """What it is doing."""
        return httpx.get(f"{self._url}/present").raise_for_status().json()

    def completions(self, run_id: str) -> int:
        """How often `_on_complete` ran for a run, in all sessions."""
        lines = self._folder / "completions.txt"
        return lines.read_text().splitlines().count(run_id) if lines.exists() else 0

    def edit(self) -> None:
        """Change the app's module; return once another process serves it."""
        before = self.present()["process"]
        with (self._folder / "lifecycle_app/main.py").open("a") as module:
            module.write("# edited\n")
        self._wait(lambda: self._answers() and self.present()["process"] != before)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self._url}/present").is_success
        except httpx.TransportError:
            return False

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.05)


class BackendProcess(Backend):
    """A backend of built pages.

    Args:
        folder: Where the app was built.
        variables: Environment variables beside the present ones.

    Attributes:
        port: The port that it listens on.
        is_running: Whether it was launched, and neither stopped nor killed.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.port = free_port()
        self.is_running = False
        super().__init__(folder, f"http://127.0.0.1:{self.port}")
        self._variables = variables

    def start(self) -> None:
        """Start it; return once it answers."""
        self.launch()
        self.await_start()

    def launch(self) -> None:
        """Start it; `await_start` returns once it answers."""
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
        with (self._folder / "backend.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "lifecycle_app.main:app"],
                cwd=self._folder,
                env={
                    **_environment(self.port),
                    **self._variables,
                    **SAVE_AT_ONCE,
                    "REFLEX_ENV_MODE": "prod",
                    "__REFLEX_SKIP_COMPILE": "true",
                    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.is_running = True

    def await_start(self) -> None:
        """Return once it answers."""
        self._wait(self._has_started)

    def stop(self) -> None:
        """Stop it, as a deployment does."""
        self._process.terminate()
        self._process.wait(STOP_SECONDS)
        self.is_running = False

    def kill(self) -> None:
        """End it without warning."""
        server = psutil.Process(self._process.pid)
        for process in [server, *server.children(recursive=True)]:
            process.kill()
        self._process.wait(STOP_SECONDS)
        self.is_running = False

    def move(self) -> None:
        """Let new connections go to another worker, where there is one."""

    def forget_sessions(self) -> None:
        """Remove what the sessions left on disk, while it is stopped."""
        shutil.rmtree(self._folder / ".states")

    def expire_sessions(self) -> None:
        """Let all sessions expire."""
        httpx.post(f"{self._url}/expire").raise_for_status()

    def _has_started(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError((self._folder / "backend.log").read_text())
        return self._answers()


def _copy_app(folder: Path) -> None:
    shutil.copytree(HERE / "lifecycle_app", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "reflex.lock", folder / "reflex.lock")


def _environment(port: int) -> dict[str, str]:
    ports = {"REFLEX_FRONTEND_PORT": str(port), "REFLEX_BACKEND_PORT": str(port)}
    return reflex_environment() | ports
