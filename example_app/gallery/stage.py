"""What the live part of a component's page follows: runs that play a script."""

from typing import Any

import reflex as rx
from pydantic import BaseModel

from example_app.tasks.script import Film, LogLine, Script
from example_app.visitor import Visitor
from reflex_realtime import RealtimeBatchState, RealtimeRunWithStreamsState

BATCH_SIZE = 18
TITLES = ("Low tide", "Fog over the bay", "Ferry at noon", "Harbour lights")


class StageStreams(BaseModel):
    """The streams of a script."""

    text: list[str] = []
    log: list[LogLine] = []


class Stage(RealtimeRunWithStreamsState[Script, Film, StageStreams], Visitor):
    """One run that plays a script.

    Attributes:
        followed_id: Its id, for components that follow it by themselves.
        followed_tag: The tag that all of the visitor's runs have.
    """

    followed_id: str = ""
    followed_tag: str = ""

    @rx.event
    async def play(self, ending: str):
        script = {"ending": ending}
        handle = await self._trigger("play-script", script, tags=[self._visitor_tag()])
        self.followed_id = handle.id if handle else ""
        self.followed_tag = self._visitor_tag()
        return self._subscribe(handle)

    async def _allow_action(self, action: str) -> bool:
        return self.run is not None and self._visitor_tag() in self.run.tags


class Ensemble(RealtimeBatchState[Script, Film], Visitor):
    """A batch of runs that play scripts."""

    batch_id: str = ""

    @rx.event
    async def play(self):
        scripts = [_short_script(number) for number in range(BATCH_SIZE)]
        handle = await self._batch_trigger("play-script", scripts, tags=[self._visitor_tag()])
        self.batch_id = handle.id if handle else ""
        return self._subscribe(handle)


def run_controls() -> rx.Component:
    """The buttons that start a run."""
    return _row(
        _button("play", "Play", Stage.play("success"), id="play"),
        _button("zap", "Play to a failure", Stage.play("failure"), id="fail", variant="soft"),
    )


def batch_controls() -> rx.Component:
    """The button that starts a batch."""
    return _row(
        _button("play", f"Play {BATCH_SIZE} runs", Ensemble.play, id="play"),
        rx.text((Ensemble.progress * 100).to(int), " %", id="played"),
    )


def _short_script(number: int) -> Script:
    return Script(
        title=TITLES[number % len(TITLES)],
        frames=2400 + 120 * number,
        seconds=0.4 + number * 7 % 5 / 4,
        ending="failure" if number % 9 == 5 else "success",
    )


def _button(icon: str, label: str, event: Any, **props: Any) -> rx.Component:
    return rx.button(rx.icon(icon, size=16), label, on_click=event, **props)


def _row(*children: rx.Component) -> rx.Component:
    return rx.flex(*children, spacing="3", wrap="wrap", align="center")
