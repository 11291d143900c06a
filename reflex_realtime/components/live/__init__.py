"""Components that follow something without a state class of the app's own."""

from reflex_realtime.components.live.realtime_batch import realtime_batch
from reflex_realtime.components.live.realtime_run import realtime_run
from reflex_realtime.components.live.realtime_run_with_streams import realtime_run_with_streams
from reflex_realtime.components.live.realtime_runs_with_tag import realtime_runs_with_tag

__all__ = [
    "realtime_batch",
    "realtime_run",
    "realtime_run_with_streams",
    "realtime_runs_with_tag",
]
