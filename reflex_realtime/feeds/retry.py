"""When to ask again after a failure: the policy, as data."""

from __future__ import annotations

import random
from dataclasses import dataclass

from reflex_realtime.errors import ApiError, RealtimeError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    Attributes:
        initial: The longest first delay, in seconds.
        factor: What the longest delay grows by with each failure.
        cap: The longest delay of all, in seconds, `Retry-After` included.
        floor: The shortest delay, in seconds, so that nothing is hammered.
    """

    initial: float = 0.5
    factor: float = 2.0
    cap: float = 10.0
    floor: float = 0.1

    def delay(self, failures: int, error: RealtimeError | None = None) -> float:
        """How long to wait, in seconds.

        Args:
            failures: How many failures there were in a row, from 1.
            error: The last one; a `Retry-After` in it is honoured.
        """
        # The exponent is bounded: after some thousand failures the power would overflow.
        longest = min(self.cap, self.initial * self.factor ** min(failures - 1, 100))
        asked = error.retry_after if isinstance(error, ApiError) else None
        jittered = self.floor + random.random() * max(longest - self.floor, 0)
        return min(max(asked or 0.0, jittered), max(self.cap, self.floor))


DEFAULT_RETRY = RetryPolicy()
