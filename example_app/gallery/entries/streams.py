"""What shows a stream."""

from example_app.gallery.entry import Entry, Still
from example_app.gallery.stage import Stage
from example_app.gallery.stills import Connecting, Idle, Reconnecting, Refused, Samples
from reflex_realtime.components import stream_log, stream_text

HEIGHT = "14rem"


def _texts() -> list[Still]:
    return [
        Still("Markdown", stream_text(Samples.text, markdown=True, label="Markdown"), wide=True),
        Still("Nothing yet", stream_text(Idle, "text", height=HEIGHT)),
        Still("Connecting", stream_text(Connecting, "text", height=HEIGHT)),
        Still("Streaming", stream_text(Samples.text, streaming=True, label="Plain", height=HEIGHT)),
        Still("Disconnected", stream_text(Reconnecting, "text", height=HEIGHT)),
        Still("Refused", stream_text(Refused, "text", height=HEIGHT)),
        Still("Finished", stream_text(Samples.text, label="Finished", height=HEIGHT)),
    ]


def _logs() -> list[Still]:
    return [
        Still("Finished", stream_log(Samples.log, label="Finished", height=HEIGHT)),
        Still("Nothing yet", stream_log(Idle, "log", height=HEIGHT)),
        Still("Connecting", stream_log(Connecting, "log", height=HEIGHT)),
        Still("Disconnected", stream_log(Reconnecting, "log", height=HEIGHT)),
        Still("Refused", stream_log(Refused, "log", height=HEIGHT)),
    ]


STREAM_ENTRIES = [
    Entry(
        name="stream_text",
        icon="text-cursor-input",
        lead="Text as a run writes it, plain or in Markdown, followed to its end.",
        code='stream_text(Chat, "answer", markdown=True)',
        stills=_texts,
        live=lambda: stream_text(Stage, "text", markdown=True, height="24rem"),
    ),
    Entry(
        name="stream_log",
        icon="scroll-text",
        lead="The lines of a log as a run writes them, with colours for levels.",
        code='stream_log(Import, "log")',
        stills=_logs,
        live=lambda: stream_log(Stage, "log", height="18rem"),
    ),
]
