"""Error answers, read into typed errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from reflex_realtime.protocol.json_values import as_list, as_object, as_strings


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

_MILLISECONDS_FROM = 1e11
"""A moment above this is in milliseconds since 1970: in seconds it would lie 3,000 years ahead."""


def read_refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, subject: str, url: str, now: float
) -> ApiError:
    """Read an answer that is not a success.

    Args:
        status: The HTTP status, not 2xx.
        headers: The answer's headers; names in lower case, or matched without regard to case.
        body: The body, as far as it was read.
        subject: What was asked for, in words: `the run 'run_1'`.
        url: The URL asked for, without its query.
        now: The time, in seconds since 1970.

    Returns:
        The typed error.
    """
    refusal = _REFUSALS.get(status, _FAILURE if status >= 500 else _BAD_REQUEST)
    said = _message(body)
    return refusal.kind(
        f"{refusal.problem.format(subject=subject)} ({status}{f': {said}' if said else ''}).",
        remedy=refusal.remedy,
        status=status,
        url=url,
        request_id=headers.get("x-request-id"),
        retry_after=_retry_after(headers, now),
        should_retry=_SHOULD_RETRY.get(headers.get("x-should-retry", "")),
    )


def is_outside_of_log(status: int, body: bytes) -> bool:
    """Whether an answer says that the log has no such position, so that reading starts over.

    Electric answers 400 then, with `{"errors": {"offset": ["out of bounds for this shape"]}}`.

    Args:
        status: The HTTP status.
        body: The body.
    """
    if status != 400:
        return False
    errors = as_object(_decoded(body).get("errors"))
    return bool({"offset", "handle"} & errors.keys())


def _message(body: bytes) -> str:
    """The server's own words, when it answered with JSON."""
    answer = _decoded(body)
    error = answer.get("error", answer.get("message"))
    details = [as_object(detail).get("message") for detail in as_list(answer.get("details"))]
    fields = as_object(answer.get("errors"))
    reasons = [f"{name} {', '.join(as_strings(words))}" for name, words in fields.items()]
    said = as_strings([as_object(error).get("message", error), *details, *reasons])
    return ": ".join(said).rstrip(".")


def _decoded(body: bytes) -> dict[str, object]:
    try:
        return as_object(json.loads(body))
    except (ValueError, RecursionError):
        return {}


_SHOULD_RETRY = {"true": True, "false": False}


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """How long to wait: `Retry-After` in seconds or as a date, else the rate limiter's reset.

    `x-ratelimit-reset` is in milliseconds since 1970 on most routes, in seconds on some. Moments
    are those of the server's clock, which the answer's `Date` tells.
    """
    served = _moment(headers.get("date", ""))
    now = now if served is None else served
    asked = headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    if asked:
        moment = _moment(asked)
        return None if moment is None else max(moment - now, 0.0)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if not reset.isdecimal() or len(reset) > 15:
        return None
    moment = float(reset)
    return max((moment / 1000 if moment > _MILLISECONDS_FROM else moment) - now, 0.0)


def _moment(date: str) -> float | None:
    """A date of HTTP, in seconds since 1970."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
