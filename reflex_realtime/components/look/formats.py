"""Numbers, times and durations as text, formatted in the browser."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.components.look.expressions import called, expression

NOTHING: Final = "\N{EN DASH}"
"""What stands where there is no value."""


def grouped(number: Any) -> rx.Var[str]:
    """A whole number with its thousands apart: `12,345`; a dash while there is none."""
    return _formatted(number, "{}.toLocaleString('en')")


def percent(share: Any) -> rx.Var[str]:
    """A share of one, rounded down: `42 %`; a dash while there is none."""
    return _formatted(share, "Math.floor({} * 100) + ' %'")


def duration(milliseconds: Any) -> rx.Var[str]:
    """A duration: `840 ms`, `12.3 s`, `2 min 05 s`; a dash while there is none."""
    return called("formatDuration", formats_library(), milliseconds).to(str)


def json_line(value: Any) -> rx.Var[str]:
    """JSON in one line, at most 300 characters of it; a dash while there is none."""
    return called("formatJson", formats_library(), value).to(str)


def local_time(moment: Any, **props: Any) -> rx.Component:
    """A point in time as the visitor's clock shows it, with its day on any other day.

    Args:
        moment: The var of a time, such as a run's `created_at`.
        **props: Props of the `time` element.

    Returns:
        Such as `14:05:09`; a dash while there is none.
    """
    return LocalTime.create(moment=moment, **props)


def elapsed(since: Any, until: Any = None, **props: Any) -> rx.Component:
    """How long something took; while it has not ended, how long it has been going on, ticking.

    Args:
        since: The var of when it began.
        until: The var of when it ended.
        **props: Props of the `span` element.

    Returns:
        Such as `12 s` while it goes on, `12.3 s` when it has ended; a dash before it began.
    """
    return Elapsed.create(since=since, until=until, **props)


def countdown(seconds: Any, since: Any = None, **props: Any) -> rx.Component:
    """How long something will take yet, ticking.

    Args:
        seconds: The var of how many seconds are left.
        since: The var of when they were. None for when the page was told.
        **props: Props of the `span` element.

    Returns:
        Such as `12 s`; a dash while nobody knows.
    """
    return Countdown.create(seconds=seconds, since=since, **props)


class _Times(rx.Component):
    """A component of times.jsx."""

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        formats_library()
        return {_library("times.jsx"): rx.ImportVar(tag=self.tag)}


class LocalTime(_Times):
    """A point in time on the visitor's clock."""

    tag: str | None = "LocalTime"

    moment: rx.Var[Any]


class Elapsed(_Times):
    """How long something took, or has been going on."""

    tag: str | None = "Elapsed"

    since: rx.Var[Any]
    until: rx.Var[Any]


class Countdown(_Times):
    """How long something will take yet."""

    tag: str | None = "Countdown"

    seconds: rx.Var[Any]
    since: rx.Var[Any]


def formats_library() -> str:
    """Where a page imports the formats from, with the clock beside them.

    They are put there, among the app's assets, when the app is compiled.
    """
    _library("clock.js")
    return _library("formats.js")


def _library(file: str) -> str:
    return rx.asset(file, shared=True).importable_path


def _formatted(value: Any, text: str) -> rx.Var[str]:
    var = rx.Var.create(value)
    return expression(f"({var} == null ? '{NOTHING}' : {text.format(var)})", var).to(str)
