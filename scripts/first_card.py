"""Times what a new user does: from an empty folder to a live card on a page.

    python scripts/first_card.py             # with the embedded server, no account
    python scripts/first_card.py --apart     # with a server elsewhere, named by the environment

Builds the wheel, installs it into an environment of its own, pastes the hello world of the README,
and looks at the page in Chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import expect

from tests.chromium import chromium
from tests.reflex_app import free_port
from tests.test_readme import hello_world

ROOT = Path(__file__).parents[1]
NAME = "hello"
PAGE_SECONDS = 240
RUN_MS = 60_000
VARIABLE = re.compile(r"^\s*(?:export )?(TRIGGER_\w+)=(\S+)", re.MULTILINE)


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Print how long a step took."""
    began = time.monotonic()
    yield
    print(f"{step:<44}{time.monotonic() - began:>7.1f} s", flush=True)


@contextmanager
def process(*command: str, folder: Path, variables: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run a command, and end it with all that it has started."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment(folder), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(started.pid, signal.SIGINT)
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)


def environment(folder: Path) -> dict[str, str]:
    """The environment of a new user: no credential, and the folder's own programs first."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("TRIGGER_")}
    return {
        **given,
        "PATH": f"{folder / '.venv/bin'}{os.pathsep}{given['PATH']}",
        "VIRTUAL_ENV": str(folder / ".venv"),
        "REFLEX_TELEMETRY_ENABLED": "false",
    }


def run(*command: str, folder: Path) -> None:
    """Run a command to its end; show what it said if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def build_wheel(folder: Path) -> Path:
    """Build the library's wheel into a folder."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def wait_for(url: str, log: Path) -> None:
    """Wait until something serves a page there."""
    deadline = time.monotonic() + PAGE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"{url} serves nothing. What the app said:\n{log.read_text()}")


@contextmanager
def server_apart(folder: Path) -> Iterator[dict[str, str]]:
    """A server with the tasks of the app in a process of its own; yields what names it."""
    log, port = folder / "server.log", str(free_port())
    python = str(folder / ".venv/bin/python")
    command = (python, "-m", "reflex_realtime.devserver", f"{NAME}.{NAME}:server", "--port", port)
    with process(*command, folder=folder, variables={}, log=log):
        deadline = time.monotonic() + PAGE_SECONDS
        while len(variables := dict(VARIABLE.findall(log.read_text()))) < 2:
            if time.monotonic() > deadline:
                sys.exit(f"The server did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield variables


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--apart", action="store_true", help="use a server apart from the app")
    is_apart = parser.parse_args().apart
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary) / "new"
        folder.mkdir()
        wheel = build_wheel(Path(temporary))
        began = time.monotonic()
        with timed("python -m venv .venv"):
            run(sys.executable, "-m", "venv", ".venv", folder=folder)
        with timed("pip install reflex-realtime"):
            run("pip", "install", "--quiet", str(wheel), folder=folder)
        with timed("reflex init"):
            reflex = str(folder / ".venv/bin/reflex")
            run(reflex, "init", "--name", NAME, "--template", "blank", "--no-agents", folder=folder)
        (folder / NAME / f"{NAME}.py").write_text(hello_world())
        variables: dict[str, str] = {}
        if is_apart:
            with timed("python -m reflex_realtime.devserver"):
                variables = stack.enter_context(server_apart(folder))
        port, log = str(free_port()), folder / "app.log"
        command = (reflex, "run", "--frontend-port", port, "--backend-port", str(free_port()))
        with timed("reflex run, until the page is served"):
            app = process(*command, folder=folder, variables=variables, log=log)
            stack.enter_context(app)
            wait_for(f"http://localhost:{port}", log)
        watch(f"http://localhost:{port}")
        print(f"{'in all':<44}{time.monotonic() - began:>7.1f} s")
        is_elsewhere = "embedded realtime server runs" not in log.read_text()
        assert is_elsewhere is is_apart, "The tasks ran where they should not."


def watch(url: str) -> None:
    """Open the page, start a run, and see it through to its end."""
    with chromium() as browser:
        page = browser.new_page()
        status = page.get_by_role("status", name="Run status")
        with timed("the card is on the page"):
            page.goto(url)
            expect(status).to_have_text("No run yet", timeout=RUN_MS)
        with timed("a click, until the run has completed"):
            page.get_by_role("button", name="Count").click()
            expect(status).to_have_text("Completed", timeout=RUN_MS)


if __name__ == "__main__":
    main()
