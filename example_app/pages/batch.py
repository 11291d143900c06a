"""A batch: one run for each package, in a table that fills."""

import asyncio
from typing import Any

import reflex as rx

from example_app.packages import package_names
from example_app.tasks.analysis import PackagePayload, PackageReport
from example_app.views.cards import (
    FROM_TABLET,
    card,
    empty,
    error_callout,
    figure,
    figures,
    one_line,
    source,
)
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.views.run import duration
from example_app.views.status import run_status
from example_app.visitor import Visitor
from reflex_realtime import RealtimeBatchState
from reflex_realtime.components import realtime_subscription

SIZES = ["20", "40", "all"]


class Survey(RealtimeBatchState[PackagePayload, PackageReport], Visitor):
    """The analysis of many packages."""

    size: str = "20"

    @rx.event
    def choose(self, size: str | list[str]):
        if size in SIZES:
            self.size = str(size)

    @rx.event
    async def start(self):
        packages = package_names() if self.size == "all" else package_names()[: int(self.size)]
        payloads = [PackagePayload(package=package) for package in packages]
        handle = await self._batch_trigger("analyze-package", payloads, tags=[self._visitor_tag()])
        return self._subscribe(handle)

    @rx.event
    async def cancel(self):
        unfinished = [run.id for run in self.runs if not run.is_finished]
        await asyncio.gather(*(self._cancel(run_id) for run_id in unfinished))

    @rx.var
    def totals(self) -> dict[str, int]:
        """Files, lines and functions of all reports so far."""
        reports = [run.output for run in self.runs if run.output]
        return {
            "files": sum(report.files for report in reports),
            "lines": sum(report.lines for report in reports),
            "functions": sum(report.functions for report in reports),
        }


def page() -> rx.Component:
    totals = Survey.totals
    return layout(
        "/batch",
        "Batch",
        "One trigger starts a run for every package. The table fills as they run, and totals are "
        "computed from the typed outputs.",
        Survey.subscription_status,
        realtime_subscription(Survey),
        error_callout(Survey.error),
        card(
            "Analyse many packages",
            _controls(),
            rx.progress(
                value=(Survey.progress * 100).to(int),
                id="batch-progress",
                custom_attrs={"aria-label": "Progress"},
            ),
            figures(
                figure("Runs", grouped(Survey.total)),
                figure("Queued", rx.text.span(Survey.counts["QUEUED"], id="count-queued")),
                figure("Executing", rx.text.span(Survey.counts["EXECUTING"], id="count-executing")),
                figure("Completed", rx.text.span(Survey.completed, id="count-completed")),
                figure("Failed", rx.text.span(Survey.failed, id="count-failed")),
                figure("Cancelled", rx.text.span(Survey.counts["CANCELED"], id="count-cancelled")),
            ),
            figures(
                figure("Files", grouped(totals["files"])),
                figure("Lines", rx.text.span(grouped(totals["lines"]), id="total-lines")),
                figure("Functions", grouped(totals["functions"])),
            ),
        ),
        card("Runs", _table(Survey.runs)),
        source(Survey),
    )


def _controls() -> rx.Component:
    return rx.flex(
        rx.segmented_control.root(
            *[rx.segmented_control.item(size.capitalize(), value=size) for size in SIZES],
            value=Survey.size,
            on_change=Survey.choose,
            id="batch-size",
        ),
        rx.button(rx.icon("play", size=16), "Analyse", on_click=Survey.start, id="start-batch"),
        rx.button(
            rx.icon("ban", size=16),
            "Cancel the rest",
            on_click=Survey.cancel,
            disabled=(Survey.runs.length() == 0) | (Survey.progress == 1),
            id="cancel-batch",
            variant="soft",
            color_scheme="gray",
        ),
        spacing="3",
        wrap="wrap",
    )


def _table(runs: Any) -> rx.Component:
    def row(run: Any) -> rx.Component:
        return rx.table.row(
            rx.table.row_header_cell(one_line(run.payload.package), max_width="0", width="100%"),
            rx.table.cell(run_status(run.status)),
            rx.table.cell(grouped(run.output.files), justify="end", display=FROM_TABLET),
            rx.table.cell(grouped(run.output.lines), justify="end"),
            rx.table.cell(grouped(run.output.functions), justify="end", display=FROM_TABLET),
            rx.table.cell(
                duration(run),
                justify="end",
                display=FROM_TABLET,
            ),
            key=run.id,
            align="center",
            class_name="run-row",
        )

    def heading(label: str, **props: Any) -> rx.Component:
        return rx.table.column_header_cell(label, **props)

    table = rx.table.root(
        rx.table.header(
            rx.table.row(
                heading("Package"),
                heading("Status"),
                heading("Files", justify="end", display=FROM_TABLET, min_width="5rem"),
                heading("Lines", justify="end", min_width="5.5rem"),
                heading("Functions", justify="end", display=FROM_TABLET, min_width="6rem"),
                heading("Time", justify="end", display=FROM_TABLET, min_width="5rem"),
            )
        ),
        rx.table.body(rx.foreach(runs, row)),
        id="batch-table",
        size="1",
        width="100%",
    )
    waiting = empty("layers", "Each run of the batch has its row here.", height="20rem")
    return rx.cond(runs.length() > 0, table, waiting)
