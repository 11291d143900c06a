"""Components for pages that show a subscription.

A component is imported when it is first used: an app that shows cards shouldn't pay for tables.
"""

from typing import TYPE_CHECKING

from reflex_realtime.deferred import deferred

if TYPE_CHECKING:
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
        Column,
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

_DEFERRED = {
    "Column": "runs.columns",
    "batch_progress": "runs.batch_progress",
    "column": "runs.columns",
    "connection_status": "subscription.connection_status",
    "default_columns": "runs.columns",
    "joined_text": "streams.reductions",
    "last_part": "streams.reductions",
    "parts_of_type": "streams.reductions",
    "realtime_batch": "live.realtime_batch",
    "realtime_run": "live.realtime_run",
    "realtime_run_with_streams": "live.realtime_run_with_streams",
    "realtime_runs_with_tag": "live.realtime_runs_with_tag",
    "realtime_subscription": "subscription.realtime_subscription",
    "run_actions": "run.run_actions",
    "run_as": "run.run_as",
    "run_card": "run.run_card",
    "run_error": "run.run_error",
    "run_json": "run.run_json",
    "run_progress": "run.run_progress",
    "run_status_badge": "run.run_status_badge",
    "run_timeline": "runs.run_timeline",
    "runs_sorted": "runs.run_vars",
    "runs_table": "runs.runs_table",
    "runs_with_status": "runs.run_vars",
    "stream_log": "streams.stream_log",
    "stream_text": "streams.stream_text",
}

__all__ = [
    "Column",
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

# Type checkers would take whatever name somebody mistypes for one that is there.
if not TYPE_CHECKING:
    __getattr__ = deferred(__name__, _DEFERRED)
