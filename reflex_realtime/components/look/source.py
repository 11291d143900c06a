"""What a component shows: the var of a state class, or a var that a page gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_origin

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.subscription.realtime_subscription import realtime_subscription
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.states.models import run_models
from reflex_realtime.states.subscription import SubscriptionState


@dataclass(frozen=True, slots=True)
class Source:
    """What a component shows.

    Attributes:
        value: The var of a run, or of a list of runs.
        state: The state class that it is of; None where a page gave a var.
    """

    value: Any
    state: type[SubscriptionState] | None = None

    @property
    def status(self) -> Any:
        """The var of the state's `subscription_status`; None where a page gave a var."""
        return self.state and self.state.subscription_status

    @property
    def is_loading(self) -> Any:
        """The var of whether the first answer has yet to come; False where a page gave a var."""
        return self.state.is_loading if self.state else False

    @property
    def error(self) -> Any:
        """The var of the state's `error`; None where a page gave a var."""
        return self.state and self.state.error


def is_state(source: Any) -> bool:
    """Whether a component was given a state class of one of the mixins."""
    return isinstance(source, type) and issubclass(source, SubscriptionState)


def run_source(source: Any) -> Source:
    """What a component shows that shows one run.

    Args:
        source: A state class with a var `run`, or the var of a run.

    Returns:
        The run, and the state that it is of.

    Raises:
        ConfigurationError: It is neither.
    """
    return _source(source, "run", is_list=False)


def runs_source(source: Any) -> Source:
    """What a component shows that shows a set of runs.

    Args:
        source: A state class with a var `runs`, or the var of a list of runs.

    Returns:
        The runs, and the state that they are of.

    Raises:
        ConfigurationError: It is neither.
    """
    return _source(source, "runs", is_list=True)


def subscribed(
    source: Source,
    component: rx.Component,
    on_complete: EventType[()] | EventType[str] | None = None,
) -> rx.Component:
    """Keep the subscription of what a component shows going while it is on the page.

    Args:
        source: What the component shows.
        component: The component.
        on_complete: The event handler that is called with the id of each run that finishes.

    Returns:
        The component, with the state's subscription where it was made from a state class.

    Raises:
        ConfigurationError: There is an `on_complete` and no state that could tell.
    """
    if source.state is not None:
        return rx.fragment(realtime_subscription(source.state, on_complete=on_complete), component)
    if on_complete is not None:
        raise ConfigurationError(
            "on_complete= needs a state class: a var does not tell when a run has finished.",
            remedy=f"Pass the state class instead of {source.value!s}.",
        )
    return component


def _source(source: Any, name: str, *, is_list: bool) -> Source:
    if is_state(source) and name in source.get_fields():
        return Source(getattr(source, name), source)
    if isinstance(source, rx.Var) and _is_of_runs(source, is_list=is_list):
        return Source(source)
    wanted = "a list of runs" if is_list else "a run"
    raise ConfigurationError(
        f"{_named(source)} is neither a state class with `{name}` nor the var of {wanted}.",
        remedy=f"Pass a state class made with a mixin that has `{name}`, or a var such as "
        f"`MyState.{name}`.",
    )


def _is_of_runs(var: rx.Var[Any], *, is_list: bool) -> bool:
    """Whether a var's type is a run or None, or a list of runs."""
    kind = var._var_type
    try:
        run_models(kind)
    except ConfigurationError:
        return False
    return (get_origin(kind) is list) is is_list


def _named(source: Any) -> str:
    if isinstance(source, rx.Var):
        return f"The var {source!s} of type {source._var_type}"
    return getattr(source, "__name__", repr(source))
