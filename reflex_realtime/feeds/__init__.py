"""Feeds of runs and streams, usable without Reflex.

What sends requests is imported when it is first used: httpx takes longer to import than all the
rest of the package.
"""

from typing import TYPE_CHECKING

from reflex_realtime.deferred import deferred

if TYPE_CHECKING:
    from reflex_realtime.feeds.batches import batch_feed
    from reflex_realtime.feeds.client import RealtimeClient
    from reflex_realtime.feeds.connection import Connection, connection_from
    from reflex_realtime.feeds.hub import shared_hub
    from reflex_realtime.feeds.quiet_stream import quiet_stream_feed
    from reflex_realtime.feeds.run_feed import one_run_feed
    from reflex_realtime.feeds.run_with_streams import (
        run_with_streams_feed,
        runs_with_streams_feed,
    )

_DEFERRED = {
    "Connection": "connection",
    "RealtimeClient": "client",
    "batch_feed": "batches",
    "connection_from": "connection",
    "one_run_feed": "run_feed",
    "quiet_stream_feed": "quiet_stream",
    "run_with_streams_feed": "run_with_streams",
    "runs_with_streams_feed": "run_with_streams",
    "shared_hub": "hub",
}

__all__ = [
    "Connection",
    "RealtimeClient",
    "batch_feed",
    "connection_from",
    "one_run_feed",
    "quiet_stream_feed",
    "run_with_streams_feed",
    "runs_with_streams_feed",
    "shared_hub",
]

# Type checkers would take whatever name somebody mistypes for one that is there.
if not TYPE_CHECKING:
    __getattr__ = deferred(__name__, _DEFERRED)
