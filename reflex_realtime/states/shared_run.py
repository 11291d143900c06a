"""A run that many sessions show, read from its feed once for all of them.

Two hundred viewers of a run would otherwise each read every update of it, compare it with the one
before and keep the result, which costs more than sending it, garbage collection included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from reflex_realtime.models import AnyRun
from reflex_realtime.patches.patch import Patch
from reflex_realtime.states.models import run_difference
from reflex_realtime.states.saved import Saved

_Run: TypeAlias = AnyRun


@dataclass(frozen=True, slots=True, eq=False)
class SharedRun(Saved):
    """A run that must not be changed; a session that reads it gets one of its own.

    Attributes:
        run: The run.
    """

    run: _Run

    def restored(self) -> _Run:
        """A run of the reader's own."""
        return own_run(self.run)


def own_run(run: _Run) -> _Run:
    """A run whose payload, output and metadata nobody else has."""
    return run.model_copy(deep=True)


def shared_run_difference(old: _Run, new: _Run) -> Patch | None:
    """What a page must be told, worked out once for all sessions that show the same.

    Args:
        old: The shared run as it is shown.
        new: The shared run as it is now.

    Returns:
        The patch, not to be changed; None where there is no difference.
    """
    return _difference(_Same(old), _Same(new))


class _Same:
    """Takes a run for itself and no other: comparing runs would cost what is to be saved."""

    __slots__ = ("run",)

    def __init__(self, run: _Run) -> None:
        self.run = run

    def __hash__(self) -> int:
        return id(self.run)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.run is self.run


@lru_cache(maxsize=32)
def _difference(old: _Same, new: _Same) -> Patch | None:
    return run_difference(old.run, new.run)
