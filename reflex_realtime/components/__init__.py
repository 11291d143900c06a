"""Components for pages that show a subscription."""

from reflex_realtime.components.subscription import realtime_subscription

__all__ = ["realtime_subscription"]
