"""`RealtimeRunsWithStreamsState`: the runs of a batch or of tags, and their streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, get_args

from reflex_realtime import feeds
from reflex_realtime.feeds.events import FeedEvent, PartsAdded, RunSetChanged, StreamKey
from reflex_realtime.models import AnyRun, BatchHandle, MetadataT, OutputT, PayloadT
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.patches.patch import Patch, changed_keys, replaced
from reflex_realtime.protocol.streams import StreamCursor
from reflex_realtime.states.batch import RealtimeBatchState
from reflex_realtime.states.models import specialise, type_arguments
from reflex_realtime.states.run_list import run_ids
from reflex_realtime.states.runs import RunsState, runs_var
from reflex_realtime.states.runs_with_tag import RealtimeRunsWithTagState
from reflex_realtime.states.saved import SavedField, saved_value
from reflex_realtime.states.saved_lists import drop, keys, put
from reflex_realtime.states.streams import SavedStreamsState, StreamsT, append_shown, sent
from reflex_realtime.states.subscription import Target

if TYPE_CHECKING:
    from reflex_realtime.states.run_streams_var import run_streams_var


class RealtimeRunsWithStreamsState(
    SavedStreamsState,
    RealtimeBatchState[PayloadT, OutputT, MetadataT],
    RealtimeRunsWithTagState[PayloadT, OutputT, MetadataT],
    Generic[PayloadT, OutputT, StreamsT, MetadataT],
    mixin=True,
):
    """A state that follows the runs of a batch, or those that have some tags, and their streams.

    ```python
    class AnswerStreams(BaseModel):
        answer: list[str] = []

    class Panel(RealtimeRunsWithStreamsState[Prompt, Reply, AnswerStreams], rx.State):
        @rx.event
        async def ask(self, prompts: list[str]):
            batch = await self._batch_trigger("ask", [Prompt(text=text) for text in prompts])
            return self._subscribe(batch)

    rx.foreach(Panel.runs, lambda run: rx.text(Panel.streams[run.id].answer.join("")))
    ```

    Of the runs that are shown the streams are followed: `max_runs` limits both.

    Attributes:
        streams: By run id, the parts of each declared stream so far.
    """

    if TYPE_CHECKING:

        @run_streams_var
        def streams(self) -> dict[str, StreamsT]:
            """The streams of each run, by its id."""
            ...

    else:
        streams = SavedField(default_factory=dict, annotated_type=dict[str, dict[str, list[Any]]])

    _patched_vars: ClassVar[tuple[str, ...]] = (*RunsState._patched_vars, "streams")
    _remembered: ClassVar[tuple[str, ...]] = (
        *RealtimeBatchState._remembered,
        *("_created_at", "streams", "_cursors", "_max_parts"),
    )
    _cursors: dict[StreamKey, StreamCursor] = {}
    _max_parts: int | None = None

    def __class_getitem__(cls, arguments: Any) -> Any:
        """Type the runs and their streams."""
        parameters = (PayloadT, OutputT, StreamsT, MetadataT)
        payload, output, streams, metadata = type_arguments(arguments, parameters, cls.__name__)
        vars: dict[str, Any] = {
            "runs": runs_var(payload, output, metadata),
            "streams": (dict[str, streams], SavedField(default_factory=dict)),
        }
        return specialise(cls, arguments, vars)

    @property
    def _kind(self) -> _Kind:
        return _kind_of(self._target)

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        return _kind_of(target)._parse_target(self, target)

    def _open_feed(
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        self._max_parts = options.max_parts
        return feeds.runs_with_streams_feed(
            connection,
            self._kind._open_feed(self, connection, options),
            cursors=dict(self._cursors),
            source=feeds.shared_hub(),
        )

    def _is_news(self, run: AnyRun) -> bool:
        return self._kind._is_news(self, run)

    def _apply(self, events: list[FeedEvent]) -> None:
        super()._apply(events)
        added: dict[str, dict[str, list[Any]]] = {}
        for event in events:
            if isinstance(event, PartsAdded):
                parts = added.setdefault(event.run_id, {}).setdefault(event.stream, [])
                parts.extend(part.part for part in event.parts)
                self._cursors[event.run_id, event.stream] = event.cursor
        if added or any(isinstance(event, RunSetChanged) for event in events):
            self._show_streams(added)

    def _show_streams(self, added: dict[str, dict[str, list[Any]]]) -> None:
        streams = saved_value(self, "streams")
        ids = run_ids(saved_value(self, "runs"))
        shown = {*ids}
        known = keys(streams)
        declared, most = self._declared(), self._max_parts
        changes: dict[str, Patch] = {}
        for run_id in known & shown & added.keys():
            if change := append_shown(streams, (run_id,), declared, added[run_id], most):
                changes[run_id] = change
        for run_id in ids:
            if run_id not in known:
                begun = declared() if isinstance(declared, type) else {}
                append_shown(begun, (), declared, added.get(run_id, {}), most)
                put(streams, run_id, begun)
                changes[run_id] = replaced(begun)
        for run_id in known - shown:
            drop(streams, run_id)
        gone = sorted(known - shown)
        if changes or gone:
            self._change("streams", streams, sent(changed_keys(changes, gone)))
            self._cursors = {key: at for key, at in self._cursors.items() if key[0] in shown}

    def _declared(self) -> Any:
        """The type of a run's streams."""
        return get_args(self.get_fields()["streams"].annotated_type)[1]

    def _clear(self) -> None:
        super()._clear()
        self.streams = {}
        self._cursors = {}


_Kind: TypeAlias = (
    "type[RealtimeBatchState[Any, Any, Any]] | type[RealtimeRunsWithTagState[Any, Any, Any]]"
)


def _kind_of(target: Any) -> _Kind:
    """What follows a target: a batch, or tags."""
    match target:
        case BatchHandle():
            return RealtimeBatchState
        case str(name) | (str(name),) if name.startswith("batch_"):
            return RealtimeBatchState
        case _:
            return RealtimeRunsWithTagState
