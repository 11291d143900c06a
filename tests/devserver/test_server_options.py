"""The options of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reflex_realtime.devserver import DevServer
from reflex_realtime.errors import ConfigurationError
from tests.devserver.client import Client
from tests.serving import serve


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"style": "postgres"}, "'native', 'electric'"),
        ({"streams_version": "v3"}, "'v1', 'v2'"),
        ({"max_list": 0}, "a number from 1"),
        ({"max_live_polls": -1}, "a number from 0"),
        ({"concurrency": -1}, "a number from 0"),
        ({"poll_seconds": float("nan")}, "a number from 0"),
        ({"offload_bytes": -1}, "a number from 0"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))) as caught:
        DevServer(":memory:", **options)
    assert remedy in caught.value.remedy


async def test_a_server_with_another_path_keeps_its_options(tmp_path: Path) -> None:
    server = DevServer(":memory:", style="electric", streams_version="v2", concurrency=0)

    @server.task("wait")
    async def wait() -> None:
        """Is never called."""

    other = server.with_path(str(tmp_path / "runs.db"))
    async with serve(other) as base_url, Client(base_url, other.secret_key) as client:
        run_id = await client.trigger("wait")
        feed = await client.begin(f"/realtime/v1/runs/{run_id}")
        stream = await client.put(f"/realtime/v1/streams/{run_id}/self/s")
    assert feed.headers["electric-offset"] == "0_0"
    assert stream.json() == {"version": "v2"}
