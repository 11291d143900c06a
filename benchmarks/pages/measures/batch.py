"""A large batch of which only the aggregates are shown: what a run of it that ends costs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.pages.report import Goal, Plot, Report, Table, number
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage

SIZES = (100, 1000, 10_000)
PAYLOAD = {"text": "x" * 389}
LIMIT_BYTES, LIMIT_CPU_MS = 300, 0.1


@dataclass(frozen=True)
class Pace:
    """How the runs of a batch end.

    Attributes:
        name: What it is called.
        together: How many end in a commit.
        every: Seconds between commits.
        most: How many end in all, if the batch is so large.
    """

    name: str
    together: int
    every: float
    most: int


FAST = Pace("500 a second", together=10, every=0.02, most=10_000)
SINGLY = Pace("one by one", together=1, every=0.1, most=100)
"""Each is an update of the page."""


@dataclass(frozen=True)
class Cost:
    """What a run that ends costs.

    Attributes:
        size: Bytes that the page receives.
        cpu: Processor time of the backend, in milliseconds; 0 where there is no backend.
    """

    size: float
    cpu: float


Lines: TypeAlias = Mapping[Side, list[tuple[int, Cost]]]
"""Costs by the size of the batch."""


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: Not needed.
    """
    report = Report()
    for pace in (FAST, SINGLY):
        lines: Lines = {
            side: [(size, await cost(stage, side, size, pace)) for size in SIZES] for side in SIDES
        }
        ours = lines["ours"][-1][1]
        what = f"batch of {SIZES[-1]:,} runs, aggregates only, runs end {pace.name}"
        report.goals += [
            Goal(f"{what}, each", LIMIT_BYTES, ours.size, "bytes"),
            Goal("the same, processor time", LIMIT_CPU_MS, ours.cpu, "ms"),
        ]
        bytes_title = f"Bytes for each run of a batch that ends, {pace.name}"
        cpu_title = f"Processor time of the backend for each, {pace.name}, ms"
        name = pace.name.replace(" ", "-")
        for title, cost_name, lines_shown in (
            (bytes_title, "bytes", _costs(lines, "size")),
            (cpu_title, "ms", _costs({s: line for s, line in lines.items() if s != "hook"}, "cpu")),
        ):
            report.tables.append(_table(title, lines_shown))
            plot = f"batch-{cost_name}-{name}"
            report.plots.append(Plot(plot, title, "runs in the batch", cost_name, lines_shown))
    return report


async def cost(stage: Stage, side: Side, size: int, pace: Pace) -> Cost:
    """What each run costs when runs of a batch end."""
    batch, runs = await stage.create_batch(size, PAYLOAD)
    ending = min(size, pace.most)
    with stage.app.backend():
        async with stage.page(side, "batch", batch, counts=True) as page:
            await page.shows(f"0 of {size} have")
            await asyncio.sleep(1)
            before, received = await stage.app.cpu(), page.received
            await stage.drive(
                "finish",
                runs,
                steps=ending // pace.together,
                size=pace.together,
                every=pace.every,
            )
            await page.shows(f"{ending} of {size} have")
            cpu = await stage.app.cpu() - before
            received = page.received - received
    return Cost(received / ending, 0 if side == "hook" else cpu * 1000 / ending)


def _costs(lines: Lines, name: str) -> dict[str, list[tuple[float, float]]]:
    return {
        SIDE_NAMES[side]: [(size, getattr(cost, name)) for size, cost in line]
        for side, line in lines.items()
    }


def _table(title: str, lines: Mapping[str, list[tuple[float, float]]]) -> Table:
    ours = lines[SIDE_NAMES["ours"]][-1][1]
    rows = [
        [name, *(number(value) for _, value in line), number(line[-1][1] / ours)]
        for name, line in lines.items()
    ]
    return Table(title, ["page", *(f"{size:,} runs" for size in SIZES), "times ours"], rows)
