"""Who asks, and what they may do."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass

from starlette.requests import Request

from reflex_realtime.devserver.http.messages import Problem
from reflex_realtime.devserver.store.runs import RunRecord
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.errors import AuthenticationError
from reflex_realtime.protocol.tokens import (
    PublicTokenClaims,
    Resource,
    read_claims,
    scope_grants,
    verify_public_token,
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do.

    Attributes:
        token: The credential.
        claims: The claims of a public token; None for the secret key, which may do everything.
    """

    token: str
    claims: PublicTokenClaims | None

    def require(self, action: str, *resources: Resource) -> None:
        """Refuse unless the action is granted on one of the resources.

        Raises:
            Problem: 403.
        """
        if self.claims is not None and not scope_grants(self.claims.scopes, action, resources):
            raise Problem(
                403,
                {
                    "error": "Unauthorized",
                    "code": "unauthorized",
                    "param": "access_token",
                    "type": "authorization",
                },
            )

    @property
    def skip_columns(self) -> tuple[str, ...] | None:
        """The columns that the token leaves out; None when it says nothing about them."""
        realtime = self.claims.realtime if self.claims else None
        return realtime.skip_columns if realtime else None


class Access:
    """Checks credentials.

    Args:
        store: Where the secret key is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def grant(self, request: Request) -> Grant:
        """Accept the secret key or a public token.

        Raises:
            Problem: 401.
        """
        token = _bearer_token(request)
        claims = read_claims(token)
        if claims is None:
            return self._secret_grant(token)
        if claims.sub != self._store.environment_id:
            raise Problem(401, "Invalid Public Access Token")
        try:
            verified = verify_public_token(token, self._store.secret_key, time.time())
        except AuthenticationError as error:
            raise Problem(401, error.message) from None
        return Grant(token, verified)

    def secret_grant(self, request: Request) -> Grant:
        """Accept the secret key only.

        Raises:
            Problem: 401.
        """
        return self._secret_grant(_bearer_token(request))

    def _secret_grant(self, token: str) -> Grant:
        if not hmac.compare_digest(token.encode(), self._store.secret_key.encode()):
            raise Problem(401, "Invalid API key")
        return Grant(token, None)


def run_resources(run: RunRecord) -> list[Resource]:
    """What a run counts as: itself, its task, its tags, its batch."""
    resources: list[Resource] = [("runs", run.id), ("tasks", run.task)]
    resources += [("tags", tag) for tag in run.tags or ()]
    return [*resources, ("batch", run.batch_id)] if run.batch_id else resources


def _bearer_token(request: Request) -> str:
    token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not token:
        raise Problem(401, "Invalid or Missing API key")
    return token
