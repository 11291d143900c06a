"""Runs a Reflex app in a process of its own, for the tests that drive a browser."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# The first start in a folder fetches the frontend's packages from npm.
START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 15

# Each process has a range of its own. Systems take the ports of outgoing connections from above
# 32,768; one of these could take a port that was free a moment ago.
_ports = itertools.count(20_000 + os.getpid() % 100 * 100)

REFLEX = Path(sys.executable).parent / "reflex"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Return the path of the machine's Chromium.

    Raises:
        RuntimeError: There is none.
    """
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    raise RuntimeError(
        f"None of {', '.join(CHROMIUM_NAMES)} is on the PATH. `make e2e` installs Chromium where "
        "it can; elsewhere install it with the system's package manager."
    )


def reflex_environment() -> dict[str, str]:
    """Return the environment variables for Reflex, which finds bun on the PATH."""
    return {
        **os.environ,
        "PATH": f"{REFLEX.parent}{os.pathsep}{os.environ['PATH']}",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_TELEMETRY_ENABLED": "false",
    }


@contextmanager
def running(
    folder: Path, *, mode: str = "prod", variables: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run the app whose `rxconfig.py` lies in `folder`.

    Args:
        folder: The project's folder.
        mode: `prod` or `dev`, as for `reflex run --env`.
        variables: Environment variables beside the present ones.

    Yields:
        The address of the first page, once it is served.

    Raises:
        RuntimeError: The app did not start; the message holds what it printed.
    """
    frontend_port = free_port()
    backend_port = frontend_port if mode == "prod" else free_port()
    log = folder / f".{mode}.log"
    with log.open("wb") as output:
        app = subprocess.Popen(
            [
                *(REFLEX, "run", "--env", mode, "--backend-host", "127.0.0.1"),
                *("--frontend-port", str(frontend_port), "--backend-port", str(backend_port)),
            ],
            cwd=folder,
            env={**reflex_environment(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://localhost:{frontend_port}"
        if not (_serves(app, url) and _serves(app, f"http://127.0.0.1:{backend_port}/ping")):
            raise RuntimeError(f"The app in {folder} did not start:\n{log.read_text()}")
        yield url
    finally:
        _stop(app)


def free_port() -> int:
    """Return a port that nobody listens on, another one each time."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _serves(app: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and app.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _stop(app: subprocess.Popen[bytes]) -> None:
    """End the app and what it has started, which is in a process group of its own."""
    for signal_number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(app.pid, signal_number)
            app.wait(STOP_TIMEOUT_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
