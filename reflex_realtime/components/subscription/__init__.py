"""What keeps a subscription going, and what tells how it is doing."""

from reflex_realtime.components.subscription.realtime_subscription import realtime_subscription

__all__ = ["realtime_subscription"]
