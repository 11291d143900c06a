"""Components for pages that show a subscription."""

from reflex_realtime.components.run_as import run_as
from reflex_realtime.components.run_vars import runs_sorted, runs_with_status
from reflex_realtime.components.subscription import realtime_subscription

__all__ = ["realtime_subscription", "run_as", "runs_sorted", "runs_with_status"]
