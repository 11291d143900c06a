"""`realtime_subscription`: tells a state that a page shows it."""

from __future__ import annotations

from hashlib import md5
from typing import Any, cast

import reflex as rx
from reflex_base.event import EventType
from reflex_base.vars.base import VarData

from reflex_realtime.patches.browser import PRIORITY, merging_component
from reflex_realtime.states.subscription import SubscriptionState

_VIEWER = rx.Var("realtimeViewer").to(str)
_TARGET = rx.Var("realtimeTarget").to(str)
_WAITS_FOR_COMPLETION = rx.Var("realtimeWaits").to(bool)


class RealtimeSubscription(rx.Fragment):
    """Renders nothing; runs an effect while it is on the page."""

    @classmethod
    def of(
        cls, state: type[SubscriptionState], target: Any, on_complete: Any
    ) -> RealtimeSubscription:
        """Create the component.

        Args:
            state: The state that the page shows.
            target: What to follow: text, a list of text, or a var of either.
            on_complete: The event handler that is called with the id of each run that finishes.
        """
        component = cls.create()
        object.__setattr__(component, "_on_complete", on_complete)
        object.__setattr__(component, "_state", state)
        object.__setattr__(component, "_target", rx.Var.create(target))
        return cast("RealtimeSubscription", component)

    @staticmethod
    def _get_app_wrap_components() -> dict[tuple[int, str], Any]:
        """What merges patches: whoever follows is sent some, whichever vars the page shows."""
        return {(PRIORITY, "RealtimePatches"): merging_component()}

    def add_imports(self) -> dict[str, Any]:
        """React's effect hook."""
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Open the view once the page is hydrated, after each reconnect too, and close it.

        Every run of the effect has a mark of its own, so that a late close, as React's strict
        mode and quick navigation produce, cannot end a newer view.
        """
        state: type[SubscriptionState] = self._state  # pyright: ignore[reportAttributeAccessIssue]
        target: rx.Var = self._target  # pyright: ignore[reportAttributeAccessIssue]
        opened = _chain(state.view_opened(_VIEWER, _TARGET, _WAITS_FOR_COMPLETION))
        closed = _chain(state.view_closed(_VIEWER))
        hydrated = cast("rx.Var", rx.State.is_hydrated)
        waits = self._on_complete is not None  # pyright: ignore[reportAttributeAccessIssue]
        # Lists are compared by what is in them, hence as text.
        effect = f"""useEffect(() => {{
  if (!{hydrated!s}) return;
  const realtimeViewer = Math.random().toString(36).slice(2);
  const realtimeTarget = {target!s};
  const realtimeWaits = {rx.Var.create(waits)!s};
  ({opened!s})();
  return () => ({closed!s})();
}}, [{hydrated!s}, JSON.stringify({target!s})])"""
        used = [var._get_all_var_data() for var in (opened, closed, hydrated, target)]
        return [rx.Var(effect, _var_data=VarData.merge(*used)), *self._completion_hooks(state)]

    def _completion_hooks(self, state: type[SubscriptionState]) -> list[str | rx.Var[Any]]:
        """Call `on_complete` for each run whose end this tab has not been told yet.

        How many it has been told is kept in the tab's session storage, so that neither a reload
        nor React's strict mode tells it twice.
        """
        handler = self._on_complete  # pyright: ignore[reportAttributeAccessIssue]
        if handler is None:
            return []
        completed = cast("rx.Var", state.completed_runs)
        hydrated = cast("rx.Var", rx.State.is_hydrated)
        called = rx.Var.create(rx.EventChain.create(value=handler, args_spec=_run_id_spec))
        key = f"realtime {state.get_full_name()} {md5(str(called).encode()).hexdigest()}"
        effect = f"""useEffect(() => {{
  if (!{hydrated!s}) return;
  const {{ count, ids }} = {completed!s};
  const told = Number(sessionStorage.getItem({key!r}) ?? 0);
  if (count === told) return;
  sessionStorage.setItem({key!r}, String(count));
  if (count > told) ids.slice(-(count - told)).forEach((id) => ({called!s})(id));
}}, [{hydrated!s}, {completed!s}.count])"""
        used = [var._get_all_var_data() for var in (completed, called, hydrated)]
        return [rx.Var(effect, _var_data=VarData.merge(*used))]


def realtime_subscription(
    state: type[SubscriptionState],
    target: str | list[str] | rx.Var[str] | rx.Var[list[str]] | None = None,
    *,
    on_complete: EventType[()] | EventType[str] | None = None,
) -> rx.Component:
    """Keep a state's subscription going while this is on the page.

    A page that shows the state contains it once. The subscription goes on after a reload, a
    reconnect or a return to the page, and ends when the page is left.

    Args:
        state: A state class made with one of the mixins.
        target: What to follow: a run id, a batch id, a tag or tags, or a var that has it, whose
            changes are followed; empty text follows nothing. The browser names it, so the state's
            `_authorize` decides. None to follow what the state's own handlers subscribe to.
        on_complete: The event handler, of any state, that is called with the id of each run that
            finishes, once in this tab. What must not depend on a page being open belongs into the
            state's `_on_complete`.

    Returns:
        A component that renders nothing.
    """
    return RealtimeSubscription.of(state, target, on_complete)


def _run_id_spec(run_id: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (run_id,)


def _chain(event: Any) -> rx.Var:
    return rx.Var.create(rx.EventChain.create(value=event, args_spec=rx.event.no_args_event_spec))
