"""The entries of the gallery."""

from example_app.gallery.entries.live import LIVE_ENTRIES
from example_app.gallery.entries.run import RUN_ENTRIES
from example_app.gallery.entries.runs import RUNS_ENTRIES
from example_app.gallery.entries.streams import STREAM_ENTRIES
from example_app.gallery.entry import Entry

ENTRIES: list[Entry] = [*RUN_ENTRIES, *RUNS_ENTRIES, *STREAM_ENTRIES, *LIVE_ENTRIES]
