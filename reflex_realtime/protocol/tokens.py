"""Credentials: the kinds of access token, and the public ones (JWTs signed with a secret key).

A public access token is a JWT signed with HS256 by the environment's secret key. Its claims and
the grammar of its scopes are Trigger.dev's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reflex_realtime.errors import AuthenticationError

ISSUER = "https://id.trigger.dev"
AUDIENCE = "https://api.trigger.dev"

Resource: TypeAlias = tuple[str, str | None]
"""What a request touches: a type (`runs`, `tags`, ...) and an id, or None for the whole type."""

_ADDITIONAL_KEY = r"tr_(dev|stg|prod|preview)_sk_[0-9a-zA-Z]{24}"
_SECRET_KEY = r"tr_(dev|stg|prod|preview)_\w+"


class RealtimeClaim(BaseModel):
    """What a token says about the feeds that it opens.

    Attributes:
        skip_columns: Columns left out of every row, whatever the request asks for.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    skip_columns: tuple[str, ...] = Field(default=(), alias="skipColumns")


class PublicTokenClaims(BaseModel):
    """The claims of a public access token.

    Attributes:
        sub: The environment's id.
        scopes: What the token grants, see `scope_grants`.
        exp: When it expires, in seconds since 1970, or None.
        iat: When it was made, in seconds since 1970, or None.
        otu: Whether it may trigger only once.
        realtime: What it says about feeds, or None.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, defer_build=True)

    sub: str
    scopes: tuple[str, ...] = ()
    exp: float | None = None
    iat: float | None = None
    otu: bool = False
    realtime: RealtimeClaim | None = None


class _Jwt(NamedTuple):
    signatures: Any
    error: type[Exception]


@cache
def _jwt() -> _Jwt:
    """PyJWT, which takes long to import where cryptography is there: with the first token."""
    import jwt
    from jwt.algorithms import HMACAlgorithm

    class Hs256(HMACAlgorithm):
        """HS256 without the warning about short keys: Trigger.dev's keys are what they are."""

        def check_key_length(self, key: bytes) -> str | None:
            return None

    # Its signatures name a type of the optional package cryptography, which checkers do not know.
    signatures: Any = jwt.PyJWS(algorithms=["HS256"])
    signatures.unregister_algorithm("HS256")
    signatures.register_algorithm("HS256", Hs256(HMACAlgorithm.SHA256))
    return _Jwt(signatures, jwt.PyJWTError)


def sign_public_token(
    secret_key: str,
    *,
    environment_id: str,
    scopes: Sequence[str],
    expires_at: int,
    issued_at: int,
    skip_columns: Sequence[str] = (),
) -> str:
    """Sign a public access token.

    Args:
        secret_key: The environment's root secret key.
        environment_id: The environment's id, which tells the server whose key to check with.
        scopes: What the token grants: `read:runs:run_1`, `trigger:tasks:report`, ...
        expires_at: When it expires, in seconds since 1970.
        issued_at: When it is made, in seconds since 1970.
        skip_columns: Columns left out of every row read with it.

    Returns:
        The token.
    """
    claims: dict[str, Any] = {"sub": environment_id, "pub": True, "scopes": list(scopes)}
    if skip_columns:
        claims["realtime"] = {"skipColumns": list(skip_columns)}
    claims |= {"iss": ISSUER, "aud": AUDIENCE, "exp": expires_at, "iat": issued_at}
    # An empty typ leaves the header at exactly {"alg":"HS256"}, as the official library writes it.
    return _jwt().signatures.encode(
        json.dumps(claims, separators=(",", ":")).encode(),
        secret_key,
        algorithm="HS256",
        headers={"typ": ""},
        sort_headers=False,
    )


def read_claims(token: str) -> PublicTokenClaims | None:
    """Read a token's claims without checking its signature.

    Args:
        token: Any access token.

    Returns:
        The claims, or None when it is not a public access token.
    """
    signatures, error = _jwt()
    try:
        decoded = signatures.decode_complete(token, options={"verify_signature": False})
        return _claims(json.loads(decoded["payload"]))
    except (error, ValueError):
        return None


def verify_public_token(token: str, secret_key: str, now: float) -> PublicTokenClaims:
    """Check a public access token's signature, issuer, audience and expiry.

    Args:
        token: The token.
        secret_key: The environment's root secret key.
        now: The time, in seconds since 1970.

    Returns:
        The claims.

    Raises:
        AuthenticationError: It was signed with another key, was not meant for this, or expired.
    """
    signatures, error = _jwt()
    try:
        payload: Any = json.loads(signatures.decode(token, secret_key, algorithms=["HS256"]))
        claims = _claims(payload)
    except (error, ValueError):
        raise AuthenticationError("Public Access Token is invalid", status=401) from None
    if (
        claims is None
        or payload.get("iss") != ISSUER
        or AUDIENCE not in _listed(payload.get("aud"))
    ):
        raise AuthenticationError("Public Access Token is invalid", status=401)
    if claims.exp is not None and claims.exp <= now:
        raise AuthenticationError(
            "Public Access Token is invalid", remedy="It has expired.", status=401
        )
    return claims


def scope_grants(scopes: Sequence[str], action: str, resources: Sequence[Resource]) -> bool:
    """Whether one of the scopes grants an action on one of the resources.

    A scope is `action[:type[:id]]`. Only the first two colons delimit, so an id may hold more.

    Args:
        scopes: The token's scopes.
        action: `read`, `write`, `trigger` or `batchTrigger`.
        resources: What the request touches; one match is enough.

    Returns:
        Whether it is granted.
    """
    return any(_grants(scope, action, resource) for scope in scopes for resource in resources)


def is_public_token(token: str) -> bool:
    """Whether this is a public access token (a JWT with `pub: true`), valid or not."""
    return read_claims(token) is not None


def is_additional_key(token: str) -> bool:
    """Whether this is an additional API key (`tr_prod_sk_...`), which cannot sign tokens."""
    return re.fullmatch(_ADDITIONAL_KEY, token) is not None


def is_secret_key(token: str) -> bool:
    """Whether this is an environment's root secret key, which can sign public tokens."""
    return re.fullmatch(_SECRET_KEY, token) is not None and not is_additional_key(token)


def _grants(scope: str, action: str, resource: Resource) -> bool:
    if scope == "admin":
        return True
    granted_action, _, rest = scope.partition(":")
    granted_type, _, granted_id = rest.partition(":")
    wanted_type, wanted_id = resource
    return (
        granted_action in (action, "*")
        and granted_type in (wanted_type, "all")
        and granted_id in ("", wanted_id)
    )


def _claims(payload: Any) -> PublicTokenClaims | None:
    if not isinstance(payload, dict) or payload.get("pub") is not True:  # pyright: ignore[reportUnknownMemberType]
        return None
    try:
        return PublicTokenClaims.model_validate(payload)
    except ValidationError:
        return None


def _listed(audience: Any) -> list[str]:
    return [audience] if isinstance(audience, str) else list(audience or [])
