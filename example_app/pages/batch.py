"""A batch: one run for each package, in a table that fills."""

import asyncio
from collections.abc import Callable
from typing import Any

import reflex as rx

from example_app.packages import package_names
from example_app.tasks.analysis import PackagePayload, PackageReport
from example_app.views.cards import card, figure, figures, one_line, source
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeBatchState
from reflex_realtime.components import (
    batch_progress,
    column,
    run_status_badge,
    run_timeline,
    runs_table,
)

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
        Survey,
        card(
            "Analyse many packages",
            _controls(),
            batch_progress(Survey, id="batch-progress"),
            figures(
                figure("Files", grouped(totals["files"])),
                figure("Lines", rx.text.span(grouped(totals["lines"]), id="total-lines")),
                figure("Functions", grouped(totals["functions"])),
            ),
        ),
        card("Runs", runs_table(Survey, columns=_columns(), id="batch-table")),
        card("Timeline", run_timeline(Survey, name=lambda run: run.payload.package)),
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


def _columns() -> list[Any]:
    def number(header: str, value: Callable[[Any], Any], sort_by: str) -> Any:
        return column(
            header,
            lambda run: grouped(value(run)),
            sort_by=sort_by,
            width="minmax(5.5rem, 0.6fr)",
            justify="end",
        )

    return [
        column(
            "Package",
            lambda run: one_line(run.payload.package, weight="medium"),
            sort_by="payload.package",
            width="minmax(8rem, 1fr)",
        ),
        column(
            "Status", lambda run: run_status_badge(run.status), sort_by="status", width="10.5rem"
        ),
        number("Files", lambda run: run.output.files, "output.files"),
        number("Lines", lambda run: run.output.lines, "output.lines"),
        number("Functions", lambda run: run.output.functions, "output.functions"),
    ]
