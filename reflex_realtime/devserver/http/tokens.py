"""Public access tokens: what is needed to sign them, and signing them for a caller."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access
from reflex_realtime.devserver.http.messages import KIB, Problem, json_response, read_object
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.durations import parse_duration
from reflex_realtime.protocol.tokens import sign_public_token

MAX_LIFETIME = timedelta(days=30)


class Tokens:
    """The routes about public access tokens.

    Args:
        store: Where the secret key is.
        access: Checks credentials.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/api/v1/auth/jwt/claims", self.claims, methods=["POST"]),
            Route("/api/v1/auth/public-tokens", self.create, methods=["POST"]),
        ]

    async def claims(self, request: Request) -> Response:
        """`POST /api/v1/auth/jwt/claims`: what a caller needs to sign tokens itself."""
        self._access.secret_grant(request)
        return json_response({"sub": self._store.environment_id, "pub": True})

    async def create(self, request: Request) -> Response:
        """`POST /api/v1/auth/public-tokens`."""
        self._access.secret_grant(request)
        body = await read_object(request, 64 * KIB)
        scopes = body.get("scopes")
        if not isinstance(scopes, list) or not scopes:
            raise Problem(400, "scopes must be a list of at least one scope")
        now = int(time.time())
        token = sign_public_token(
            self._store.secret_key,
            environment_id=self._store.environment_id,
            scopes=[str(scope) for scope in scopes],
            expires_at=_expiry(body.get("expirationTime", "15m"), now),
            issued_at=now,
            skip_columns=(body.get("realtime") or {}).get("skipColumns", ()),
        )
        return json_response({"token": token})


def _expiry(value: Any, now: int) -> int:
    if isinstance(value, str):
        try:
            expires_at = now + round(parse_duration(value).total_seconds())
        except ConfigurationError:
            raise Problem(400, "Invalid expiration time") from None
    elif isinstance(value, int):
        expires_at = value
    else:
        raise Problem(400, "Invalid expiration time")
    if expires_at <= now:
        raise Problem(400, "Expiration time must be in the future")
    if expires_at > now + MAX_LIFETIME.total_seconds():
        raise Problem(400, "Expiration time must be within 30 days")
    return expires_at
