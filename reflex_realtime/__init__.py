"""Live background runs in Reflex apps.

The states need Reflex and are imported when they are first used, so that
`reflex_realtime.feeds` and `reflex_realtime.devserver` work without it.
"""

from typing import TYPE_CHECKING

from reflex_realtime.deferred import deferred
from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PayloadError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RealtimeError,
    ServerError,
    TransportError,
)
from reflex_realtime.models import (
    BatchHandle,
    RealtimeErrorInfo,
    RealtimeRun,
    RunError,
    RunProblem,
    RunStatus,
    RunUpdate,
    StreamPart,
    TaskHandle,
)
from reflex_realtime.options import RealtimeOptions, configure

if TYPE_CHECKING:
    from reflex_realtime.feeds.client import RealtimeClient
    from reflex_realtime.states.batch import RealtimeBatchState
    from reflex_realtime.states.run import RealtimeRunState
    from reflex_realtime.states.run_with_streams import RealtimeRunWithStreamsState
    from reflex_realtime.states.runs_with_streams import RealtimeRunsWithStreamsState
    from reflex_realtime.states.runs_with_tag import RealtimeRunsWithTagState
    from reflex_realtime.states.sessions import reclaim_sessions
    from reflex_realtime.states.stream import RealtimeStreamState

_DEFERRED = {
    "RealtimeBatchState": "states.batch",
    "RealtimeClient": "feeds.client",
    "RealtimeRunState": "states.run",
    "RealtimeRunWithStreamsState": "states.run_with_streams",
    "RealtimeRunsWithStreamsState": "states.runs_with_streams",
    "RealtimeRunsWithTagState": "states.runs_with_tag",
    "RealtimeStreamState": "states.stream",
    "reclaim_sessions": "states.sessions",
}

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BatchHandle",
    "ConfigurationError",
    "InvalidRequestError",
    "NotFoundError",
    "PayloadError",
    "PermissionDeniedError",
    "ProtocolError",
    "RateLimitError",
    "RealtimeBatchState",
    "RealtimeClient",
    "RealtimeError",
    "RealtimeErrorInfo",
    "RealtimeOptions",
    "RealtimeRun",
    "RealtimeRunState",
    "RealtimeRunWithStreamsState",
    "RealtimeRunsWithStreamsState",
    "RealtimeRunsWithTagState",
    "RealtimeStreamState",
    "RunError",
    "RunProblem",
    "RunStatus",
    "RunUpdate",
    "ServerError",
    "StreamPart",
    "TaskHandle",
    "TransportError",
    "configure",
    "reclaim_sessions",
]

# Type checkers would take whatever name somebody mistypes for one that is there.
if not TYPE_CHECKING:
    __getattr__ = deferred(__name__, _DEFERRED)
