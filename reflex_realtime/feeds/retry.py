"""When to ask again: the policy, as data, and the pause that follows it."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass

from reflex_realtime.errors import ApiError, RealtimeError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, and a limit to how often is asked at all.

    Attributes:
        initial: The longest first delay, in seconds.
        factor: What the longest delay grows by with each failure.
        cap: The longest delay, in seconds, unless the server asks for a longer one.
        floor: The shortest delay, in seconds.
        asked_cap: The longest delay that a server may ask for with `Retry-After`, in seconds.
        courtesy_cap: The longest delay, in seconds, where nothing is wrong except that the server
            answers at once instead of holding the request.
        burst: How many requests that bring nothing new may begin within `window`.
        window: In seconds.
    """

    initial: float = 0.5
    factor: float = 2.0
    cap: float = 10.0
    floor: float = 0.1
    asked_cap: float = 300.0
    courtesy_cap: float = 2.0
    burst: int = 3
    window: float = 1.0

    def delay(self, failures: int, error: RealtimeError | None = None) -> float:
        """How long to wait, in seconds.

        Args:
            failures: How many failures there were in a row, from 1.
            error: The last one; a `Retry-After` in it is honoured. None where nothing is wrong.
        """
        cap = self.cap if error else min(self.cap, self.courtesy_cap)
        # The exponent is bounded: after some thousand failures the power would overflow.
        longest = min(cap, self.initial * self.factor ** min(failures - 1, 100))
        jittered = self.floor + random.random() * max(longest - self.floor, 0)
        asked = error.retry_after if isinstance(error, ApiError) else None
        return max(min(asked or 0.0, self.asked_cap), jittered)


DEFAULT_RETRY = RetryPolicy()


class Pacer:
    """Sees to it that a feed is not asked for too often, and waits between two requests.

    Args:
        policy: How often, and how long.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        # One more than may begin: what brings news is taken out again.
        self._begun: deque[float] = deque(maxlen=policy.burst + 1)
        self._at_once = False
        self._woken = asyncio.Event()

    async def turn(self) -> None:
        """Wait until a request may begin."""
        if not self._at_once:
            await self._room()

    async def begins(self, request: object) -> None:
        """Count a request that begins. One that follows a redirect has to wait for its turn, too.

        Args:
            request: Not needed; a request hook of the HTTP client is given it.
        """
        await self.turn()
        self._at_once = False
        self._begun.append(asyncio.get_running_loop().time())

    def progressed(self) -> None:
        """Take the last request as worth it: it does not count, and the next may begin at once."""
        if self._begun and not self._at_once:
            self._begun.pop()
        self._at_once = True

    async def _room(self) -> None:
        if len(self._begun) >= self._policy.burst:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(self._begun[-self._policy.burst] + self._policy.window - now)

    async def pause(self, seconds: float) -> None:
        """Wait for a time, or until `wake`.

        Args:
            seconds: How long.
        """
        self._woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Cut the pause short."""
        self._woken.set()
