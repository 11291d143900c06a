"""The embedded server that runs the tasks when no Trigger.dev credential is configured."""

import os
from pathlib import Path

from reflex_realtime.devserver import DevServer

DATA = Path(os.environ.get("EXAMPLE_APP_DATA", ".realtime"))

server = DevServer(path=str(DATA / "runs.db"))
