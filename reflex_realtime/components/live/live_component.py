"""What the components have in common that need no state class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.live.targets import LiveTarget
from reflex_realtime.components.subscription import realtime_subscription
from reflex_realtime.states.subscription import SubscriptionState

StateT = TypeVar("StateT")
Render: TypeAlias = Callable[[StateT], rx.Component]
"""Makes what is shown of a state, whose class it takes."""


def live_component(
    state: type[SubscriptionState],
    target: LiveTarget,
    view: Any,
    on_complete: EventType[()] | EventType[str] | None,
) -> rx.Component:
    """Show a view while the state that was made for it follows its target.

    Args:
        state: The state class.
        target: What it follows.
        view: What is shown of it.
        on_complete: The event handler that is called with the id of each run that finishes.

    Returns:
        The component; its `State` is the state class.
    """
    subscription = realtime_subscription(state, target.named, on_complete=on_complete)
    component = rx.fragment(subscription, view)
    component.State = state
    return component
