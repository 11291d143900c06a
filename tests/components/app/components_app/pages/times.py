"""Times and durations, of a run that the page's buttons let begin and end."""

from datetime import UTC, datetime, timedelta

import reflex as rx

from reflex_realtime.components.look.formats import countdown, duration, elapsed, local_time


class Times(rx.State):
    began: datetime | None = None
    ended: datetime | None = None
    seconds_left: int | None = None

    @rx.event
    def begin(self):
        self.began = datetime.now(UTC) - timedelta(seconds=61)
        self.seconds_left = 30

    @rx.event
    def end(self):
        self.ended = (self.began or datetime.now(UTC)) + timedelta(seconds=62.5)
        self.seconds_left = None


def page() -> rx.Component:
    return rx.el.main(
        rx.button("Begin", on_click=Times.begin),
        rx.button("End", on_click=Times.end),
        rx.box(local_time(Times.began, id="time")),
        rx.box(elapsed(Times.began, Times.ended, id="elapsed")),
        rx.box(countdown(Times.seconds_left, id="left")),
        rx.text(duration(rx.cond(Times.ended, 62500, None)), id="duration"),
    )
