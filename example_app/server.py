"""The embedded server that runs the tasks when no Trigger.dev credential is configured."""

from pathlib import Path

from reflex_realtime.devserver import DevServer

DATA = Path(".realtime")

server = DevServer(path=str(DATA / "runs.db"))
