"""What type checkers know of the streams of runs. Nothing of it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from reflex_base.vars.object import ObjectVar

StreamsT = TypeVar("StreamsT")


class RunStreamsVar(ObjectVar[dict[str, StreamsT]]):
    """The var of the streams of runs, by run id.

    Reflex takes the items of a mapping of models for vars without fields.
    """

    def __getitem__(self, key: Any) -> ObjectVar[StreamsT]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The streams of a run."""
        raise NotImplementedError


class RunStreamsField(Generic[StreamsT]):
    """Streams by run id: a var of a state's class, a mapping in an instance."""

    @overload
    def __get__(self, instance: None, owner: Any) -> RunStreamsVar[StreamsT]: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> dict[str, StreamsT]: ...
    def __get__(self, instance: object, owner: Any) -> Any:
        """The var, or the mapping."""

    def __set__(self, instance: Any, value: dict[str, StreamsT]) -> None:
        """Change the mapping."""


def run_streams_var(get: Callable[[Any], dict[str, StreamsT]]) -> RunStreamsField[StreamsT]:
    """Declare the var of the streams of runs, as `typed_var` does other vars."""
    raise NotImplementedError
