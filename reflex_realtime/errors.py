"""Everything that can go wrong, as one tree.

```
RealtimeError
├── ConfigurationError        an option is missing or makes no sense
├── CredentialError           the function that returns the access token failed
├── TransportError            no answer: refused, reset, timed out
├── ApiError                  the server answered with an error status
│   ├── AuthenticationError   401: no token, a wrong or an expired one
│   ├── PermissionDeniedError 403: the token does not grant this
│   ├── NotFoundError         404: no such run, batch or task for this token
│   ├── InvalidRequestError   other 4xx: the server refused the request as it stands
│   ├── RateLimitError        429: too many requests or too many live feeds
│   └── ServerError           5xx or 408: the server failed, or took too long
├── ProtocolError             a success status with an answer that is not the protocol
└── PayloadError              a payload, output or stream part that does not fit its model
```

Each error says what happened (`message`), what to do about it (`remedy`) and whether the same
request may succeed later (`retryable`). Those about an exchange with the server also say which
`url` was asked, the `status` and the server's `request_id`. None of them carries a credential:
URLs are kept without their query, headers are never kept.
"""

from __future__ import annotations

from typing import Any


class RealtimeError(Exception):
    """Base of every error this library raises.

    Attributes:
        message: What happened, in one sentence.
        remedy: What the reader can do about it, in one sentence. May be empty.
        retryable: Whether the same request may succeed later without a change.
        status: The HTTP status code, None where there was no answer.
        url: The URL asked for, without its query; empty where nothing was asked.
        request_id: The server's id for the request, when it gave one.
    """

    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        status: int | None = None,
        url: str = "",
        request_id: str | None = None,
    ) -> None:
        """Keep what happened, and in which exchange.

        Args:
            message: What happened, in one sentence.
            remedy: What to do about it, in one sentence.
            status: The HTTP status code.
            url: The URL asked for, without its query.
            request_id: The server's id for the request.
        """
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
        self.status = status
        self.url = url
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the error with what it keeps, whatever its `__init__` requires."""
        return _restored, (type(self), self.args, vars(self).copy())

    @property
    def kind(self) -> str:
        """A short name for pages and logs: `authentication`, `not_found`, ..."""
        name = type(self).__name__.removesuffix("Error")
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _restored(
    kind: type[RealtimeError], arguments: tuple[Any, ...], attributes: dict[str, Any]
) -> RealtimeError:
    error = kind.__new__(kind, *arguments)
    vars(error).update(attributes)
    return error


class ConfigurationError(RealtimeError):
    """An option, an environment variable or an argument is missing or makes no sense."""


class CredentialError(RealtimeError):
    """The function that returns the access token raised an error or took too long."""

    retryable = True


class TransportError(RealtimeError):
    """No usable answer came back: connection refused, reset or timed out."""

    retryable = True


class ProtocolError(RealtimeError):
    """The server said it succeeded, but the answer does not follow the protocol."""


class PayloadError(RealtimeError):
    """A payload, an output or a stream part does not fit its model."""


class ApiError(RealtimeError):
    """The server answered with an error status.

    Attributes:
        retry_after: How long the server asks to wait, in seconds, when it said so.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        status: int,
        url: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        """Keep what the answer said.

        Args:
            message: What happened, in one sentence.
            remedy: What to do about it, in one sentence.
            status: The HTTP status code.
            url: The URL asked for, without its query.
            request_id: The server's id for the request.
            retry_after: Seconds that the server asks to wait.
            should_retry: Whether the server says that a retry can help; None where it does not
                say, so that the status decides.
        """
        super().__init__(message, remedy=remedy, status=status, url=url, request_id=request_id)
        self.retry_after = retry_after
        if should_retry is not None:
            self.retryable = should_retry


class AuthenticationError(ApiError):
    """401: there is no access token, or it is wrong or expired."""


class PermissionDeniedError(ApiError):
    """403: the access token is valid but does not grant this."""


class NotFoundError(ApiError):
    """404: there is no such run, batch, task or stream for this token."""


class InvalidRequestError(ApiError):
    """Another 4xx: the server refused the request as it stands."""


class RateLimitError(ApiError):
    """429: too many requests, or too many live feeds at once."""

    retryable = True


class ServerError(ApiError):
    """5xx or 408: the server failed, or took too long."""

    retryable = True
