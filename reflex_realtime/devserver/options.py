"""What can be chosen about an embedded server."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from reflex_realtime.errors import ConfigurationError

FeedStyle: TypeAlias = Literal["native", "electric"]
StreamsVersion: TypeAlias = Literal["v1", "v2"]

DEFAULT_CONCURRENCY = 10
DEFAULT_POLL_SECONDS = 20.0
DEFAULT_MAX_LIST = 1000
DEFAULT_OFFLOAD_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """The options of a `DevServer`, which says what they mean."""

    concurrency: int
    poll_seconds: float
    style: FeedStyle
    max_list: int
    max_live_polls: int | None
    streams_version: StreamsVersion
    offload_bytes: int

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ConfigurationError: A value is out of its range.
        """
        _check("style", self.style, get_args(FeedStyle))
        _check("streams_version", self.streams_version, get_args(StreamsVersion))
        least = {
            "concurrency": (self.concurrency, 0),
            "poll_seconds": (self.poll_seconds, 0),
            "max_list": (self.max_list, 1),
            "max_live_polls": (self.max_live_polls, 0),
            "offload_bytes": (self.offload_bytes, 0),
        }
        for name, (value, minimum) in least.items():
            if value is not None and not minimum <= value < math.inf:
                raise ConfigurationError(
                    f"A DevServer cannot have {name}={value}.",
                    remedy=f"Choose a number from {minimum}.",
                )


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigurationError(
            f"A DevServer cannot have {name}={value!r}.",
            remedy=f"Choose one of {', '.join(map(repr, choices))}.",
        )
