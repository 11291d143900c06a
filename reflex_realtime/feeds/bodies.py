"""The body of an answer, as far as it is worth reading."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, cast

import httpx

from reflex_realtime.errors import ProtocolError

REFUSAL_BYTES: Final = 64 * 1024
"""How much is read of an answer that is no success: its words stand at its beginning."""


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """Read the body of an answer.

    Args:
        response: The answer.
        limit: How many bytes it may have, decompressed.

    Returns:
        The body; the beginning of it where the answer is no success and long.

    Raises:
        ProtocolError: It is larger than the limit.
    """
    body = bytearray()
    limit = limit if response.is_success else min(limit, REFUSAL_BYTES)
    chunks = cast("AsyncGenerator[bytes, None]", response.aiter_bytes())
    async with aclosing(chunks):
        async for chunk in chunks:
            body += chunk
            if len(body) > limit:
                break
    if len(body) > limit and response.is_success:
        raise ProtocolError(
            f"The server's answer is larger than {limit:,} bytes.",
            remedy="Skip the columns payload and output, or follow fewer runs.",
        )
    return bytes(body)
