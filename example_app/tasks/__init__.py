"""The tasks. Importing this package registers them all."""

from example_app.tasks import analysis, digests, narration, outline, script, search

__all__ = ["analysis", "digests", "narration", "outline", "script", "search"]
