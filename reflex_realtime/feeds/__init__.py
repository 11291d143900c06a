"""Feeds of runs and streams, usable without Reflex."""

from reflex_realtime.feeds.client import RealtimeClient

__all__ = ["RealtimeClient"]
