"""What a subscription can be told, and the app-wide defaults."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from typing_extensions import TypedDict

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.hooks import FeedNotice

DEFAULT_BASE_URL = "https://api.trigger.dev"
UNREADABLE_COLUMNS = {"updatedAt", "id", "friendlyId", "status", "createdAt", "taskIdentifier"}

AccessToken: TypeAlias = str | Callable[[], str | Awaitable[str]]


class RealtimeOptions(BaseModel):
    """Options of a subscription. Only those that were set override the ones beneath.

    They are looked up per subscription, then on the state class (`realtime_options`), then in
    `configure()`, then in the environment.

    Attributes:
        access_token: A secret key or a public access token, or a function (async too) that
            returns one. A function is asked again before the token expires and when the
            server refuses it. Environment: `TRIGGER_SECRET_KEY` or `TRIGGER_ACCESS_TOKEN`.
        base_url: Where the server is. Environment: `TRIGGER_API_URL`.
        preview_branch: The preview branch. Environment: `TRIGGER_PREVIEW_BRANCH`.
        enabled: Whether to subscribe now; `enable()` starts it later.
        id: A name for the subscription; a new name starts it afresh.
        throttle_ms: Milliseconds between two updates of the page, 0 to 10,000. The first change
            and the last one of a run are never held back.
        stop_on_completion: Whether the subscription of one run ends when the run does.
        skip_columns: Columns the server leaves out: `payload`, `output`, `metadata`, ...
        created_at: How far back a tag subscription looks: `"30m"`, `"1h"`, `"1d"`.
        max_runs: How many runs of a set the page shows, the newest; None for all of them. Counts
            and hooks take account of all.
        max_parts: How many parts of a stream the page shows, the newest; None for all of them.
        stream: Which stream of the run is followed, where it is one.
        start_index: How many parts of that stream are left out at its start.
        timeout_seconds: After how many seconds without a part that stream counts as complete, 1 to
            600.
        rows: Whether the runs of a set are sent to the page at all; without them it has counts.
        patches: Whether only what changed in a var is sent to the page, not the whole var. The
            page is the same either way.
        hooks: Observe the feeds: functions that take a `FeedNotice`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, defer_build=True
    )

    access_token: AccessToken | None = Field(default=None, repr=False, exclude=True)
    base_url: str = DEFAULT_BASE_URL
    preview_branch: str | None = None
    enabled: bool = True
    id: str = ""
    throttle_ms: int = Field(default=50, ge=0, le=10_000)
    stop_on_completion: bool = True
    skip_columns: tuple[str, ...] = ()
    created_at: str | None = None
    max_runs: int | None = Field(default=None, ge=1)
    max_parts: int | None = Field(default=None, ge=1)
    stream: str = Field(default="default", min_length=1)
    start_index: int = Field(default=0, ge=0)
    timeout_seconds: int = Field(default=60, ge=1, le=600)
    rows: bool = True
    patches: bool = True
    hooks: tuple[Callable[[FeedNotice], None], ...] = ()

    def __get__(self, instance: object, owner: type | None = None) -> Self:
        """Stay what it is as an attribute of a class.

        Reflex makes vars, which a browser gets, of the attributes of a state's class, but not of
        those that define their own access.
        """
        return self

    @field_validator("base_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        try:
            url = urlsplit(value)
            host, _ = url.hostname, url.port
        except ValueError:  # it may quote a secret that was pasted into the URL
            raise ValueError("must have a host and a port that can be read") from None
        if not host:
            raise ValueError("must name a host")
        if url.username is not None or url.query or url.fragment:
            raise ValueError("must be scheme, host, port and path and nothing else")
        return value.removesuffix("/")

    @field_validator("preview_branch")
    @classmethod
    def _fits_a_header(cls, value: str | None) -> str | None:
        if value and not (value.isascii() and value.isprintable()):
            raise ValueError("must be printable ASCII, it is sent as a header")
        return value

    @field_validator("skip_columns")
    @classmethod
    def _skippable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if refused := sorted(UNREADABLE_COLUMNS.intersection(value)):
            raise ValueError(f"{', '.join(refused)} cannot be skipped, every run needs them")
        return value


class OptionOverrides(TypedDict, total=False):
    """The options as keyword arguments; see `RealtimeOptions`."""

    access_token: AccessToken | None
    base_url: str
    preview_branch: str | None
    enabled: bool
    id: str
    throttle_ms: int
    experimental_throttle_in_ms: int
    stop_on_completion: bool
    skip_columns: tuple[str, ...] | list[str]
    created_at: str | None
    max_runs: int | None
    max_parts: int | None
    stream: str
    start_index: int
    timeout_seconds: int
    rows: bool
    patches: bool


_configured: dict[str, Any] = {}


def parse_options(**overrides: Any) -> RealtimeOptions:
    """Check options and say what is wrong with them.

    Args:
        **overrides: The options that were set; `experimental_throttle_in_ms` is the React hooks'
            name for `throttle_ms`.

    Returns:
        The checked options; only the given ones count as set.

    Raises:
        ConfigurationError: An option is unknown or its value makes no sense.
    """
    if "experimental_throttle_in_ms" in overrides:
        overrides.setdefault("throttle_ms", overrides["experimental_throttle_in_ms"])
        del overrides["experimental_throttle_in_ms"]
    try:
        return RealtimeOptions(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"][:1])
        raise ConfigurationError(
            f"The option {name!r} is not valid: {first['msg'].removeprefix('Value error, ')}.",
            remedy=f"The options are {', '.join(RealtimeOptions.model_fields)}.",
        ) from None


def configure(**defaults: Any) -> None:
    """Set the app-wide defaults, for instance in the module that creates `rx.App`.

    Args:
        **defaults: Any of the `RealtimeOptions`. A second call replaces what it names.

    Raises:
        ConfigurationError: An option is unknown or its value makes no sense.
    """
    _configured.update(set_options(parse_options(**defaults)))


def resolve_options(*layers: RealtimeOptions) -> RealtimeOptions:
    """Merge options, the later ones over the earlier, over the app-wide ones and the environment.

    Args:
        *layers: Options from the most general to the most special.

    Returns:
        The merged options; `access_token` may still be None.

    Raises:
        ConfigurationError: An environment variable makes no sense.
    """
    merged = {**_environment(), **_configured}
    for layer in layers:
        merged.update(set_options(layer))
    return parse_options(**merged)


def require_access_token(options: RealtimeOptions) -> AccessToken:
    """The access token, or an error that says what to set.

    Args:
        options: Merged options.

    Returns:
        The token or the function that returns it.

    Raises:
        ConfigurationError: No credential is configured.
    """
    if not options.access_token:
        raise ConfigurationError(
            "There is no access token.",
            remedy="Set TRIGGER_SECRET_KEY or TRIGGER_ACCESS_TOKEN in the environment, call "
            "reflex_realtime.configure(access_token=...), or mount the embedded server.",
        )
    return options.access_token


def _environment() -> dict[str, Any]:
    found = {
        "access_token": os.environ.get("TRIGGER_SECRET_KEY")
        or os.environ.get("TRIGGER_ACCESS_TOKEN"),
        "base_url": os.environ.get("TRIGGER_API_URL"),
        "preview_branch": os.environ.get("TRIGGER_PREVIEW_BRANCH"),
    }
    return {name: value for name, value in found.items() if value}


def set_options(options: RealtimeOptions) -> dict[str, Any]:
    """The options that were set, without the defaults."""
    return {name: getattr(options, name) for name in options.model_fields_set}
