"""A run with a large payload, whose metadata changes: the bytes that an update takes."""

from __future__ import annotations

import asyncio

from benchmarks.pages.report import Goal, Plot, Report, Table, number
from benchmarks.pages.server import mark
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage

SIZES = (1_000, 10_000, 100_000)
UPDATES = 100
SECONDS_BETWEEN = 0.05
LIMIT_BYTES = 1000


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    updates = max(10, round(UPDATES * scale))
    with stage.app.backend():
        found = {
            side: [(size, await bytes_per_update(stage, side, size, updates)) for size in SIZES]
            for side in SIDES
        }
    ours = found["ours"][-1][1]
    rows = [
        [
            SIDE_NAMES[side],
            *(number(cost) for _, cost in costs),
            number(costs[-1][1] / ours),
        ]
        for side, costs in found.items()
    ]
    head = ["page", *(f"{size // 1000} KB" for size in SIZES), "times ours at 100 KB"]
    title = "Bytes for each update of the metadata, by the size of the run's payload"
    lines = {SIDE_NAMES[side]: list(costs) for side, costs in found.items()}
    return Report(
        [Goal("a run with a 100 KB payload, its metadata updated", LIMIT_BYTES, ours, "bytes")],
        [Table(title, head, rows)],
        [Plot("payload-bytes", title, "payload, bytes", "bytes for an update", lines)],
    )


async def bytes_per_update(stage: Stage, side: Side, size: int, updates: int) -> float:
    """The bytes that a page receives for each update."""
    run = await stage.create_run({"text": "x" * size})
    async with stage.page(side, "run", run, counts=True) as page:
        await page.shows(mark(0))
        await asyncio.sleep(0.5)
        before = page.received
        await stage.drive("mark", [run], steps=updates, every=SECONDS_BETWEEN)
        await page.shows(mark(updates))
        return (page.received - before) / updates
