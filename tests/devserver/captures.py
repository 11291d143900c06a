"""Recorded exchanges with the real server: the request, a line, the response as it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parents[1] / "captures"

# What the web server in front adds, and what differs between any two HTTP servers.
FRONT = {
    *("strict-transport-security", "x-robots-tag", "vary", "date", "connection", "server"),
    *("transfer-encoding", "content-length", "content-encoding", "x-remix-error"),
}


@dataclass(frozen=True)
class Capture:
    """One recorded response.

    Attributes:
        status: The HTTP status.
        headers: The headers, without those of the web server in front.
        body: The body's text.
    """

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def load(name: str, style: str = "native") -> Capture:
    """Read a recorded response of one of the two backends."""
    [path] = (RECORDINGS / style).glob(f"{name}-*.raw")
    response = path.read_bytes().split(b"=====RESPONSE=====")[1].lstrip(b"\r\n")
    head, _, body = response.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in pairs if name.lower() not in FRONT}
    chunked = b"transfer-encoding: chunked" in head.lower()
    text = (_joined(body) if chunked else body).decode()
    return Capture(int(status.split()[1]), headers, text)


def own_headers(headers: Any) -> set[str]:
    """The names of an answer's headers, without those that differ between HTTP servers."""
    return {name.lower() for name in headers} - FRONT


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            break
        body, chunks = body + rest[:length], rest[length + 2 :]
    return body
