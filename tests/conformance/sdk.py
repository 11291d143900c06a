"""The official JavaScript SDK: installed from npm, run with bun."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.npm import find_bun

FOLDER = Path(__file__).parent / "js"

MAX_LINE_BYTES = 16 * 1024 * 1024


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
