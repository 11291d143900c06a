"""Compares pages made with this library, with plain Reflex and with the official React hooks.

    python -m benchmarks.pages [--scale 0.1] [MEASURE ...]

Prints tables and writes plots into `docs/images/benchmarks`. Without a MEASURE it makes all.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
from importlib import import_module
from importlib.metadata import version

from benchmarks.pages.plot import write_plot
from benchmarks.pages.report import Goal, goals_table, markdown
from benchmarks.pages.stage import stage

MEASURES = (
    "stream",
    "latency",
    "runs",
    "payload",
    "viewers",
    "many",
    "batch",
    "sets",
    "table",
    "timeline",
    "weight",
)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument("--scale", type=float, default=1.0, help="how much to measure, 1 for all")
    options = parser.parse_args()
    if unknown := set(options.measures) - set(MEASURES):
        parser.error(
            f"There is no measure {', '.join(unknown)}; choose from {', '.join(MEASURES)}."
        )
    return options


async def main(options: argparse.Namespace) -> None:
    goals: list[Goal] = []
    async with stage() as everything:
        names = ("reflex", "pydantic", "httpx", "playwright")
        print(
            f"Python {platform.python_version()}, "
            + ", ".join(f"{name} {version(name)}" for name in names)
            + f", Chromium {everything.browser.version}\n"
        )
        for name in options.measures or MEASURES:
            measure = import_module(f"benchmarks.pages.measures.{name}").measure
            report = await measure(everything, options.scale)
            for table in report.tables:
                print(markdown(table), flush=True)
            for plot in report.plots:
                write_plot(plot)
            goals += report.goals
    print(markdown(goals_table(goals)))


if __name__ == "__main__":
    asyncio.run(main(parse()))
