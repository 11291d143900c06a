"""`run_json`: what went into a run, what came out, what it says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.look.boxes import empty
from reflex_realtime.components.look.copy_button import copy_button
from reflex_realtime.components.look.expressions import expression
from reflex_realtime.components.look.source import Source, run_source, subscribed
from reflex_realtime.errors import ConfigurationError

JsonField: TypeAlias = Literal["payload", "output", "metadata"]

FIELDS: Final[dict[str, tuple[str, str]]] = {
    "payload": ("Payload", "No payload."),
    "output": ("Output", "No output."),
    "metadata": ("Metadata", "No metadata."),
}
"""What each field is called, and what stands in its place while it is empty."""


def run_json(
    source: Any,
    *,
    fields: Sequence[JsonField] = ("payload", "output", "metadata"),
    on_complete: EventType[()] | EventType[str] | None = None,
    **props: Any,
) -> rx.Component:
    """The JSON of a run, unfolding level by level, a tab for each field.

    What is folded is not rendered, and long lists and texts come a part at a time, so that a large
    value costs no more than what is shown of it.

    Args:
        source: A state class with a run, or the var of a run.
        fields: Which of `payload`, `output` and `metadata`, in this order. One alone has no tabs.
        on_complete: The event handler that is called with the id of each run that finishes; needs
            a state class.
        **props: Props of the box.

    Returns:
        The fields.

    Raises:
        ConfigurationError: The source is neither, `on_complete` is given without a state, or
            there is no such field.
    """
    shown = run_source(source)
    if not fields or not {*fields} <= {*FIELDS}:
        raise ConfigurationError(
            f"run_json has no fields {list(fields)!r}.",
            remedy=f"Name at least one of {', '.join(FIELDS)}.",
        )
    trees = [(name, _field(shown, name)) for name in fields]
    content = trees[0][1] if len(trees) == 1 else _tabs(trees)
    return subscribed(shown, rx.box(content, **{"width": "100%", **props}), on_complete)


class JsonTree(rx.Component):
    """JSON that unfolds level by level."""

    tag: str | None = "JsonTree"

    value: rx.Var[Any]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        library = rx.asset("JsonTree.jsx", shared=True).importable_path
        return {library: rx.ImportVar(tag=self.tag)}


def _tabs(trees: Sequence[tuple[str, rx.Component]]) -> rx.Component:
    return rx.tabs.root(
        rx.tabs.list(*[rx.tabs.trigger(FIELDS[name][0], value=name) for name, _ in trees]),
        *[rx.tabs.content(tree, value=name) for name, tree in trees],
        default_value=trees[0][0],
    )


def _field(run: Source, name: str) -> rx.Component:
    value = getattr(run.value, name)
    word, nothing = FIELDS[name]
    waiting = rx.cond(run.is_loading, "Loading", nothing)
    tree = rx.box(
        rx.box(
            JsonTree.create(value=value, style=_TREE),
            tab_index=0,
            role="group",
            custom_attrs={"aria-label": word},
            overflow="auto",
            max_height="24rem",
            padding="0.75rem",
        ),
        copy_button(value, f"Copy the {name}", position="absolute", top="0.5rem", right="0.75rem"),
        position="relative",
    )
    return rx.box(
        rx.cond(_is_there(value, name), tree, empty("braces", waiting)),
        min_height="8rem",
        border_radius="var(--radius-3)",
        background=rx.color("gray", 2),
    )


def _is_there(value: Any, name: str) -> rx.Var[bool]:
    """Whether there is something to show: a run without metadata has an empty object."""
    counted = f"(Object.keys({value} ?? {{}}).length > 0)"
    return expression(counted if name == "metadata" else f"({value} != null)", value).to(bool)


_TREE: Final = {
    "font_family": "var(--code-font-family)",
    "font_size": "var(--font-size-1)",
    "line_height": "1.6",
    "color": rx.color("gray", 12),
    "overflow_wrap": "anywhere",
    "white_space": "pre-wrap",
    "& ul": {"list_style": "none", "margin": "0", "padding": "0 0 0 1.25rem"},
    "& summary": {"cursor": "pointer", "margin_left": "-0.1rem"},
    "& .leaf": {"padding_left": "1rem", "text_indent": "-0.1rem"},
    "& .size": {"color": rx.color("gray", 11)},
    "& .name": {"color": rx.color("gray", 12), "font_weight": "500"},
    "& .text": {"color": rx.color("brown", 11)},
    "& .number": {"color": rx.color("blue", 11)},
    "& .boolean": {"color": rx.color("purple", 11)},
    "& .null": {"color": rx.color("gray", 11)},
    "& button": {
        "font": "inherit",
        "color": rx.color("accent", 11),
        "background": "none",
        "border": "none",
        "padding": "0 0.25rem",
        "cursor": "pointer",
        "text_decoration": "underline",
    },
}
