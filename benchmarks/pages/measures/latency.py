"""From the server's commit to the changed page: one viewer, no throttle."""

from __future__ import annotations

import asyncio
import random

from benchmarks.pages.report import Goal, Report, Spread, Table
from benchmarks.pages.server import mark
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage

UPDATES = 500
BLOCK = 50
"""The sides take turns after so many updates."""
SECONDS_BETWEEN, JITTER = 0.1, 0.3
LIMIT = 0.95


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    found: dict[Side, list[float]] = {side: [] for side in SIDES}
    with stage.app.backend():
        for _ in range(max(2, round(UPDATES / BLOCK * scale)) + 1):
            for side in random.sample(SIDES, len(SIDES)):
                found[side] += await block(stage, side)
    # In the first block of each side everything is still warming up.
    spreads = {side: Spread.of(found[side][BLOCK:]) for side in SIDES}
    rows = [
        [
            SIDE_NAMES[side],
            *(f"{value:.1f}" for value in (spread.median, spread.p95)),
            *(f"{value:.2f}" for value in vars(spread.over(spreads["hook"])).values()),
        ]
        for side, spread in spreads.items()
    ]
    head = ["page", "median, ms", "p95, ms", "times the hook, median", "p95"]
    title = f"From the server's commit to the changed page, {len(found['ours']) - BLOCK} updates"
    ratio = spreads["ours"].over(spreads["hook"]).median
    return Report(
        [Goal("commit to changed page, against the React hook", LIMIT, ratio, "times")],
        [Table(title, head, rows)],
    )


async def block(stage: Stage, side: Side) -> list[float]:
    """The milliseconds that each update of a run took to a page."""
    run = await stage.create_run()
    async with stage.page(side, "run", run) as page:
        await page.shows(mark(0))
        await asyncio.sleep(0.5)
        every, jitter = SECONDS_BETWEEN, JITTER
        commits = await stage.drive("mark", [run], steps=BLOCK, every=every, jitter=jitter)
        await page.shows(mark(BLOCK))
        marks = await page.marks()
    return [marks[mark(n)] - commits[n - 1] for n in range(1, BLOCK + 1)]
