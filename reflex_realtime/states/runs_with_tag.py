"""`RealtimeRunsWithTagState`: the runs that have some tags."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar

from reflex_realtime import feeds
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.feeds.events import (
    FeedEvent,
)
from reflex_realtime.feeds.run_set import run_set_feed
from reflex_realtime.models import (
    AnyRun,
    MetadataT,
    OutputT,
    PayloadT,
)
from reflex_realtime.options import RealtimeOptions
from reflex_realtime.protocol.requests import tag_request
from reflex_realtime.states.models import plain
from reflex_realtime.states.runs import RunsState, window_of
from reflex_realtime.states.subscription import Target


class RealtimeRunsWithTagState(RunsState[PayloadT, OutputT, MetadataT], mixin=True):
    """A state that follows the runs that have all of some tags.

    ```python
    class MyRuns(RealtimeRunsWithTagState[Payload, Output], rx.State):
        @rx.event
        def watch(self):
            return self._subscribe("user:1", created_at="1h")
    ```

    `_on_run_complete` runs for each run that finishes; those that had finished before the first
    look are shown, not reported.
    """

    _remembered: ClassVar[tuple[str, ...]] = (*RunsState._remembered, "_created_at")

    _created_at: str | None = None

    def _is_news(self, run: AnyRun) -> bool:
        if run.id not in plain(self._seen) and (
            self._news_since is None or run.created_at <= self._news_since
        ):
            return False
        return super()._is_news(run)

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        tags = (target,) if isinstance(target, str) else target
        if isinstance(tags, Sequence) and all(isinstance(tag, str) for tag in tags):
            return tuple(tags), ""
        raise ConfigurationError(
            f"{target!r} is neither a tag nor a list of tags.", remedy="Pass text, or a list of it."
        )

    def _open_feed(
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        self._look_back(options.created_at)
        request = tag_request(
            self._target, created_at=options.created_at, skip_columns=self._skipped(options)
        )
        feed = feeds.shared_hub().run_feed(connection, request, self._models())
        return run_set_feed(feed, window_of(options))

    def _look_back(self, created_at: str | None) -> None:
        """Look back as far as that. What comes into view by it had finished before."""
        if self._news_since is not None and created_at != self._created_at:
            self._news_since = self._last_created_at
        self._created_at = created_at
