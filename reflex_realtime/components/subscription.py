"""`realtime_subscription`: tells a state that a page shows it."""

from __future__ import annotations

from typing import Any, cast

import reflex as rx
from reflex_base.vars.base import VarData

from reflex_realtime.states.subscription import SubscriptionState

_VIEWER = rx.Var("realtimeViewer").to(str)
_TARGET = rx.Var("realtimeTarget").to(str)


class RealtimeSubscription(rx.Fragment):
    """Renders nothing; runs an effect while it is on the page."""

    @classmethod
    def of(cls, state: type[SubscriptionState], target: Any = None) -> RealtimeSubscription:
        """Create the component.

        Args:
            state: The state that the page shows.
            target: What to follow: text, a list of text, or a var of either.
        """
        component = cls.create()
        object.__setattr__(component, "_state", state)
        object.__setattr__(component, "_target", rx.Var.create(target))
        return cast("RealtimeSubscription", component)

    def add_imports(self) -> dict[str, Any]:
        """React's effect hook."""
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var]:
        """Open the view once the page is hydrated, after each reconnect too, and close it.

        Every run of the effect has a mark of its own, so that a late close, as React's strict
        mode and quick navigation produce, cannot end a newer view.
        """
        state: type[SubscriptionState] = self._state  # pyright: ignore[reportAttributeAccessIssue]
        target: rx.Var = self._target  # pyright: ignore[reportAttributeAccessIssue]
        opened = _chain(state.view_opened(_VIEWER, _TARGET))
        closed = _chain(state.view_closed(_VIEWER))
        hydrated = cast("rx.Var", rx.State.is_hydrated)
        # Lists are compared by what is in them, hence as text.
        effect = f"""useEffect(() => {{
  if (!{hydrated!s}) return;
  const realtimeViewer = Math.random().toString(36).slice(2);
  const realtimeTarget = {target!s};
  ({opened!s})();
  return () => ({closed!s})();
}}, [{hydrated!s}, JSON.stringify({target!s})])"""
        used = [var._get_all_var_data() for var in (opened, closed, hydrated, target)]
        return [rx.Var(effect, _var_data=VarData.merge(*used))]


def realtime_subscription(
    state: type[SubscriptionState],
    target: str | list[str] | rx.Var[str] | rx.Var[list[str]] | None = None,
) -> rx.Component:
    """Keep a state's subscription going while this is on the page.

    A page that shows the state contains it once. The subscription goes on after a reload, a
    reconnect or a return to the page, and ends when the page is left.

    Args:
        state: A state class made with one of the mixins.
        target: What to follow: a run id, a batch id, a tag or tags, or a var that has it, whose
            changes are followed; empty text follows nothing. The browser names it, so the state's
            `_authorize` decides. None to follow what the state's own handlers subscribe to.

    Returns:
        A component that renders nothing.
    """
    return RealtimeSubscription.of(state, target)


def _chain(event: Any) -> rx.Var:
    return rx.Var.create(rx.EventChain.create(value=event, args_spec=rx.event.no_args_event_spec))
