"""The statuses of runs by what they come to, for counting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import reflex as rx

from reflex_realtime.components.look.statuses import RUN_LOOKS
from reflex_realtime.models import (
    EXECUTING_STATUSES,
    FAILED_STATUSES,
    FINISHED_STATUSES,
    QUEUED_STATUSES,
    RunStatus,
)


class Group(NamedTuple):
    """Statuses that come to the same.

    Attributes:
        word: What they are called on a page.
        color: A colour scale of Radix themes.
        statuses: The statuses, in the order in which a run has them.
        ends: Whether a run that has one of them has ended.
    """

    word: str
    color: str
    statuses: list[str]
    ends: bool


def _group(name: RunStatus, statuses: Iterable[RunStatus]) -> Group:
    look = RUN_LOOKS[name]
    names = [str(status) for status in RunStatus if status in statuses]
    return Group(look.word, look.color, names, name in FINISHED_STATUSES)


GROUPS: Final = (
    _group(RunStatus.QUEUED, QUEUED_STATUSES),
    _group(RunStatus.EXECUTING, EXECUTING_STATUSES),
    _group(RunStatus.WAITING, {RunStatus.WAITING}),
    _group(RunStatus.COMPLETED, {RunStatus.COMPLETED}),
    _group(RunStatus.FAILED, FAILED_STATUSES),
    _group(RunStatus.CANCELED, {RunStatus.CANCELED}),
)


def groups_var() -> rx.Var[Any]:
    """The groups as a page knows them."""
    return rx.Var.create([group._asdict() for group in GROUPS])
