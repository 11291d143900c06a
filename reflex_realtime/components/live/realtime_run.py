"""`realtime_run`: one run, anywhere on a page."""

from __future__ import annotations

from typing import Unpack

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.live.live_component import Render, live_component
from reflex_realtime.components.live.live_state import ANY, ANY_METADATA, Authorize, live_state
from reflex_realtime.components.live.targets import one_target
from reflex_realtime.components.live.views import run_view
from reflex_realtime.models import MetadataT, OutputT, PayloadT
from reflex_realtime.options import OptionOverrides
from reflex_realtime.states.run import RealtimeRunState


def realtime_run(
    run_id: str | rx.Var[str],
    *,
    payload: type[PayloadT] = ANY,
    output: type[OutputT] = ANY,
    metadata: type[MetadataT] = ANY_METADATA,
    render: Render[type[RealtimeRunState[PayloadT, OutputT, MetadataT]]] | None = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    authorize: Authorize | None = None,
    **options: Unpack[OptionOverrides],
) -> rx.Component:
    """Follow one run and show it, without a state class of your own.

    Args:
        run_id: The run. Text is granted to whoever sees the page, by being written in the app.
            The value of a var is the browser's word and goes to `authorize`.
        payload: The type of the run's payload.
        output: The type of the run's output.
        metadata: The type of the run's metadata.
        render: Makes what is shown; takes the state class. By default a `run_card`.
        on_complete: The event handler, of any state, that is called with the run's id when it has
            finished.
        authorize: Decides whether whoever looks may see the run that a var names: a function
            (async too) of the state and the id, which answers as a state's `_authorize`. By
            default only a public access token grants anything.
        **options: `access_token`, `base_url`, `throttle_ms`, `id` and the other `RealtimeOptions`.

    Returns:
        The component; its `State` is the state class that was made for it.

    Raises:
        ConfigurationError: The run or an option makes no sense, or another component follows the
            same run otherwise and neither has an `id`.
    """
    target = one_target(run_id, options.get("id"))
    state = live_state(RealtimeRunState, (payload, output, metadata), target, authorize, options)
    view = run_view(state) if render is None else render(state)
    return live_component(state, target, view, on_complete)
