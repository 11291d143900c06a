"""`run_actions`: buttons that cancel and replay a run."""

from __future__ import annotations

from typing import Any

import reflex as rx

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.states.run_actions import RunActionsState


def run_actions(
    state: type[RunActionsState], *, cancel: bool = True, replay: bool = True, **props: Any
) -> rx.Component:
    """Buttons that cancel and replay the run of a state, as far as its `_allow_action` lets them.

    Each is disabled while it does not apply and busy while the server is asked; cancelling has to
    be confirmed. A replay is followed in place of the run, unless the state's `_on_replay` does
    something else.

    Args:
        state: A state class with a run that overrides `_allow_action`.
        cancel: Whether there is a button that cancels.
        replay: Whether there is a button that replays.
        **props: Props of the box around the buttons.

    Returns:
        The buttons.

    Raises:
        ConfigurationError: The state has no run, or does not say who may act on it.
    """
    _require_actions(state)
    buttons = [*([_cancel(state)] if cancel else []), *([_replay(state)] if replay else [])]
    return rx.flex(*buttons, **{"spacing": "3", "wrap": "wrap", **props})


def _require_actions(state: Any) -> None:
    if not (isinstance(state, type) and issubclass(state, RunActionsState)):
        raise ConfigurationError(
            f"run_actions cannot act on {state!r}.",
            remedy="Pass a state class made with RealtimeRunState: the buttons act on its run.",
        )
    if state._allow_action is RunActionsState._allow_action:
        raise ConfigurationError(
            f"{state.__name__} lets nobody cancel or replay its run.",
            remedy="Override `async def _allow_action(self, action)` in it.",
        )


def _cancel(state: Any) -> rx.Component:
    run = state.run
    button = _button(
        state,
        "cancel",
        "ban",
        "Cancel",
        color_scheme="red",
        disabled=rx.cond(run, run.is_finished, True),
    )
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(button),
        rx.alert_dialog.content(
            rx.alert_dialog.title("Cancel this run?"),
            rx.alert_dialog.description(
                "What the run has not done yet will not be done. What it has done stays."
            ),
            rx.flex(
                rx.alert_dialog.cancel(
                    rx.button("Let it run", variant="soft", color_scheme="gray")
                ),
                rx.alert_dialog.action(
                    rx.button(
                        "Cancel the run",
                        color_scheme="red",
                        high_contrast=True,
                        on_click=state.cancel_run,
                    )
                ),
                spacing="3",
                margin_top="1rem",
                justify="end",
            ),
            max_width="28rem",
        ),
    )


def _replay(state: Any) -> rx.Component:
    return _button(
        state,
        "replay",
        "rotate-ccw",
        "Replay",
        disabled=rx.cond(state.run, ~state.run.is_finished, True),
        on_click=state.replay_run,
    )


def _button(state: Any, action: str, icon: str, word: str, **props: Any) -> rx.Component:
    return rx.button(
        rx.icon(icon, size=16, custom_attrs={"aria-hidden": "true"}),
        word,
        variant="soft",
        loading=state.pending_action == action,
        **props,
    )
