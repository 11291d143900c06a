"""Where the server is, with which credential, and how its answers become values or errors."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import NamedTuple

import httpx

from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TransportError,
)
from reflex_realtime.feeds.transport import OpenClient, open_client
from reflex_realtime.options import AccessToken, RealtimeOptions, require_access_token
from reflex_realtime.protocol.json_values import as_list, as_object, as_strings
from reflex_realtime.protocol.requests import API_VERSION, ELECTRIC_VERSION, client_version


class _Refusal(NamedTuple):
    """What an error status means, in words."""

    kind: type[ApiError]
    problem: str
    remedy: str


_BAD_REQUEST = _Refusal(
    InvalidRequestError,
    "The server refuses the request for {subject}",
    "Correct the request: the server's words say what does not fit.",
)
_FAILURE = _Refusal(
    ServerError,
    "The server failed to answer for {subject}",
    "It may recover; the request is sent again where that is safe.",
)
_REFUSALS = {
    401: _Refusal(
        AuthenticationError,
        "The server does not accept the access token",
        "Check the access token: it is wrong, expired, or of another server.",
    ),
    403: _Refusal(
        PermissionDeniedError,
        "The access token does not grant access to {subject}",
        "Use a token whose scopes cover this, or subscribe with the handle of the trigger.",
    ),
    404: _Refusal(
        NotFoundError,
        "The server does not know {subject}",
        "Check the id, and that the access token is of the environment that it belongs to.",
    ),
    408: _FAILURE,
    429: _Refusal(
        RateLimitError,
        "The server is asked too often",
        "Lower the rate, or the number of feeds that are open at once.",
    ),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A server and the credential to use there.

    Attributes:
        base_url: The server's URL, without a trailing slash.
        access_token: The credential; never shown.
        preview_branch: The preview branch, None for none.
        open_client: Opens the HTTP client of one feed.
    """

    base_url: str
    access_token: AccessToken = field(repr=False)
    preview_branch: str | None = None
    open_client: OpenClient = open_client

    async def secret(self) -> str:
        """The credential as text.

        Raises:
            ConfigurationError: The token function returned none, or it cannot be sent.
        """
        token = self.access_token
        if callable(token):
            made = token()
            token = await made if inspect.isawaitable(made) else made
        if not token or not (token := token.strip()):
            raise ConfigurationError(
                "The access token is empty.", remedy="Let the token function return a token."
            )
        if not (token.isascii() and token.isprintable()):
            # The HTTP library would refuse it with a message that quotes it.
            raise ConfigurationError(
                "The access token has characters that no token has.",
                remedy="Copy it again, without quotes, line breaks or typographic characters.",
            )
        return token

    async def headers(self) -> dict[str, str]:
        """The headers of every request, the credential included.

        Raises:
            ConfigurationError: The token function returned none, or it cannot be sent.
        """
        headers = {
            "Authorization": f"Bearer {await self.secret()}",
            "trigger-version": client_version(),
            "x-trigger-api-version": API_VERSION,
            "x-trigger-electric-version": ELECTRIC_VERSION,
        }
        if self.preview_branch:
            headers["x-trigger-branch"] = self.preview_branch
        return headers

    def url(self, path: str) -> str:
        """The URL of a route."""
        return f"{self.base_url}{path}"


def connection_from(options: RealtimeOptions, open_client: OpenClient = open_client) -> Connection:
    """The connection that merged options describe.

    Args:
        options: Merged options.
        open_client: Opens the HTTP client of one feed.

    Raises:
        ConfigurationError: There is no access token.
    """
    return Connection(
        options.base_url, require_access_token(options), options.preview_branch, open_client
    )


def transport_error(error: httpx.HTTPError | httpx.InvalidURL, base_url: str) -> TransportError:
    """What went wrong on the way, in words."""
    if isinstance(error, httpx.ConnectError):
        what, remedy = "cannot be reached", "Check that it runs and that the base URL is right."
    elif isinstance(error, httpx.TimeoutException):
        what, remedy = "did not answer in time", "It may be overloaded or the network slow."
    elif isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        what, remedy = "closed the connection", "The request is sent again where that is safe."
    else:
        what = "gave an answer that cannot be read"
        remedy = "Check that the base URL is right, and what stands in front of the server."
    return TransportError(f"The server at {base_url} {what}.", remedy=remedy)


def raise_for_status(response: httpx.Response, body: bytes, subject: str) -> None:
    """Raise the typed error of an answer that is not a success.

    Args:
        response: The answer.
        body: Its body, as far as it was read.
        subject: What was asked for, for the message: "the run 'run_1'".

    Raises:
        ApiError: The status is not 2xx.
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    refusal = _REFUSALS.get(status, _FAILURE if status >= 500 else _BAD_REQUEST)
    said = _message(body)
    raise refusal.kind(
        f"{refusal.problem.format(subject=subject)} ({status}{f': {said}' if said else ''}).",
        remedy=refusal.remedy,
        status=status,
        url=str(response.url.copy_with(query=None)),
        request_id=response.headers.get("x-request-id"),
        retry_after=_retry_after(response.headers),
    )


def _message(body: bytes) -> str:
    """The server's own words, when it answered with JSON."""
    try:
        answer = as_object(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    error = answer.get("error", answer.get("message"))
    details = [as_object(detail).get("message") for detail in as_list(answer.get("details"))]
    fields = as_object(answer.get("errors"))
    reasons = [f"{name} {', '.join(as_strings(words))}" for name, words in fields.items()]
    said = as_strings([as_object(error).get("message", error), *details, *reasons])
    return ": ".join(said).rstrip(".")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    if value.isdigit():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time(), 0.0)
    except ValueError:
        return None
