"""The error tree: each error says what happened and what to do about it."""

from __future__ import annotations

import copy
import pickle

import pytest

from reflex_realtime import errors
from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    CredentialError,
    InvalidRequestError,
    NotFoundError,
    PayloadError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RealtimeError,
    ServerError,
    TransportError,
)

OF_ANSWERS = [
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
]
OTHERS = [ConfigurationError, CredentialError, PayloadError, ProtocolError, TransportError]


@pytest.mark.parametrize("kind", [*OF_ANSWERS, *OTHERS])
def test_every_error_is_a_realtime_error_and_stands_in_the_drawn_tree(
    kind: type[RealtimeError],
) -> None:
    assert issubclass(kind, RealtimeError)
    assert f"── {kind.__name__} " in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", OF_ANSWERS)
def test_what_a_server_answered_is_an_api_error(kind: type[ApiError]) -> None:
    assert issubclass(kind, ApiError)


@pytest.mark.parametrize("kind", [*OF_ANSWERS, *OTHERS])
def test_only_what_may_pass_is_retryable(kind: type[RealtimeError]) -> None:
    may_pass = {CredentialError, RateLimitError, ServerError, TransportError}
    assert kind.retryable == (kind in may_pass)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ConfigurationError, "configuration"),
        (PermissionDeniedError, "permission_denied"),
        (NotFoundError, "not_found"),
        (RateLimitError, "rate_limit"),
        (TransportError, "transport"),
    ],
)
def test_an_error_has_a_short_name_for_pages(kind: type[RealtimeError], name: str) -> None:
    error = kind("m", status=400) if issubclass(kind, ApiError) else kind("m")
    assert error.kind == name


def test_an_error_reads_as_what_happened_and_what_to_do() -> None:
    error = ConfigurationError("There is no token.", remedy="Set one.")
    assert str(error) == "There is no token. Set one."
    assert (error.message, error.remedy) == ("There is no token.", "Set one.")


def test_an_error_without_a_remedy_ends_with_what_happened() -> None:
    assert str(ProtocolError("It is not JSON.")) == "It is not JSON."


ERROR = RateLimitError(
    "Busy.",
    remedy="Wait.",
    status=429,
    url="https://example.com/x",
    request_id="req_1",
    retry_after=2.0,
)


@pytest.mark.parametrize("error", [ERROR, ConfigurationError("There is none.", remedy="Set one.")])
def test_an_error_survives_being_copied_and_sent_to_another_process(error: RealtimeError) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
