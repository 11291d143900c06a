"""What a component without a state class follows: written in the app, or named by a var."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import reflex as rx
from reflex_base.constants.state import CAMEL_CASE_MEMO_MARKER, FIELD_MARKER
from reflex_base.vars.sequence import LiteralStringVar

from reflex_realtime.errors import ConfigurationError

_OF_MANY: Final = re.compile(rf"(?<![.\w])\w+({FIELD_MARKER}|{CAMEL_CASE_MEMO_MARKER})\b")
"""The variable of a loop or of a memo; those of states follow a dot."""


@dataclass(frozen=True, slots=True)
class LiveTarget:
    """What is followed.

    Attributes:
        written: The id or the tags, where the app's code has them; else empty.
        named: The var by which the browser names it; else None.
    """

    written: tuple[str, ...] = ()
    named: rx.Var[Any] | None = None

    def __str__(self) -> str:
        """What tells it from others, in this process as in any other."""
        return ", ".join(map(repr, self.written)) if self.named is None else str(self.named)


def one_target(target: Any, id: str | None) -> LiveTarget:
    """What a component follows that follows one thing.

    Args:
        target: An id, or a var of one.
        id: The name that the app has given to the component.

    Returns:
        The target.

    Raises:
        ConfigurationError: It is neither, or a var that cannot be followed.
    """
    if _is_written(target):
        return LiveTarget(written=(target,))
    if isinstance(target, str | rx.Var) and not _is_empty(target):
        return _named(rx.Var.create(target), id)
    raise ConfigurationError(
        f"{target!r} is neither an id nor a var of one.",
        remedy="Pass the id as text, or a var that has it, such as MyState.run_id.",
    )


def tags_target(target: Any, id: str | None) -> LiveTarget:
    """What a component follows that follows the runs with some tags.

    Args:
        target: A tag, a list of tags, or a var of either.
        id: The name that the app has given to the component.

    Returns:
        The target.

    Raises:
        ConfigurationError: It is none of these, or a var that cannot be followed.
    """
    if not isinstance(target, Sequence) or isinstance(target, str):
        return one_target(target, id)
    if target and all(_is_written(tag) for tag in target):
        return LiveTarget(written=tuple(target))
    if target and all(isinstance(tag, str | rx.Var) and not _is_empty(tag) for tag in target):
        return _named(rx.Var.create(list(target)), id)
    raise ConfigurationError(
        f"{target!r} is not a list of tags.", remedy="Pass at least one tag, each as text or a var."
    )


def _named(var: rx.Var[Any], id: str | None) -> LiveTarget:
    if _OF_MANY.search(str(var)):
        raise ConfigurationError(
            f"{var!s} is an item of an rx.foreach or a prop of an rx.memo, and each of its values "
            "would need a state of its own.",
            remedy="For many runs take realtime_runs_with_tag, realtime_batch or a state class "
            "with `runs`, and rx.foreach(state.runs, run_card); instead of a memo take a plain "
            "function.",
        )
    data = var._get_all_var_data()
    if not id and not (data and data.state):
        raise ConfigurationError(
            f"{var!s} is of no state, so nothing names it in the same way in each process.",
            remedy='Name the component: id="...", unlike that of any other.',
        )
    return LiveTarget(named=var)


def _is_written(value: Any) -> bool:
    """Whether it is text without vars, which an f-string may have put into it."""
    return (
        isinstance(value, str)
        and not _is_empty(value)
        and isinstance(rx.Var.create(value), LiteralStringVar)
    )


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and not value
