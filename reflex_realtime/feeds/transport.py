"""The one seam to the network: how a feed gets its HTTP client.

Every feed has a client of its own over one shared TLS context. A client that is shared by many
held polls spends its time searching its connection pool; one per feed does not, and with the
context shared it costs some kilobytes.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import httpx

from reflex_realtime.feeds.limits import DEFAULT_LIMITS

OpenClient: TypeAlias = Callable[[], httpx.AsyncClient]
"""Opens the HTTP client of one feed. Tests and other HTTP stacks replace it."""


@cache
def tls_context() -> ssl.SSLContext:
    """The TLS context that all clients share: reading the certificates takes some 25 ms."""
    return httpx.create_ssl_context()


def open_client() -> httpx.AsyncClient:
    """Open the HTTP client of one feed."""
    return httpx.AsyncClient(
        verify=tls_context(),
        timeout=httpx.Timeout(DEFAULT_LIMITS.silence, connect=DEFAULT_LIMITS.connect),
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
        follow_redirects=True,
        max_redirects=5,
    )
