"""The access token: as text, or from a function that is asked again when it must be.

A function is asked before the token that it returned last expires, and when the server refuses
that token. All feeds that share a function share its tokens, and ask it one at a time.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import time
from typing import Final, Protocol
from weakref import WeakValueDictionary

from reflex_realtime.errors import ConfigurationError, CredentialError, RealtimeError
from reflex_realtime.options import AccessToken
from reflex_realtime.protocol.tokens import read_claims

RENEW_BEFORE_SECONDS: Final = 30.0
"""How long before its expiry a token is renewed: longer than a poll is held."""

RENEW_BEFORE_SHARE: Final = 0.2
"""The same for short-lived tokens, as a share of the time that they have left."""

TokenFunction = Callable[[], str | Awaitable[str]]


class Credential(Protocol):
    """What a feed authenticates with."""

    @property
    def renewable(self) -> bool:
        """Whether another token can be had."""
        ...

    async def token(self, limit: float) -> str:
        """The token to use now."""
        ...

    async def renewed(self, refused: str, limit: float) -> str:
        """Another token than the one that was refused, or the same when there is none."""
        ...


def credential(access_token: AccessToken) -> Credential:
    """The credential of an access token; the same for the same function.

    Args:
        access_token: The token, or the function that returns it.
    """
    if isinstance(access_token, str):
        return FixedToken(access_token)
    try:
        return _shared.setdefault(access_token, TokenSource(access_token))
    except TypeError:  # it cannot be hashed, so it cannot be found again
        return TokenSource(access_token)


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that is what it is. The same text is the same credential.

    Attributes:
        text: The token.
        renewable: Whether another one can be had: no.
    """

    text: str = field(repr=False)
    renewable: bool = False

    async def token(self, limit: float) -> str:
        """The token.

        Args:
            limit: Not needed.

        Raises:
            ConfigurationError: It cannot be sent.
        """
        return _sendable(self.text)

    async def renewed(self, refused: str, limit: float) -> str:
        """The same token: there is no other.

        Args:
            refused: Not needed.
            limit: Not needed.
        """
        return await self.token(limit)


class TokenSource:
    """Tokens from a function.

    Args:
        function: Returns a token, or an awaitable of one.
    """

    renewable = True

    def __init__(self, function: TokenFunction) -> None:
        self._function = function
        self._token = ""
        self._renew_at = -math.inf
        self._expires_at = math.inf
        self._asking: dict[asyncio.AbstractEventLoop, _Shared] = {}

    async def token(self, limit: float) -> str:
        """The token to use now; the function is asked when there is none or it expires soon.

        Args:
            limit: How long the function may take, in seconds.

        Raises:
            ConfigurationError: The function returned none, or one that cannot be sent.
            CredentialError: The function failed, or took too long.
        """
        if time() < self._renew_at:
            return self._token
        try:
            return await self._asked(limit)
        except CredentialError:
            if not self._token or time() >= self._expires_at:
                raise
            return self._token

    async def renewed(self, refused: str, limit: float) -> str:
        """Another token, since the server refuses one; the function is asked once for all feeds.

        Args:
            refused: The token that the server refuses.
            limit: How long the function may take, in seconds.

        Raises:
            ConfigurationError: The function returned none, or one that cannot be sent.
            CredentialError: The function failed, or took too long.
        """
        if self._token and self._token != refused:
            return self._token
        return await self._asked(limit)

    async def _asked(self, limit: float) -> str:
        """Ask the function, together with whoever else waits for it in this event loop."""
        loop = asyncio.get_running_loop()
        shared = self._asking.get(loop)
        if shared is None or shared.task.done():
            shared = self._asking[loop] = _Shared(asyncio.create_task(self._ask(limit)))
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting:
                self._asking.pop(loop, None)
                shared.task.cancel()
                await asyncio.gather(shared.task, return_exceptions=True)

    async def _ask(self, limit: float) -> str:
        try:
            async with asyncio.timeout(limit):
                made = self._function()
                text = await made if inspect.isawaitable(made) else made
        except TimeoutError:
            raise CredentialError(
                f"The token function did not return within {limit:g} seconds.",
                remedy="It is asked again; let it fail sooner where it waits for something.",
            ) from None
        except RealtimeError:
            raise
        except Exception as error:
            raise CredentialError(
                f"The token function raised {type(error).__name__}.",
                remedy="It is asked again; the server's log may have the details.",
            ) from error
        token = _sendable(text)
        self._keep(token)
        return token

    def _keep(self, token: str) -> None:
        claims = read_claims(token)
        now = time()
        self._token = token
        self._renew_at = self._expires_at = math.inf
        # A token that has expired already is left to the server to judge: clocks differ.
        if claims and claims.exp is not None and claims.exp > now:
            self._expires_at = claims.exp
            lead = min(RENEW_BEFORE_SECONDS, RENEW_BEFORE_SHARE * (claims.exp - now))
            self._renew_at = claims.exp - lead


class _Shared:
    """A call of the function that several feeds wait for."""

    def __init__(self, task: asyncio.Task[str]) -> None:
        self.task = task
        self.waiting = 0


_shared: WeakValueDictionary[TokenFunction, TokenSource] = WeakValueDictionary()
"""The source of each function, as long as somebody uses it."""


def _sendable(token: object) -> str:
    """A token that fits a header.

    Raises:
        ConfigurationError: It is empty, or the HTTP library would refuse it, and quote it.
    """
    if not isinstance(token, str) or not (text := token.strip()):
        raise ConfigurationError(
            "The access token is empty.", remedy="Let the token function return a token."
        )
    if not (text.isascii() and text.isprintable()):
        raise ConfigurationError(
            "The access token has characters that no token has.",
            remedy="Copy it again, without quotes, line breaks or typographic characters.",
        )
    return text
