"""The embedded server that runs the tasks when no Trigger.dev credential is configured."""

import os
from pathlib import Path

from reflex_realtime.devserver import DevServer

DATA = Path(".realtime")

IS_EMBEDDED = not (os.environ.get("TRIGGER_SECRET_KEY") or os.environ.get("TRIGGER_ACCESS_TOKEN"))
"""Whether the tasks run in this app, for want of a credential for Trigger.dev."""

server = DevServer(path=str(DATA / "runs.db"))
