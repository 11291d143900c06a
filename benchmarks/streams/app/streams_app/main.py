"""Pages that show the same growing list: each in one way, by Reflex's means or by components."""

import asyncio
from typing import Any, ClassVar

import reflex as rx

from reflex_realtime.components import joined_text, stream_log, stream_text
from reflex_realtime.patches.delta import PatchedState
from reflex_realtime.patches.patch import shifted

WORDS = ["the", "sea", "*rises*", "and", "falls", "**twice**", "a", "day"]


def part(number: int) -> str:
    """A word; a paragraph has 100 of them."""
    return WORDS[number % len(WORDS)] + ("\n\n" if number % 100 == 99 else " ")


class Stream(PatchedState, rx.State):
    _patched_vars: ClassVar[tuple[str, ...]] = ("parts",)

    parts: list[str] = []
    written: int = 0

    @rx.event(background=True)
    async def write(self, form: dict[str, Any]):
        parts, flushes = int(form["parts"]), int(form["flushes"])
        shown: list[str] = []
        for _ in range(flushes):
            added = [part(len(shown) + n) for n in range(parts // flushes)]
            async with self:
                before = self.written
                shown.extend(added)
                self._change("parts", shown, shifted(0, before, added))
                self.written = len(shown)

            await asyncio.sleep(0.02)


def lines(parts: Any) -> rx.Component:
    return rx.box(rx.foreach(parts, rx.text), height="20rem", overflow="auto")


PARTS: Any = Stream.parts
VIEWS = {
    "length-plain": lambda: rx.text(PARTS.join("").length()),
    "length": lambda: rx.text(joined_text(PARTS).length()),
    "text-plain": lambda: rx.auto_scroll(
        rx.text(PARTS.join(""), white_space="pre-wrap"), height="20rem"
    ),
    "text": lambda: stream_text(PARTS),
    "markdown-plain": lambda: rx.auto_scroll(rx.markdown(PARTS.join("")), height="20rem"),
    "markdown": lambda: stream_text(PARTS, markdown=True),
    "log-plain": lambda: lines(PARTS),
    "log": lambda: stream_log(PARTS),
}

app = rx.App()
for name, view in VIEWS.items():
    app.add_page(
        rx.fragment(
            rx.form(
                rx.input(name="parts", id="parts"),
                rx.input(name="flushes", id="flushes"),
                rx.button("Write", type="submit"),
                on_submit=Stream.write,
            ),
            rx.text(Stream.written, id="written"),
            view(),
        ),
        route=f"/{name}",
    )
