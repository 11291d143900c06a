"""`realtime_subscription`: tells a state that a page shows it."""

from __future__ import annotations

from hashlib import md5
from typing import Any

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.patches.browser import PRIORITY, merging_component
from reflex_realtime.states.subscription import SubscriptionState


def _view(
    viewer: rx.Var[str], target: rx.Var[str], waits_for_completion: rx.Var[bool]
) -> tuple[rx.Var[str], rx.Var[str], rx.Var[bool]]:
    return (viewer, target, waits_for_completion)


def _viewer(viewer: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (viewer,)


def _run_id(run_id: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (run_id,)


class RealtimeSubscription(rx.Component):
    """Renders nothing; runs effects while it is on the page.

    They are those of a component of React, not hooks of the page: only so do they begin and end
    with what is shown by an `rx.cond`.
    """

    tag: str | None = "RealtimeSubscription"

    hydrated: rx.Var[bool]
    target: rx.Var[Any]
    completed: rx.Var[Any]
    told_key: rx.Var[str]

    on_open: rx.EventHandler[_view]
    on_close: rx.EventHandler[_viewer]
    on_complete: rx.EventHandler[_run_id]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        library = rx.asset("RealtimeSubscription.jsx", shared=True).importable_path
        return {library: rx.ImportVar(tag=self.tag)}

    @staticmethod
    def _get_app_wrap_components() -> dict[tuple[int, str], Any]:
        """What merges patches: whoever follows is sent some, whichever vars the page shows."""
        return {(PRIORITY, "RealtimePatches"): merging_component()}


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
    props: dict[str, Any] = {} if target is None else {"target": target}
    if on_complete is not None:
        props |= {
            "completed": state.completed_runs,
            "told_key": f"realtime {state.get_full_name()} {_digest(on_complete)}",
            "on_complete": on_complete,
        }
    events = {"on_open": state.view_opened, "on_close": state.view_closed}
    return RealtimeSubscription.create(hydrated=rx.State.is_hydrated, **events, **props)


def _digest(handler: Any) -> str:
    """What tells a handler from the others that are told by the same state."""
    called = rx.Var.create(rx.EventChain.create(value=handler, args_spec=_run_id))
    return md5(str(called).encode()).hexdigest()
