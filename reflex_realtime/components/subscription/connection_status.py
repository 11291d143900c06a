"""`connection_status`: how a subscription is doing, as far as the page knows."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from reflex_realtime.components.look.formats import formats_library
from reflex_realtime.components.look.statuses import OFFLINE, SUBSCRIPTION_LOOKS, look_badge
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.states.subscription import SubscriptionState

_LOOKS: Final = {**SUBSCRIPTION_LOOKS, "offline": OFFLINE}


class ConnectionStatus(rx.Component):
    """Shows the one of its children that fits."""

    tag: str | None = "ConnectionStatus"

    status: rx.Var[str]
    statuses: rx.Var[list[str]]

    def add_imports(self) -> dict[str, Any]:
        """The component's own code, put among the app's assets when the app is compiled."""
        formats_library()
        library = rx.asset("ConnectionStatus.jsx", shared=True).importable_path
        return {library: rx.ImportVar(tag=self.tag)}


def connection_status(state: type[SubscriptionState], **props: Any) -> rx.Component:
    """Whether what the page shows is what the server has, and if not, since when and why.

    The state says how its feed is doing. That the server cannot be reached only the browser
    knows; it is said too. What lasts less than a second is not mentioned.

    Args:
        state: A state class made with one of the mixins.
        **props: Props of the box.

    Returns:
        The status, with the seconds that pass while it is not live, and with what is wrong and
        what to do about it when it has failed.

    Raises:
        ConfigurationError: It is no such state.
    """
    if not (isinstance(state, type) and issubclass(state, SubscriptionState)):
        raise ConfigurationError(
            f"connection_status cannot tell how {state!r} is doing.",
            remedy="Pass a state class made with one of the mixins.",
        )
    return ConnectionStatus.create(
        *[look_badge(look) for look in _LOOKS.values()],
        _failure(state),
        status=state.subscription_status,
        statuses=[*_LOOKS],
        **{**_STYLE, **props},
    )


def _failure(state: Any) -> rx.Component | rx.Var[Any]:
    error = state.error
    return rx.cond(
        state.subscription_status == "failed",
        rx.text(
            rx.text.strong(error.message), " ", error.remedy, size="2", overflow_wrap="anywhere"
        ),
    )


_STYLE: Final[dict[str, Any]] = {
    "display": "flex",
    "flex_wrap": "wrap",
    "align_items": "center",
    "gap": "0.5rem",
    "min_height": "1.5rem",
    "font_variant_numeric": "tabular-nums",
    "& .stale": {"font_size": "var(--font-size-1)", "color": rx.color("gray", 11)},
}
