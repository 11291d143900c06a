"""`realtime_runs_with_tag`: the runs with a tag, anywhere on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import reflex as rx
from reflex_base.event import EventType

from reflex_realtime.components.live.live_component import Render, live_component
from reflex_realtime.components.live.live_state import ANY, ANY_METADATA, Authorize, live_state
from reflex_realtime.components.live.targets import tags_target
from reflex_realtime.components.live.views import runs_view
from reflex_realtime.models import MetadataT, OutputT, PayloadT
from reflex_realtime.options import OptionOverrides
from reflex_realtime.states.runs_with_tag import RealtimeRunsWithTagState


def realtime_runs_with_tag(
    tag: str | Sequence[str | rx.Var[str]] | rx.Var[str] | rx.Var[list[str]],
    *,
    payload: type[PayloadT] = ANY,
    output: type[OutputT] = ANY,
    metadata: type[MetadataT] = ANY_METADATA,
    render: Render[type[RealtimeRunsWithTagState[PayloadT, OutputT, MetadataT]]] | None = None,
    on_complete: EventType[()] | EventType[str] | None = None,
    authorize: Authorize | None = None,
    **options: Unpack[OptionOverrides],
) -> rx.Component:
    """Follow the runs with a tag and show them, without a state class of your own.

    Args:
        tag: The tag, or tags that a run has all of. Text is granted to whoever sees the page, by
            being written in the app. The value of a var is the browser's word and goes to
            `authorize`.
        payload: The type of the runs' payloads.
        output: The type of the runs' outputs.
        metadata: The type of the runs' metadata.
        render: Makes what is shown; takes the state class. By default a `runs_table`.
        on_complete: The event handler, of any state, that is called with the id of each run that
            finishes.
        authorize: Decides whether whoever looks may see what a var names: a function (async too) of
            the state and the tag or tags, which answers as a state's `_authorize`. By default only
            a public access token grants anything.
        **options: `access_token`, `created_at`, `max_runs`, `id` and the other `RealtimeOptions`.

    Returns:
        The component; its `State` is the state class that was made for it.

    Raises:
        ConfigurationError: The tag or an option makes no sense, or another component follows the
            same tags otherwise and neither has an `id`.
    """
    target = tags_target(tag, options.get("id"))
    types = (payload, output, metadata)
    state = live_state(RealtimeRunsWithTagState, types, target, authorize, options)
    view = runs_view(state) if render is None else render(state)
    return live_component(state, target, view, on_complete)
