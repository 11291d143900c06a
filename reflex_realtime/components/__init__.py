"""Components for pages that show a subscription."""

from reflex_realtime.components.live import (
    realtime_batch,
    realtime_run,
    realtime_run_with_streams,
    realtime_runs_with_tag,
)
from reflex_realtime.components.run import (
    run_actions,
    run_as,
    run_card,
    run_error,
    run_json,
    run_progress,
    run_status_badge,
)
from reflex_realtime.components.runs import (
    batch_progress,
    column,
    default_columns,
    run_timeline,
    runs_sorted,
    runs_table,
    runs_with_status,
)
from reflex_realtime.components.streams import (
    joined_text,
    last_part,
    parts_of_type,
    stream_log,
    stream_text,
)
from reflex_realtime.components.subscription import connection_status, realtime_subscription

__all__ = [
    "batch_progress",
    "column",
    "connection_status",
    "default_columns",
    "joined_text",
    "last_part",
    "parts_of_type",
    "realtime_batch",
    "realtime_run",
    "realtime_run_with_streams",
    "realtime_runs_with_tag",
    "realtime_subscription",
    "run_actions",
    "run_as",
    "run_card",
    "run_error",
    "run_json",
    "run_progress",
    "run_status_badge",
    "run_timeline",
    "runs_sorted",
    "runs_table",
    "runs_with_status",
    "stream_log",
    "stream_text",
]
