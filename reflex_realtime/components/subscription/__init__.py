"""What keeps a subscription going, and what tells how it is doing."""

from reflex_realtime.components.subscription.connection_status import connection_status
from reflex_realtime.components.subscription.realtime_subscription import realtime_subscription

__all__ = ["connection_status", "realtime_subscription"]
