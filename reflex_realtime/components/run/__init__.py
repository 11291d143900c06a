"""What shows one run, and acts on it."""

from reflex_realtime.components.run.run_actions import run_actions
from reflex_realtime.components.run.run_as import run_as
from reflex_realtime.components.run.run_card import run_card
from reflex_realtime.components.run.run_error import run_error
from reflex_realtime.components.run.run_json import run_json
from reflex_realtime.components.run.run_progress import run_progress
from reflex_realtime.components.run.run_status_badge import run_status_badge

__all__ = [
    "run_actions",
    "run_as",
    "run_card",
    "run_error",
    "run_json",
    "run_progress",
    "run_status_badge",
]
