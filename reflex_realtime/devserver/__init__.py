"""An embedded realtime server for development: Python tasks behind Trigger.dev's protocol."""

from reflex_realtime.devserver.server import DevServer
from reflex_realtime.devserver.tasks.context import TaskContext
from reflex_realtime.devserver.tasks.definition import AbortTaskRunError, TaskRetry
from reflex_realtime.devserver.tasks.notebook import RunCancelled

__all__ = ["AbortTaskRunError", "DevServer", "RunCancelled", "TaskContext", "TaskRetry"]
