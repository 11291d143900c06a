"""`realtime_subscription`: tells a state that a page shows it."""

from __future__ import annotations

from typing import Any, cast

import reflex as rx
from reflex_base.vars.base import VarData

from reflex_realtime.states.subscription import SubscriptionState

_VIEWER = rx.Var("realtimeViewer").to(str)


class RealtimeSubscription(rx.Fragment):
    """Renders nothing; runs an effect while it is on the page."""

    @classmethod
    def of(cls, state: type[SubscriptionState]) -> RealtimeSubscription:
        """Create the component.

        Args:
            state: The state that the page shows.
        """
        component = cls.create()
        object.__setattr__(component, "_state", state)
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
        opened, closed = _chain(state.view_opened), _chain(state.view_closed)
        hydrated = cast("rx.Var", rx.State.is_hydrated)
        effect = f"""useEffect(() => {{
  if (!{hydrated!s}) return;
  const realtimeViewer = Math.random().toString(36).slice(2);
  ({opened!s})();
  return () => ({closed!s})();
}}, [{hydrated!s}])"""
        used = [var._get_all_var_data() for var in (opened, closed, hydrated)]
        return [rx.Var(effect, _var_data=VarData.merge(*used))]


def realtime_subscription(state: type[SubscriptionState]) -> rx.Component:
    """Keep a state's subscription going while this is on the page.

    A page that shows the state contains it once. The subscription goes on after a reload, a
    reconnect or a return to the page, and ends when the page is left.

    Args:
        state: A state class made with one of the mixins.

    Returns:
        A component that renders nothing.
    """
    return RealtimeSubscription.of(state)


def _chain(handler: Any) -> rx.Var:
    return rx.Var.create(
        rx.EventChain.create(value=handler(_VIEWER), args_spec=rx.event.no_args_event_spec)
    )
