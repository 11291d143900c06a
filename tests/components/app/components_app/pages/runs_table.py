"""A table of 300 runs, of which clicks on rows and on the buttons in them are told."""

import reflex as rx

from components_app.sets import Run, run, runs
from reflex_realtime.components import column, default_columns, runs_table


class Table(rx.State):
    runs: list[Run] = []
    clicked: str = ""
    pressed: str = ""

    @rx.event
    def fill(self):
        self.runs = runs(300)

    @rx.event
    def add(self):
        self.runs.append(run(len(self.runs)))

    @rx.event
    def click(self, run_id: str):
        self.clicked = run_id

    @rx.event
    def press(self, run_id: str):
        self.pressed = run_id


def page() -> rx.Component:
    return rx.el.main(
        rx.button("Fill", on_click=Table.fill),
        rx.button("Add", on_click=Table.add),
        rx.text("Clicked ", Table.clicked),
        rx.text("Pressed ", Table.pressed),
        runs_table(
            Table.runs,
            columns=[
                *default_columns(),
                column(
                    "Lines",
                    lambda run: run.output.lines,
                    sort_by="output.lines",
                    width="6rem",
                    justify="end",
                ),
                column(
                    "Action",
                    lambda run: rx.button("Press", size="1", on_click=Table.press(run.id)),
                    width="6rem",
                ),
            ],
            on_row_click=Table.click,
            id="table",
        ),
        padding="1rem",
    )
