"""What shows a set of runs, and when runs did what."""

from reflex_realtime.components.runs.batch_progress import batch_progress
from reflex_realtime.components.runs.columns import Column, column, default_columns
from reflex_realtime.components.runs.run_timeline import run_timeline
from reflex_realtime.components.runs.run_vars import runs_sorted, runs_with_status
from reflex_realtime.components.runs.runs_table import runs_table

__all__ = [
    "Column",
    "batch_progress",
    "column",
    "default_columns",
    "run_timeline",
    "runs_sorted",
    "runs_table",
    "runs_with_status",
]
