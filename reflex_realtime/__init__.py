"""Live background runs in Reflex apps.

The states need Reflex and are imported when they are first used, so that
`reflex_realtime.feeds` and `reflex_realtime.devserver` work without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    "RealtimeBatchState": "reflex_realtime.states.batch",
    "RealtimeClient": "reflex_realtime.feeds.client",
    "RealtimeRunState": "reflex_realtime.states.run",
    "RealtimeRunWithStreamsState": "reflex_realtime.states.run_with_streams",
    "RealtimeRunsWithStreamsState": "reflex_realtime.states.runs_with_streams",
    "RealtimeRunsWithTagState": "reflex_realtime.states.runs_with_tag",
    "RealtimeStreamState": "reflex_realtime.states.stream",
    "reclaim_sessions": "reflex_realtime.states.sessions",
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


def __getattr__(name: str) -> Any:
    """Import what needs Reflex, and the client, when it is first used."""
    if name not in _DEFERRED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_DEFERRED[name]), name)
