"""`RealtimeStreamState`: one stream of a run."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from typing_extensions import TypeVar

from reflex_realtime import feeds
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.events import FeedEvent, PartsAdded, StreamEnded
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.protocol.streams import StreamCursor
from reflex_realtime.states.completion import Completion, does_nothing
from reflex_realtime.states.models import plain, specialise, type_arguments
from reflex_realtime.states.run import run_target
from reflex_realtime.states.saved import SavedField, saved_value
from reflex_realtime.states.saved_lists import append
from reflex_realtime.states.streams import SavedStreamsState, fitting_parts, sent
from reflex_realtime.states.subscription import SubscriptionState, Target

if TYPE_CHECKING:
    from reflex_realtime.states.models import typed_var

PartT = TypeVar("PartT", default=Any)


class RealtimeStreamState(SavedStreamsState, SubscriptionState, Generic[PartT], mixin=True):
    """A state that follows one stream of a run, by itself.

    ```python
    class Answer(RealtimeStreamState[str], rx.State):
        realtime_options = RealtimeOptions(stream="answer")

        @rx.event
        async def ask(self, question: str):
            return self._subscribe(await self._trigger("chat", Prompt(text=question)))

    rx.text(Answer.parts.join(""))
    ```

    The stream's name is an option, on the class or of `_subscribe`, so that a browser which names
    a run does not name the stream.

    Attributes:
        parts: The parts of the stream so far.
    """

    if TYPE_CHECKING:

        @typed_var
        def parts(self) -> list[PartT]:
            """The parts so far."""
            ...

    else:
        parts = SavedField(default_factory=list, annotated_type=list[Any])

    _feed_var: ClassVar[str] = "parts"
    _streams_var: ClassVar[str] = "parts"
    _patched_vars: ClassVar[tuple[str, ...]] = (*SubscriptionState._patched_vars, "parts")
    _remembered: ClassVar[tuple[str, ...]] = (
        *SubscriptionState._remembered,
        *("parts", "_cursor", "_left_out", "_start_index", "_max_parts", "_completed"),
    )

    _cursor: StreamCursor = StreamCursor()
    _left_out: int = 0
    _start_index: int = 0
    _max_parts: int | None = None
    _completed: list[str] = []

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the parts: `RealtimeStreamState[Part]`."""
        [part] = type_arguments(arguments, (PartT,), cls.__name__)
        vars = {"parts": (list[part], SavedField(default_factory=list))}
        return specialise(cls, arguments, vars)

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a hook that would never be called."""
        if "_on_complete" in vars(cls):
            raise ConfigurationError(
                f"{cls.__name__} follows a stream and not its run, so its _on_complete would never "
                "be called.",
                remedy="Name it _on_stream_complete(self, parts).",
            )
        super().__init_subclass__(**options)

    @does_nothing
    async def _on_stream_complete(self, parts: list[PartT]) -> Any:
        """Override to act when a stream is complete. Runs once for each stream and session.

        It runs as an ordinary event handler: it may change vars, and return or yield events.

        Args:
            parts: The parts that are shown, to the last one.
        """

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        return run_target(target)

    def _open_feed(
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        self._start_index, self._max_parts = options.start_index, options.max_parts
        return feeds.quiet_stream_feed(
            connection,
            self._target[0],
            options.stream,
            cursor=self._cursor,
            timeout_seconds=options.timeout_seconds,
            source=feeds.shared_hub(),
        )

    def _apply(self, events: list[FeedEvent]) -> None:
        added: list[Any] = []
        for event in events:
            if isinstance(event, PartsAdded):
                self._cursor = event.cursor
                parts = self._behind_start([part.part for part in event.parts])
                declared = self.get_fields()["parts"].annotated_type
                added += fitting_parts(event.stream, parts, declared)
        if added:
            parts = saved_value(self, "parts")
            self._change("parts", parts, sent(append(parts, (), added, self._max_parts)))
        for event in events:
            if isinstance(event, StreamEnded):
                self._complete(event)

    def _behind_start(self, parts: list[Any]) -> list[Any]:
        """The parts without those that the start index leaves out."""
        before = min(len(parts), max(0, self._start_index - self._left_out))
        self._left_out += before
        return parts[before:]

    def _complete(self, ended: StreamEnded) -> None:
        stream = f"{ended.run_id} {ended.stream}"
        if stream not in self._completed:
            self._completed = [*self._completed[-99:], stream]
            parts = [*plain(self.parts)]
            self._report([Completion("_on_stream_complete", (parts,), ended.run_id)])

    def _clear(self) -> None:
        self.parts = []
        self._cursor = StreamCursor()
        self._left_out = 0
