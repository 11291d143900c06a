"""Views of streams, and what is made of their parts in the browser."""

from reflex_realtime.components.streams.reductions import joined_text, last_part, parts_of_type
from reflex_realtime.components.streams.stream_log import stream_log
from reflex_realtime.components.streams.stream_text import stream_text

__all__ = ["joined_text", "last_part", "parts_of_type", "stream_log", "stream_text"]
