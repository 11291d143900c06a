"""How a run travels to the browser."""

from __future__ import annotations

from typing import Any

import reflex as rx

from reflex_realtime.models import RealtimeRun


@rx.serializer
def serialize_run(run: RealtimeRun) -> dict[str, Any]:
    """Send what the run's model declares, times as ISO 8601, which every browser reads."""
    return run.model_dump(mode="json")
