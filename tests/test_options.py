"""The options: what is checked, and which layer wins."""

from __future__ import annotations

from typing import Any

import pytest

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.options import (
    DEFAULT_BASE_URL,
    configure,
    parse_options,
    require_access_token,
    resolve_options,
    set_options,
)


def test_the_defaults_are_those_of_the_react_hooks() -> None:
    options = resolve_options()
    assert options.base_url == DEFAULT_BASE_URL == "https://api.trigger.dev"
    assert (options.enabled, options.stop_on_completion, options.throttle_ms) == (True, True, 50)
    assert (options.access_token, options.skip_columns, options.created_at) == (None, (), None)


@pytest.mark.parametrize(
    ("variables", "name", "value"),
    [
        ({"TRIGGER_SECRET_KEY": "a"}, "access_token", "a"),
        ({"TRIGGER_ACCESS_TOKEN": "b"}, "access_token", "b"),
        ({"TRIGGER_SECRET_KEY": "a", "TRIGGER_ACCESS_TOKEN": "b"}, "access_token", "a"),
        ({"TRIGGER_SECRET_KEY": "", "TRIGGER_ACCESS_TOKEN": "b"}, "access_token", "b"),
        ({"TRIGGER_API_URL": "http://localhost:3030/"}, "base_url", "http://localhost:3030"),
        ({"TRIGGER_PREVIEW_BRANCH": "feature"}, "preview_branch", "feature"),
    ],
)
def test_the_environment_is_read_when_it_is_needed(
    variables: dict[str, str], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    assert getattr(resolve_options(), name) == value


def test_each_layer_overrides_what_it_sets_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIGGER_SECRET_KEY", "environment")
    monkeypatch.setenv("TRIGGER_API_URL", "http://environment")
    monkeypatch.setenv("TRIGGER_PREVIEW_BRANCH", "environment")
    configure(access_token="configured", base_url="http://configured", throttle_ms=1)
    on_the_class = parse_options(access_token="class", created_at="1h")
    given = parse_options(access_token="given")
    merged = resolve_options(on_the_class, given)
    assert merged.access_token == "given"
    assert (merged.created_at, merged.throttle_ms) == ("1h", 1)
    assert (merged.base_url, merged.preview_branch) == ("http://configured", "environment")


def test_a_later_layer_can_set_the_default_again() -> None:
    merged = resolve_options(parse_options(enabled=False), parse_options(enabled=True))
    assert merged.enabled


def test_configuring_twice_replaces_what_is_named() -> None:
    configure(access_token="one", throttle_ms=1)
    configure(access_token="two")
    assert (resolve_options().access_token, resolve_options().throttle_ms) == ("two", 1)


def test_only_what_was_given_counts_as_set() -> None:
    assert set_options(parse_options(enabled=True)) == {"enabled": True}


def test_the_older_name_of_the_throttle_is_accepted() -> None:
    assert parse_options(experimental_throttle_in_ms=16).throttle_ms == 16
    assert parse_options(experimental_throttle_in_ms=16, throttle_ms=20).throttle_ms == 20


def test_a_token_may_be_a_function() -> None:
    def token() -> str:
        return "tr_dev_x"

    assert require_access_token(parse_options(access_token=token)) is token


@pytest.mark.parametrize("token", [None, ""])
def test_a_missing_token_says_what_to_set(token: str | None) -> None:
    with pytest.raises(ConfigurationError, match="no access token") as caught:
        require_access_token(parse_options(access_token=token))
    for way in ("TRIGGER_SECRET_KEY", "TRIGGER_ACCESS_TOKEN", "configure", "embedded server"):
        assert way in caught.value.remedy


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://trigger.example.com/", "https://trigger.example.com"),
        ("http://127.0.0.1:3030/_realtime/", "http://127.0.0.1:3030/_realtime"),
        ("http://[::1]:3030", "http://[::1]:3030"),
    ],
)
def test_a_base_url_loses_its_trailing_slash(url: str, kept: str) -> None:
    assert parse_options(base_url=url).base_url == kept


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:3030", "ftp://example.com", "http://", "http:///path"),
        *("http://example.com:port", "http://example.com:99999"),
        *("http://user:word@example.com", "http://example.com?a=1", "http://example.com#a"),
    ],
)
def test_a_base_url_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="'base_url' is not valid"):
        parse_options(base_url=url)


@pytest.mark.parametrize(
    "options",
    [
        {"throttle_ms": -1},
        {"throttle_ms": 10_001},
        {"throttle_ms": "soon"},
        {"skip_columns": ("payload", "updatedAt")},
        {"skip_columns": "payload"},
        {"preview_branch": "feature\n"},
        {"preview_branch": "é"},
        {"access_token": 5},
        {"colour": "red"},
    ],
)
def test_an_option_that_makes_no_sense_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))) as caught:
        parse_options(**options)
    assert "access_token, base_url" in caught.value.remedy


def test_what_makes_no_sense_configures_nothing() -> None:
    with pytest.raises(ConfigurationError):
        configure(access_token="x", throttle_ms=-1)
    assert resolve_options().access_token is None


def test_an_environment_variable_that_makes_no_sense_is_refused_when_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIGGER_API_URL", "localhost")
    with pytest.raises(ConfigurationError, match="base_url"):
        resolve_options()
