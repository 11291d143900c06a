"""The embedded server. A page that needs tasks of its own defines them on it."""

from reflex_realtime.devserver import DevServer

# Some tests leave their runs waiting.
server = DevServer(concurrency=100)
