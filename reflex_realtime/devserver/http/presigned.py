"""Presigned URLs: whoever has one may do one thing with one packet, for a while."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import quote, urlencode

from starlette.requests import Request

PRESIGNED_SECONDS = 300


def base_url(request: Request) -> str:
    """Where this server is, as the client sees it.

    Unlike `request.base_url`, which is the outer application's where this one is mounted.
    """
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def presigned_url(request: Request, secret_key: str, method: str, path: str) -> str:
    """Make a presigned URL.

    Args:
        request: A request to this server, which says where it is.
        secret_key: What to sign with.
        method: `GET` or `PUT`.
        path: The packet's path.

    Returns:
        The URL.
    """
    expires = str(int(time.time()) + PRESIGNED_SECONDS)
    query = urlencode(
        {"expires": expires, "signature": _signature(secret_key, method, path, expires)}
    )
    return f"{base_url(request)}/storage/{quote(path)}?{query}"


def is_signed(request: Request, secret_key: str, path: str) -> bool:
    """Whether a request's signature is ours and for this method and path."""
    method = "GET" if request.method == "HEAD" else request.method
    expires = request.query_params.get("expires", "")
    expected = _signature(secret_key, method, path, expires)
    return hmac.compare_digest(
        request.query_params.get("signature", "").encode(), expected.encode()
    )


def is_expired(request: Request) -> bool:
    """Whether the time of a request that is signed has run out."""
    return int(request.query_params["expires"]) < time.time()


def _signature(secret_key: str, method: str, path: str, expires: str) -> str:
    text = "\n".join((method, path, expires))
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
