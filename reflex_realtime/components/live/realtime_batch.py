"""`realtime_batch`: the runs of a batch, anywhere on a page."""

from __future__ import annotations

from typing import Unpack

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.live.live_component import Render, live_component
from reflex_realtime.components.live.live_state import ANY, ANY_METADATA, Authorize, live_state
from reflex_realtime.components.live.targets import one_target
from reflex_realtime.components.live.views import batch_view
from reflex_realtime.models import MetadataT, OutputT, PayloadT
from reflex_realtime.options import OptionOverrides
from reflex_realtime.states.batch import RealtimeBatchState


def realtime_batch(
    batch_id: str | rx.Var[str],
    *,
    payload: type[PayloadT] = ANY,
    output: type[OutputT] = ANY,
    metadata: type[MetadataT] = ANY_METADATA,
    render: Render[type[RealtimeBatchState[PayloadT, OutputT, MetadataT]]] | None = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    authorize: Authorize | None = None,
    **options: Unpack[OptionOverrides],
) -> rx.Component:
    """Follow the runs of a batch and show them, without a state class of your own.

    Args:
        batch_id: The batch. Text is granted to whoever sees the page, by being written in the app.
            The value of a var is the browser's word and goes to `authorize`.
        payload: The type of the runs' payloads.
        output: The type of the runs' outputs.
        metadata: The type of the runs' metadata.
        render: Makes what is shown; takes the state class. By default a `batch_progress`
            and a `runs_table`.
        on_complete: The event handler, of any state, that is called with the id of each run that
            finishes.
        authorize: Decides whether whoever looks may see the batch that a var names: a function
            (async too) of the state and the id, which answers as a state's `_authorize`. By
            default only a public access token grants anything.
        **options: `access_token`, `base_url`, `throttle_ms`, `id` and the other `RealtimeOptions`.

    Returns:
        The component; its `State` is the state class that was made for it.

    Raises:
        ConfigurationError: The batch or an option makes no sense, or another component follows the
            same batch otherwise and neither has an `id`.
    """
    target = one_target(batch_id, options.get("id"))
    state = live_state(RealtimeBatchState, (payload, output, metadata), target, authorize, options)
    view = batch_view(state) if render is None else render(state)
    return live_component(state, target, view, on_complete)
