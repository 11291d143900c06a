"""Components for pages that show a subscription."""

from reflex_realtime.components.runs import runs_sorted, runs_with_status
from reflex_realtime.components.subscription import realtime_subscription

__all__ = ["realtime_subscription", "runs_sorted", "runs_with_status"]
