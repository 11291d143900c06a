"""A large batch of which only the aggregates are shown: what a change of one of its runs costs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.pages.report import Goal, Plot, Report, Table, number
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage

SIZES = (100, 1000, 10_000)
PAYLOAD = {"text": "x" * 389}
RUNS_PER_COMMIT = 10
SECONDS_BETWEEN = 0.02
"""500 runs end in a second."""
LIMIT_BYTES, LIMIT_CPU_MS = 300, 0.1


Line: TypeAlias = list[tuple[float, float]]
"""Costs by size."""


@dataclass(frozen=True)
class Cost:
    """What a run that ends costs.

    Attributes:
        size: Bytes that the page receives.
        cpu: Processor time of the backend, in milliseconds; None where there is no backend.
    """

    size: float
    cpu: float | None


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: Not needed.
    """
    costs: dict[Side, list[tuple[int, Cost]]] = {
        side: [(size, await cost(stage, side, size)) for size in SIZES] for side in SIDES
    }
    heads = [f"{size:,} runs" for size in SIZES]
    ours = costs["ours"][-1][1]
    sizes: dict[Side, Line] = {
        side: [(n, cost.size) for n, cost in line] for side, line in costs.items()
    }
    cpus: dict[Side, Line] = {
        side: [(n, cost.cpu) for n, cost in line if cost.cpu is not None]
        for side, line in costs.items()
        if side != "hook"
    }
    size_title = "Bytes for each run of a batch that ends, aggregates only"
    cpu_title = "Processor time of the backend for each run of a batch that ends, ms"
    return Report(
        [
            Goal(f"batch of {SIZES[-1]:,} runs, each change", LIMIT_BYTES, ours.size, "bytes"),
            Goal("the same, processor time", LIMIT_CPU_MS, ours.cpu or 0, "ms"),
        ],
        [
            _table(size_title, heads, sizes),
            _table(cpu_title, heads, cpus),
        ],
        [
            Plot("batch-bytes", size_title, "runs in the batch", "bytes", _named(sizes)),
            Plot("batch-cpu", cpu_title, "runs in the batch", "ms", _named(cpus)),
        ],
    )


async def cost(stage: Stage, side: Side, size: int) -> Cost:
    """What each run costs when all of a batch end."""
    batch, runs = await stage.create_batch(size, PAYLOAD)
    with stage.app.backend():
        async with stage.page(side, "batch", batch, counts=True) as page:
            await page.shows(f"0 of {size} have")
            await asyncio.sleep(1)
            before, received = (await stage.app.probe()).cpu, page.received
            await stage.drive(
                "finish",
                runs,
                steps=size // RUNS_PER_COMMIT,
                size=RUNS_PER_COMMIT,
                every=SECONDS_BETWEEN,
            )
            await page.shows(f"{size} of {size} have")
            cpu = (await stage.app.probe()).cpu - before
            received = page.received - received
    return Cost(received / size, None if side == "hook" else cpu * 1000 / size)


def _table(title: str, heads: list[str], lines: Mapping[Side, Line]) -> Table:
    ours = lines["ours"][-1][1]
    rows = [
        [SIDE_NAMES[side], *(number(value) for _, value in line), number(line[-1][1] / ours)]
        for side, line in lines.items()
    ]
    return Table(title, ["page", *heads, "times ours"], rows)


def _named(lines: Mapping[Side, Line]) -> dict[str, Line]:
    return {SIDE_NAMES[side]: line for side, line in lines.items()}
