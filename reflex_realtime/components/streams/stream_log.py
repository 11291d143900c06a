"""`stream_log`: the lines of a log as they are written."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.source import subscribed
from reflex_realtime.components.look.virtual_list import VIRTUAL_LIST
from reflex_realtime.components.streams.box import stream_box
from reflex_realtime.components.streams.library import imported
from reflex_realtime.components.streams.reductions import check_field, item_type
from reflex_realtime.components.streams.source import stream_source
from reflex_realtime.components.streams.view import StreamView, stream_view

_COLORS: Final[dict[str, Any]] = {
    "debug": "gray",
    "info": "blue",
    "warning": "amber",
    "error": "red",
}

_STYLE: Final[dict[str, Any]] = {
    "& .realtime-levels": {
        "display": "flex",
        "flex_wrap": "wrap",
        "gap": "0.5rem",
        "padding": "0.5rem 0.75rem",
        "border_bottom": f"1px solid {rx.color('gray', 5)}",
    },
    "& .realtime-count": {
        "min_width": "3ch",
        "text_align": "right",
        "font_variant_numeric": "tabular-nums",
    },
    "& .realtime-lines": {"position": "relative", "container_type": "inline-size"},
    "& .realtime-line": {
        "position": "absolute",
        "top": "0",
        "left": "0",
        "width": "100%",
        "display": "flex",
        "gap": "0.75rem",
        "padding": "0.125rem 0.75rem",
        "font_family": "var(--code-font-family)",
        "font_size": "var(--font-size-1)",
        "line_height": "1.25rem",
    },
    "& .realtime-time": {
        "flex": "none",
        "color": rx.color("gray", 11),
        "font_variant_numeric": "tabular-nums",
    },
    "& .realtime-level": {
        "flex": "none",
        "display": "inline-flex",
        "align_items": "center",
        "gap": "0.25rem",
        "height": "1.25rem",
        "width": "5.25rem",
        "color": rx.color("gray", 11),
    },
    "& .realtime-message": {
        "flex": "1 1 auto",
        "min_width": "0",
        "white_space": "pre-wrap",
        "overflow_wrap": "anywhere",
    },
    **{
        f"& .realtime-level[data-level={level}]": {"color": rx.color(color, 11)}
        for level, color in _COLORS.items()
    },
    "& .realtime-message[data-level=error]": {"color": rx.color("red", 11)},
    "& .realtime-message[data-level=debug]": {"color": rx.color("gray", 11)},
    "@container (max-width: 30rem)": {"& .realtime-time": {"display": "none"}},
}


def stream_log(
    source: Any,
    stream: str | None = None,
    *,
    level_key: str = "level",
    message_key: str = "message",
    time_key: str = "time",
    streaming: bool | rx.Var[bool] | None = None,
    label: str | rx.Var[str] | None = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    **props: Any,
) -> rx.Component:
    """The lines of a log as a run writes them, followed to the end unless the reader scrolled up.

    Only the lines in view are in the document, so there may be as many as one likes. Lines that
    have levels can be filtered by them, in the browser.

    Args:
        source: A state class made with `RealtimeRunWithStreamsState`; or the var of a list of
            texts or of objects.
        stream: The name of the state's stream. None with a var.
        level_key: The field of an object that has its level: `debug`, `info`, `warning`, `error`
            or another usual name of one of them, in capitals too.
        message_key: The field that has its text.
        time_key: The field that has when it was written: ISO 8601, or seconds or milliseconds
            since 1970.
        streaming: Whether more is to come. None for as long as the state's run goes on.
        label: What the log is called for those who do not see the page. None for the name of the
            stream.
        on_complete: The event handler that is called with the id of each run that finishes.
        **props: Props of the box: `height` or `max_height` (20 rem unless one is given), `id`, ...

    Returns:
        The component.

    Raises:
        ConfigurationError: The source has no such stream, its parts have no such message, or it is
            a var and has an `on_complete`.
    """
    shown = stream_source(source, stream)
    check_field(shown.value, message_key)
    has_objects = item_type(shown.value) is not str
    view = stream_view(
        StreamLog,
        shown,
        streaming,
        label or stream,
        keys=rx.Var.create({"level": level_key, "message": message_key, "time": time_key}),
        has_levels=has_objects,
    )
    return subscribed(shown, stream_box(view, _STYLE, props), on_complete)


class StreamLog(StreamView):
    """Lines that become more.

    Attributes:
        keys: The fields of a line that have its level, its message and its time.
        has_levels: Whether lines can have a level.
    """

    tag: str | None = "StreamLog"
    lib_dependencies: list[str] = [VIRTUAL_LIST]

    keys: rx.Var[dict[str, str]]
    has_levels: rx.Var[bool]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code."""
        return imported("log.jsx", self.tag)
