"""What shows a set of runs."""

from reflex_realtime.components.runs.run_vars import runs_sorted, runs_with_status

__all__ = ["runs_sorted", "runs_with_status"]
