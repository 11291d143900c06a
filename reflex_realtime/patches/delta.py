"""Puts patches into what Reflex sends.

This is the only place that interferes with how Reflex builds a delta, which is not public;
`tests/patches/test_reflex.py` names what it relies on.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any, ClassVar, Final

import reflex as rx
from reflex.state import BaseState
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.vars.base import VarData

from reflex_realtime.patches.browser import PRIORITY, merging_component
from reflex_realtime.patches.patch import Patch

_PENDING: Final = "_pending_patches"


class PatchedState(rx.State, mixin=True):
    """The part of a state that sends what changed in some of its vars instead of the whole vars.

    Attributes:
        realtime_revision: Which values the page has. It changes with each of them.
    """

    _patched_vars: ClassVar[tuple[str, ...]] = ()
    """The vars whose changes may be sent as patches."""

    realtime_revision: str = ""

    _sends_patches: bool = True

    def __init_subclass__(cls, **options: Any) -> None:
        """Let whatever page uses a patched var merge its patches."""
        super().__init_subclass__(**options)
        for name in cls._patched_vars:
            field = cls.get_fields().get(name)
            if field and field._owner is cls and field._var is not None:
                wrap = VarData(app_wraps=((PRIORITY, merging_component()),))
                field._var = field._var._replace(_var_data=wrap)

    @rx.event
    def send_whole(self):
        """Send the vars whole to a page that has missed a patch."""
        for name in self._patched_vars:
            _mark_dirty(self, name)

    def _change(self, name: str, value: Any, patch: Patch | None) -> None:
        """Change a var, of which only what changed is to be sent.

        Args:
            name: The var.
            value: Its value from now on.
            patch: What makes the value of the present one, as far as a page sees it; None where it
                sees no difference.
        """
        state = getattr(self, "__wrapped__", self)
        vars(state)[name] = value
        state._was_touched = True
        if patch is None:
            return
        pending = vars(state).setdefault(_PENDING, {})
        if not self._sends_patches or name in pending:
            _mark_dirty(state, name)
            return
        pending[name] = patch
        # Computed vars that depend on it are computed anew.
        state._mark_dirty((name,))

    def get_delta(self) -> dict[str, dict[str, Any]]:
        """What has changed, as patches where that was said of a var and nothing else changed it."""
        whole = self.dirty_vars.intersection(self._patched_vars)
        pending: dict[str, Patch] = vars(self).pop(_PENDING, {})
        patches = {name: patch for name, patch in pending.items() if name not in whole}
        if not whole and not patches:
            return BaseState.get_delta(self)
        known = self.realtime_revision
        self.realtime_revision = token_urlsafe(4)
        delta = BaseState.get_delta(self)
        if len(whole) < len(self._patched_vars):
            step = [known, self.realtime_revision, patches]
            delta[self.get_full_name()]["realtime_revision" + FIELD_MARKER] = step
        return delta

    get_delta.__override_base_method__ = True  # pyright: ignore[reportFunctionMemberAccess]


def _mark_dirty(state: BaseState, name: str) -> None:
    state.get_fields()[name]._mark_dirty(state)
