"""One run: its progress, its typed output, a toast when it is done."""

from typing import Any

import reflex as rx

from example_app.packages import package_names
from example_app.tasks.analysis import PackagePayload, PackageReport, analyze_package
from example_app.views.cards import SIZE, card, empty, figure, figures, one_line, source
from example_app.views.format import grouped
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeErrorInfo, RealtimeRun, RealtimeRunState
from reflex_realtime.components import run_actions, run_card


class Analysis(RealtimeRunState[PackagePayload, PackageReport], Visitor):
    """The analysis of one package."""

    package: str = "pygments"

    @rx.event
    def choose(self, package: str):
        self.package = package

    @rx.event
    async def start(self):
        payload = PackagePayload(package=self.package)
        handle = await self._trigger("analyze-package", payload, tags=[self._visitor_tag()])
        return self._subscribe(handle)

    async def _allow_action(self, action: str) -> bool:
        return self.run is not None and self._visitor_tag() in self.run.tags

    async def _on_complete(
        self, run: RealtimeRun[PackagePayload, PackageReport], error: RealtimeErrorInfo | None
    ):
        if run.output:
            return rx.toast.success(f"{run.output.package}: {run.output.lines:,} lines analysed")
        return rx.toast.error("The analysis did not finish")


def page() -> rx.Component:
    return layout(
        "/",
        "One run",
        "A task reads every source file of an installed package. Its progress, and in the end its "
        "typed report, are ordinary vars of this page's state.",
        Analysis,
        card("Analyse a package", _controls()),
        run_card(Analysis, actions=run_actions(Analysis), size=SIZE, id="run"),
        card("Report", _report(Analysis.run.output)),
        source(Analysis, analyze_package),
    )


def _controls() -> rx.Component:
    return rx.flex(
        rx.select(
            package_names(),
            value=Analysis.package,
            on_change=Analysis.choose,
            id="package",
            custom_attrs={"aria-label": "Package"},
        ),
        rx.button(rx.icon("play", size=16), "Analyse", on_click=Analysis.start, id="start-run"),
        spacing="3",
        wrap="wrap",
    )


def _report(report: Any) -> rx.Component:
    shown = rx.flex(
        figures(
            figure("Files", grouped(report.files)),
            figure("Lines", grouped(report.lines)),
            figure("Functions", grouped(report.functions)),
            figure("Classes", grouped(report.classes)),
            figure("Branches", grouped(report.branches)),
            figure("Repeated", grouped(report.repeated)),
        ),
        rx.grid(
            _functions("Longest functions", "lines", report.longest),
            _functions("Most branches", "branches", report.most_branched),
            columns=rx.breakpoints(initial="1", sm="2"),
            spacing="5",
        ),
        rx.flex(
            rx.text("Imports most", size="2", weight="medium"),
            rx.foreach(
                report.imports,
                lambda found: rx.badge(found.name, " ", found.times, color_scheme="gray"),
            ),
            spacing="2",
            wrap="wrap",
            align="center",
        ),
        id="run-output",
        direction="column",
        spacing="5",
    )
    waiting = empty("file-search", "The report appears here when the run has completed.")
    return rx.box(rx.cond(report, shown, waiting), min_height="31rem", display="grid")


def _functions(title: str, measure: str, functions: Any) -> rx.Component:
    def row(function: Any) -> rx.Component:
        return rx.table.row(
            rx.table.cell(
                one_line(function.name, size="2", weight="medium"),
                one_line(function.place, size="1", color=rx.color("gray", 11)),
                max_width="0",
                width="100%",
            ),
            rx.table.cell(grouped(function[measure]), justify="end"),
            align="center",
        )

    return rx.box(
        rx.text(title, size="2", weight="medium"),
        rx.table.root(rx.table.body(rx.foreach(functions, row)), size="1"),
        min_width="0",
    )
