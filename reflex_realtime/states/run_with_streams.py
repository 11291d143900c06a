"""`RealtimeRunWithStreamsState`: one run and its streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from reflex_realtime import feeds
from reflex_realtime.feeds.events import FeedEvent, PartsAdded
from reflex_realtime.models import MetadataT, OutputT, PayloadT
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.protocol.requests import run_request
from reflex_realtime.protocol.streams import StreamCursor
from reflex_realtime.states.models import specialise, type_arguments
from reflex_realtime.states.run import RealtimeRunState, run_var
from reflex_realtime.states.saved import SavedField, saved_value
from reflex_realtime.states.streams import SavedStreamsState, StreamsT, append_shown, sent

if TYPE_CHECKING:
    from reflex_realtime.states.models import typed_var


class RealtimeRunWithStreamsState(
    SavedStreamsState,
    RealtimeRunState[PayloadT, OutputT, MetadataT],
    Generic[PayloadT, OutputT, StreamsT, MetadataT],
    mixin=True,
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

        @typed_var
        def streams(self) -> StreamsT:
            """The parts of each declared stream so far."""
            ...

    else:
        streams = SavedField(default_factory=dict, annotated_type=dict[str, list[Any]])

    _remembered: ClassVar[tuple[str, ...]] = (
        *RealtimeRunState._remembered,
        *("streams", "_cursors"),
    )
    _patched_vars: ClassVar[tuple[str, ...]] = (*RealtimeRunState._patched_vars, "streams")
    _cursors: dict[str, StreamCursor] = {}
    _max_parts: int | None = None

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the run and the streams."""
        parameters = (PayloadT, OutputT, StreamsT, MetadataT)
        payload, output, streams, metadata = type_arguments(arguments, parameters, cls.__name__)
        vars: dict[str, Any] = {
            "run": run_var(payload, output, metadata),
            "streams": (streams, SavedField(default_factory=streams)),
        }
        return specialise(cls, arguments, vars)

    def _open_feed(
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        self._max_parts = options.max_parts
        return feeds.run_with_streams_feed(
            connection,
            run_request(self._target[0], skip_columns=options.skip_columns),
            self._models(),
            stop_on_completion=options.stop_on_completion,
            cursors=dict(self._cursors),
            source=feeds.shared_hub(),
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
        streams = saved_value(self, "streams")
        declared = self.get_fields()["streams"].annotated_type
        if patch := append_shown(streams, (), declared, added, self._max_parts):
            self._change("streams", streams, sent(patch))

    def _clear(self) -> None:
        super()._clear()
        self._cursors = {}
        empty: Any = self.get_fields()["streams"].default_value()
        self.streams = empty
