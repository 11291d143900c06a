"""The Reflex side: state mixins that follow runs, and the one life cycle they share."""

from reflex_realtime.states.batch import RealtimeBatchState
from reflex_realtime.states.run import RealtimeRunState
from reflex_realtime.states.run_with_streams import RealtimeRunWithStreamsState
from reflex_realtime.states.runs_with_streams import RealtimeRunsWithStreamsState
from reflex_realtime.states.runs_with_tag import RealtimeRunsWithTagState
from reflex_realtime.states.sessions import reclaim_sessions
from reflex_realtime.states.stream import RealtimeStreamState

__all__ = [
    "RealtimeBatchState",
    "RealtimeRunState",
    "RealtimeRunWithStreamsState",
    "RealtimeRunsWithStreamsState",
    "RealtimeRunsWithTagState",
    "RealtimeStreamState",
    "reclaim_sessions",
]
