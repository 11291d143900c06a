"""`stream_text`: a text as it is written."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx
from reflex_base.event import EventType
from reflex_components_markdown.markdown import Markdown
from reflex_components_markdown.markdown import markdown as rx_markdown

from reflex_realtime.components.look.source import subscribed
from reflex_realtime.components.streams.box import stream_box
from reflex_realtime.components.streams.library import imported
from reflex_realtime.components.streams.source import stream_source
from reflex_realtime.components.streams.view import StreamView, stream_view

_FOLLOWING: Final = "use-stick-to-bottom@1.1.6"

_CARET: Final[dict[str, Any]] = {
    "content": "''",
    "display": "inline-block",
    "width": "0.5em",
    "height": "1.1em",
    "margin_left": "0.15em",
    "vertical_align": "text-bottom",
    "border_radius": "1px",
    "background": rx.color("accent", 9),
    "animation": "realtime-caret 1s steps(2, jump-none) infinite",
    "@media (prefers-reduced-motion: reduce)": {"animation": "none"},
}

_STYLE: Final[dict[str, Any]] = {
    "@keyframes realtime-caret": {"from": {"opacity": "1"}, "to": {"opacity": "0"}},
    "& .realtime-content": {
        "padding": "0.75rem 1rem",
        "font_size": "var(--font-size-2)",
        "line_height": "1.6",
        "overflow_wrap": "anywhere",
    },
    "& .realtime-plain": {"white_space": "pre-wrap"},
    # At the end of what was written last: of a text, of a paragraph, of the last item of a list.
    "& .realtime-plain.realtime-caret::after, & .realtime-caret:empty::after": _CARET,
    "& .realtime-caret > :is(p, h1, h2, h3, h4, h5, h6):last-child::after": _CARET,
    "& .realtime-caret > :is(ul, ol):last-child > li:last-child::after": _CARET,
    # The first child: by its name, Reflex's styles would warn of it in development.
    "& .realtime-content > :not(* + *) > :not(* + *)": {"margin_top": "0"},
    "& .realtime-content pre": {
        "margin_block": "1em",
        "padding": "0.75rem",
        "border_radius": "var(--radius-2)",
        "background": rx.color("gray", 3),
        "font_family": "var(--code-font-family)",
        "font_size": "0.9em",
        "white_space": "pre-wrap",
    },
    "& .realtime-content table": {"border_collapse": "collapse", "margin_block": "1em"},
    "& .realtime-content :is(th, td)": {
        "border": f"1px solid {rx.color('gray', 6)}",
        "padding": "0.25rem 0.5rem",
        "text_align": "left",
    },
}


def stream_text(
    source: Any,
    stream: str | None = None,
    *,
    markdown: bool = False,
    streaming: bool | rx.Var[bool] | None = None,
    label: str | rx.Var[str] | None = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    **props: Any,
) -> rx.Component:
    """A text as a run writes it, followed to its end unless the reader has scrolled up.

    However long the text gets, a new part costs what it is long itself: what stands on the page
    already stays as it is.

    Args:
        source: A state class made with `RealtimeRunWithStreamsState`; or the var of a text or of a
            list of texts.
        stream: The name of the state's stream. None with a var.
        markdown: Whether the text is markdown (with tables and task lists). HTML in it is not
            interpreted.
        streaming: Whether more is to come, shown by a caret. None for as long as the state's run
            goes on.
        label: What the text is called for those who do not see the page. None for the name of the
            stream.
        on_complete: The event handler that is called with the id of each run that finishes.
        **props: Props of the box: `height` or `max_height` (20 rem unless one is given), `id`, ...

    Returns:
        The component.

    Raises:
        ConfigurationError: The source has no such stream, or is a var and has an `on_complete`.
    """
    shown = stream_source(source, stream)
    kind = MarkdownStream if markdown else PlainStream
    view = stream_view(kind, shown, streaming, label or stream)
    return subscribed(shown, stream_box(view, _STYLE, props), on_complete)


class PlainStream(StreamView):
    """A text that grows."""

    tag: str | None = "PlainStream"
    lib_dependencies: list[str] = [_FOLLOWING]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code."""
        return imported("plain.jsx", self.tag)


class MarkdownStream(StreamView, Markdown):
    """A markdown text that grows: the options of Reflex's markdown, for each block of it."""

    library: str | None = None
    tag: str | None = "MarkdownStream"
    is_default: bool | None = False
    lib_dependencies: list[str] = [
        _FOLLOWING,
        "react-markdown@10.1.0",
        "remark-parse@11.0.0",
        "unified@11.0.5",
    ]

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Any:
        """Create the component. HTML stays text: who writes a stream is not to be trusted."""
        component = super().create(
            "",
            component_map={"pre": lambda code, **_: rx.el.pre(code)},
            remark_plugins=rx.Var.create([rx_markdown.plugin.gfm]),
            rehype_plugins=rx.Var.create([]),
            **props,
        )
        component.children = list(children)
        return component

    def add_imports(self) -> dict[str, Any]:
        """The component's own code."""
        return imported("markdown.jsx", self.tag)
