"""What is shown of what is followed without a state class, where a page does not say."""

import reflex as rx

from components_app.pages.live import Live, Streams, is_batch, is_mine
from reflex_realtime.components import (
    realtime_batch,
    realtime_run,
    realtime_run_with_streams,
    realtime_runs_with_tag,
)


def page() -> rx.Component:
    return rx.el.main(
        rx.hstack(
            rx.button("Start", on_click=Live.start),
            rx.button("Start batch", on_click=Live.start_batch),
            rx.button("Finish", on_click=Live.finish),
            wrap="wrap",
        ),
        rx.heading("A run", size="4"),
        realtime_run(Live.chosen, authorize=is_mine, id="viewed"),
        rx.heading("A run with streams", size="4"),
        realtime_run_with_streams(Live.chosen, streams=Streams, authorize=is_mine, id="viewed"),
        rx.heading("A batch", size="4"),
        realtime_batch(Live.batch, authorize=is_batch, id="viewed"),
        rx.heading("The runs with a tag", size="4"),
        realtime_runs_with_tag("in-batch", id="viewed"),
        padding="1rem",
        display="flex",
        flex_direction="column",
        gap="1rem",
    )
