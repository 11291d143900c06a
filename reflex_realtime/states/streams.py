"""The streams of a run as a page shows them: those that are declared, of parts that fit."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, get_args

import reflex as rx
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from reflex.state import BaseState
from typing_extensions import TypeVar

from reflex_realtime.patches.patch import Patch, changed_keys
from reflex_realtime.states.saved_lists import Path, append, saved

_log = logging.getLogger("reflex_realtime.states")

StreamsT = TypeVar("StreamsT", default=dict[str, list[Any]])


class SavedStreamsState(rx.State, mixin=True):
    """The part of a state that saves long streams in pieces, and sends them as JSON."""

    _streams_var: ClassVar[str] = "streams"

    def __getstate__(self) -> dict[str, Any]:
        """What is saved of the state."""
        fields = super().__getstate__()
        return fields | {self._streams_var: saved(fields[self._streams_var])}

    def get_value(self, key: str) -> Any:
        """A var as it is sent whole."""
        value = BaseState.get_value(self, key)
        return sent(value) if key == self._streams_var else value

    get_value.__override_base_method__ = True  # pyright: ignore[reportFunctionMemberAccess]


def sent(value: Any) -> Any:
    """A value of parts in the form in which pages get it, whole or in a patch.

    Args:
        value: Parts, in whatever holds them.

    Returns:
        JSON, where times are ISO 8601, which every browser reads. Reflex has another form.
    """
    return to_jsonable_python(value, serialize_unknown=True)


def append_shown(
    value: Any, run: Path, declared: Any, added: Mapping[str, list[Any]], most: int | None
) -> Patch | None:
    """Append to the streams of a run what a page shows of their new parts.

    Args:
        value: The streams of the run, or those of several runs, wherever they have their lists.
        run: Where the run's streams are in it.
        declared: The type of a run's streams.
        added: The new parts, by stream.
        most: How many parts of each are kept, the last; None for all.

    Returns:
        What has changed in the streams of the run; None for nothing.
    """
    changes = {
        stream: append(value, (*run, stream), shown, most)
        for stream, parts in added.items()
        if (shown := shown_parts(declared, stream, parts))
    }
    return changed_keys(changes) if changes else None


def shown_parts(streams: Any, stream: str, parts: list[Any]) -> list[Any]:
    """The parts of a stream that a page shows.

    Args:
        streams: The type of the streams: a model with one list for each, or `dict[str, list]`,
            which takes any.
        stream: The stream's name.
        parts: Its new parts.

    Returns:
        Those that fit the stream's type, none where the stream is not declared. The others are
        left out and logged.
    """
    if not (isinstance(streams, type) and issubclass(streams, BaseModel)):
        return parts
    field = streams.model_fields.get(stream)
    return fitting_parts(stream, parts, field.annotation) if field else []


def fitting_parts(stream: str, parts: list[Any], annotation: Any) -> list[Any]:
    """The parts of a stream that fit its type; the others are left out and logged.

    Args:
        stream: The stream's name.
        parts: Its new parts.
        annotation: The type of the list that has them.
    """
    adapter = _adapter((get_args(annotation) or (Any,))[0])
    fitting: list[Any] = []
    for part in parts:
        try:
            fitting.append(adapter.validate_python(part))
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]["msg"]
            _log.warning("A part of the stream %r was left out: %s", stream, problem)
    return fitting


@lru_cache(maxsize=256)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)
