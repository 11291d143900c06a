"""Public access tokens are signed, read and checked as Trigger.dev does."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from reflex_realtime.errors import AuthenticationError
from reflex_realtime.protocol.tokens import (
    is_additional_key,
    is_public_token,
    is_secret_key,
    read_claims,
    scope_grants,
    sign_public_token,
    verify_public_token,
)

CAPTURES = Path(__file__).parents[1] / "captures" / "native"
KEY = "tr_dev_0123456789"


def token(key: str = KEY, *, expires_at: int = 200) -> str:
    return sign_public_token(
        key,
        environment_id="env_1",
        scopes=["read:runs:run_1"],
        expires_at=expires_at,
        issued_at=100,
        skip_columns=["payload"],
    )


def decoded(part: str) -> dict[str, object]:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def test_the_header_says_nothing_but_the_algorithm() -> None:
    assert decoded(token().split(".")[0]) == {"alg": "HS256"}


def test_the_claims_are_those_that_the_server_checks() -> None:
    assert decoded(token().split(".")[1]) == {
        "sub": "env_1",
        "pub": True,
        "scopes": ["read:runs:run_1"],
        "realtime": {"skipColumns": ["payload"]},
        "iss": "https://id.trigger.dev",
        "aud": "https://api.trigger.dev",
        "exp": 200,
        "iat": 100,
    }


def test_a_signed_token_verifies_until_it_expires() -> None:
    claims = verify_public_token(token(), KEY, now=199)
    assert claims.scopes == ("read:runs:run_1",)
    assert claims.realtime is not None
    assert claims.realtime.skip_columns == ("payload",)
    with pytest.raises(AuthenticationError, match="expired"):
        verify_public_token(token(), KEY, now=200)


def test_a_token_of_the_real_server_verifies() -> None:
    request = (CAPTURES / "36-200-jwt-run.raw").read_text()
    captured = request.split("Bearer ")[1].split()[0]
    claims = verify_public_token(captured, "tr_dev_realserver0000000000", now=1795368697)
    assert claims.sub == "env_lab"


@pytest.mark.parametrize("forged", [token("another key"), token() + "x", token()[:-4] + "AAAA"])
def test_a_token_signed_with_another_key_is_refused(forged: str) -> None:
    with pytest.raises(AuthenticationError):
        verify_public_token(forged, KEY, now=150)


def test_an_unsigned_token_is_refused() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    unsigned = f"{header}.{token().split('.')[1]}."
    with pytest.raises(AuthenticationError):
        verify_public_token(unsigned, KEY, now=150)


def test_a_token_for_another_audience_is_refused() -> None:
    import jwt

    claims = {"sub": "env_1", "pub": True, "iss": "https://id.trigger.dev", "aud": "elsewhere"}
    other = jwt.encode(claims, KEY * 2, algorithm="HS256")
    with pytest.raises(AuthenticationError):
        verify_public_token(other, KEY * 2, now=150)


@pytest.mark.parametrize("text", ["", "tr_dev_abc", "a.b.c", "é.é.é", "x" * 10_000])
def test_what_is_not_a_public_token_has_no_claims(text: str) -> None:
    assert read_claims(text) is None
    assert not is_public_token(text)


def test_the_kinds_of_key_are_told_apart() -> None:
    additional = "tr_prod_sk_" + "a1B2" * 6
    assert is_secret_key("tr_dev_abc")
    assert is_additional_key(additional)
    assert not is_secret_key(additional)
    assert not is_additional_key("tr_dev_abc")
    assert not is_secret_key(token())
    assert is_public_token(token())


@pytest.mark.parametrize(
    ("scope", "action", "resource", "granted"),
    [
        ("read:runs:run_1", "read", ("runs", "run_1"), True),
        ("read:runs:run_1", "read", ("runs", "run_2"), False),
        ("read:runs:run_1", "read", ("runs", None), False),
        ("read:runs", "read", ("runs", "run_2"), True),
        ("read:runs", "write", ("runs", "run_2"), False),
        ("read:tags:env:staging", "read", ("tags", "env:staging"), True),
        ("read:tags:env", "read", ("tags", "env:staging"), False),
        ("read:all", "read", ("tags", "a"), True),
        ("*:runs", "write", ("runs", "run_1"), True),
        ("admin", "write", ("runs", "run_1"), True),
        ("admin:runs", "write", ("runs", "run_1"), False),
        ("read", "read", ("runs", "run_1"), False),
        ("", "read", ("runs", "run_1"), False),
    ],
)
def test_a_scope_grants_what_its_grammar_says(
    scope: str, action: str, resource: tuple[str, str | None], granted: bool
) -> None:
    assert scope_grants([scope], action, [resource]) is granted


def test_one_matching_scope_and_resource_is_enough() -> None:
    assert scope_grants(["read:tags:a", "read:runs:b"], "read", [("tags", "x"), ("runs", "b")])
    assert not scope_grants([], "read", [("runs", "b")])
