"""Vars of a state that is saved after every event.

Redis gets the state of a session anew after every event, and gives it back before the next one.
Pickling a list of 10,000 parts or 1,000 runs takes longer than all the rest of it. So such values
are saved in pieces that were pickled once, and put together only when somebody reads them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from reflex_base.vars.base import Field

from reflex_realtime.states.models import plain


class Saved(ABC):
    """A value in pieces."""

    @abstractmethod
    def restored(self) -> Any:
        """The value."""


class SavedField(Field[Any]):
    """A var whose value may be in pieces; who reads it finds the value."""

    def _get_raw(self, instance: Any) -> Any:
        value = super()._get_raw(instance)
        if not isinstance(value, Saved):
            return value
        state = instance
        while type(state) is not self._owner:
            state = state.parent_state
        vars(state)[self._name] = value.restored()
        return vars(state)[self._name]

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is not None:
            self._get_raw(instance)
        return super().__get__(instance, owner)


def saved_value(state: Any, name: str) -> Any:
    """A var's value as it was saved, in pieces or not.

    Args:
        state: The state.
        name: The var.
    """
    fields = vars(plain(state))
    return fields[name] if name in fields else plain(getattr(state, name))


def restored(value: Any) -> Any:
    """A value as it is, from how it was saved."""
    return value.restored() if isinstance(value, Saved) else value
