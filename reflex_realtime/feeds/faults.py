"""What goes wrong with a request: as a typed error, and as what it means to a feed."""

from __future__ import annotations

from time import time

import httpx

from reflex_realtime.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RealtimeError,
    TransportError,
)
from reflex_realtime.protocol.feed_inputs import Interrupted, Malformed, Refused, Rejected
from reflex_realtime.protocol.refusals import read_refusal


def fault(error: RealtimeError, *, renewable: bool) -> Malformed | Refused | Interrupted | Rejected:
    """What an error means to a feed.

    Args:
        error: What its request met with.
        renewable: Whether another access token can be had.
    """
    match error:
        case ProtocolError():
            return Malformed(error)
        case AuthenticationError() | PermissionDeniedError():
            return Refused(error, renewable)
        case NotFoundError() | InvalidRequestError():
            return Rejected(error)
        case _:
            return Interrupted(error) if error.retryable else Rejected(error)


def request_error(error: Exception, url: str) -> RealtimeError:
    """What went wrong with a request, in words.

    Args:
        error: What the HTTP library raised, or a `TimeoutError`.
        url: The URL asked for, without its query.
    """
    match error:
        case httpx.ConnectError():
            what, remedy = "cannot be reached", "Check that it runs and that the base URL is right."
        case httpx.TimeoutException() | TimeoutError():
            what, remedy = "did not answer in time", "It may be overloaded or the network slow."
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            what, remedy = "closed the connection", "The request is sent again where that is safe."
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return ConfigurationError(
                f"The URL {url} cannot be asked.", remedy="Check the base URL.", url=url
            )
        case httpx.TooManyRedirects() | httpx.DecodingError():
            return ProtocolError(
                f"The server at {_origin(url)} gave an answer that cannot be read.",
                remedy="Check that the base URL is right, and what stands in front of the server.",
                url=url,
            )
        case _:
            what, remedy = "failed to answer", "The request is sent again where that is safe."
    return TransportError(f"The server at {_origin(url)} {what}.", remedy=remedy, url=url)


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def locate(error: ProtocolError, response: httpx.Response) -> None:
    """Say in an error in which exchange it happened.

    Args:
        error: What is wrong with an answer.
        response: The answer.
    """
    error.status = response.status_code
    error.url = str(response.url.copy_with(query=None))
    error.request_id = response.headers.get("x-request-id")


def raise_for_status(response: httpx.Response, body: bytes, subject: str) -> None:
    """Raise the typed error of an answer that is not a success.

    Args:
        response: The answer.
        body: Its body, as far as it was read.
        subject: What was asked for, for the message: "the run 'run_1'".

    Raises:
        ApiError: The status is not 2xx.
    """
    if not response.is_success:
        raise read_refusal(
            response.status_code,
            response.headers,
            body,
            subject=subject,
            url=str(response.url.copy_with(query=None)),
            now=time(),
        )
