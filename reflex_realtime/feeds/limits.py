"""How long a feed waits for what, and how much it takes: as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one feed. Times in seconds, sizes in bytes.

    Attributes:
        connect: For a connection to be made.
        silence: For nothing to come: no answer to a poll, no byte of a body, no keep-alive of a
            stream. Servers hold a poll for some 20 seconds and send a keep-alive on streams
            every 10 to 15, so that a longer silence means a dead connection.
        answer: For a poll from the request to the last byte of its answer.
        answer_bytes: The size of a poll's answer, decompressed.
        event_chars: The size of one event of a stream, in characters. A larger one is left out.
        token: For the function that returns the access token.
        packet: For a stored packet to be fetched, retries included.
        packet_bytes: The size of a stored packet.
    """

    connect: float = 10.0
    silence: float = 45.0
    answer: float = 120.0
    answer_bytes: int = 256 * 1024 * 1024
    event_chars: int = 16 * 1024 * 1024
    token: float = 30.0
    packet: float = 30.0
    packet_bytes: int = 64 * 1024 * 1024


DEFAULT_LIMITS: Final = Limits()
