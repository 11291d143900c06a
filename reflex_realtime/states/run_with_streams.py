"""`RealtimeRunWithStreamsState`: one run and its streams."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, get_args

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypeVar

from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.events import FeedEvent, PartsAdded
from reflex_realtime.feeds.hub import shared_hub
from reflex_realtime.feeds.run_with_streams import run_with_streams_feed
from reflex_realtime.models import OutputT, PayloadT, RealtimeRun
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.patches.patch import Patch, appended, changed_keys, replaced
from reflex_realtime.protocol.requests import run_request
from reflex_realtime.protocol.streams import StreamCursor
from reflex_realtime.states.models import plain, specialise, type_arguments
from reflex_realtime.states.run import RealtimeRunState

_log = logging.getLogger("reflex_realtime.states")

StreamsT = TypeVar("StreamsT", default=dict[str, list[Any]])


class RealtimeRunWithStreamsState(
    RealtimeRunState[PayloadT, OutputT], Generic[PayloadT, OutputT, StreamsT], mixin=True
):
    """A state that follows one run and its streams.

    Declare the streams that the page shows, one list for each; others are not sent to it.

    ```python
    class ChatStreams(BaseModel):
        answer: list[str] = []

    class Chat(RealtimeRunWithStreamsState[Prompt, Reply, ChatStreams], rx.State): ...

    rx.text(Chat.streams.answer.join(""))
    ```

    Attributes:
        streams: The parts of each declared stream so far.
    """

    if TYPE_CHECKING:
        streams: rx.Field[StreamsT]
    else:
        streams: dict[str, list[Any]] = {}

    _remembered: ClassVar[tuple[str, ...]] = (
        *RealtimeRunState._remembered,
        *("streams", "_cursors"),
    )
    _patched_vars: ClassVar[tuple[str, ...]] = (*RealtimeRunState._patched_vars, "streams")
    _cursors: dict[str, StreamCursor] = {}

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the run and the streams."""
        names = ("Payload", "Output", "Streams")
        payload, output, streams = type_arguments(arguments, names, cls.__name__)
        vars: dict[str, Any] = {"run": (RealtimeRun[payload, output] | None, None)}
        if streams is not Any:
            vars["streams"] = (streams, streams())
        return specialise(cls, arguments, vars)

    def _open_feed(
        self, connection: Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        return run_with_streams_feed(
            connection,
            run_request(self._target[0], skip_columns=options.skip_columns),
            self._models(),
            stop_on_completion=options.stop_on_completion,
            cursors=dict(self._cursors),
            source=shared_hub(),
        )

    def _apply(self, events: list[FeedEvent]) -> None:
        added: dict[str, list[Any]] = {}
        for event in events:
            if isinstance(event, PartsAdded):
                added.setdefault(event.stream, []).extend(part.part for part in event.parts)
                self._cursors[event.stream] = event.cursor
        if added:
            self._append(added)
        super()._apply(events)

    def _append(self, added: dict[str, list[Any]]) -> None:
        streams = plain(self.streams)
        changes = {
            stream: patch
            for stream, parts in added.items()
            if (patch := self._append_to(streams, stream, parts))
        }
        if changes:
            self._change("streams", streams, changed_keys(changes))

    def _append_to(self, streams: Any, stream: str, parts: list[Any]) -> Patch | None:
        """Append parts to one of the streams; return what changed, None where it is not shown."""
        if isinstance(streams, dict):
            if stream not in streams:
                streams[stream] = parts
                return replaced(parts)
            known = streams[stream]
        else:
            field = self.__class__._stream_fields().get(stream)
            if field is None:
                return None
            known = getattr(streams, stream)
            parts = _fitting(stream, parts, field)
        length = len(known)
        known.extend(parts)
        return appended(length, parts) if parts else None

    @classmethod
    def _stream_fields(cls) -> dict[str, Any]:
        model: Any = cls.get_fields()["streams"].annotated_type
        return {name: field.annotation for name, field in model.model_fields.items()}

    def _clear(self) -> None:
        super()._clear()
        self._cursors = {}
        empty: Any = self.get_fields()["streams"].default_value()
        self.streams = empty


def _fitting(stream: str, parts: list[Any], annotation: Any) -> list[Any]:
    """The parts that fit the stream's type; the others are left out and logged."""
    adapter = TypeAdapter((get_args(annotation) or (Any,))[0])
    fitting: list[Any] = []
    for part in parts:
        try:
            fitting.append(adapter.validate_python(part))
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]["msg"]
            _log.warning("A part of the stream %r was left out: %s", stream, problem)
    return fitting
