"""From the server's commit to the changed page: one viewer, no throttle."""

from __future__ import annotations

import asyncio
import random
from typing import NamedTuple

from benchmarks.pages.report import Goal, Report, Spread, Table
from benchmarks.pages.server import mark
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage

UPDATES = 500
BLOCK = 50
"""The sides take turns after so many updates."""
SECONDS_BETWEEN, JITTER = 0.1, 0.3
LIMIT = 0.95


class Delay(NamedTuple):
    """How late an update was, in milliseconds since its commit.

    Attributes:
        shown: When the page showed it, or a later one that it came together with.
        sent: When the backend had sent it; 0 where there is no backend.
    """

    shown: float
    sent: float


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    blocks = max(2, round(UPDATES / BLOCK * scale))
    found: dict[Side, list[Delay]] = {side: [] for side in SIDES}
    with stage.app.backend():
        # In the first block of each side everything is still warming up.
        for number in range(blocks + 1):
            for side in random.sample(SIDES, len(SIDES)):
                delays = await block(stage, side)
                found[side] += delays if number else []
    shown = {side: Spread.of([delay.shown for delay in found[side]]) for side in SIDES}
    sent = {side: Spread.of([delay.sent for delay in found[side]]) for side in SIDES}
    rows = [
        [
            *(SIDE_NAMES[side], f"{spread.median:.1f}", f"{spread.p95:.1f}"),
            f"{sent[side].median:.1f}" if sent[side].median else "",
            *(f"{times:.2f}" for times in vars(spread.over(shown["hook"])).values()),
        ]
        for side, spread in shown.items()
    ]
    head = ["page", "median, ms", "p95, ms", "until sent, median", "times the hook, median", "p95"]
    title = f"From the server's commit to the changed page, {blocks * BLOCK} updates"
    ratio = shown["ours"].over(shown["hook"]).median
    return Report(
        [Goal("commit to changed page, against the React hook", LIMIT, ratio, "times")],
        [Table(title, head, rows)],
    )


async def block(stage: Stage, side: Side) -> list[Delay]:
    """How late each update of a run was on a page."""
    run = await stage.create_run()
    async with stage.page(side, "run", run) as page:
        await page.shows(mark(0))
        await asyncio.sleep(0.5)
        await stage.app.flushes()
        every, jitter = SECONDS_BETWEEN, JITTER
        commits = await stage.drive("mark", [run], steps=BLOCK, every=every, jitter=jitter)
        await page.shows(mark(BLOCK))
        marks = await page.marks()
    sent = [at * 1000 for at, _ in await stage.app.flushes()]
    return [
        Delay(
            next(marks[later] for n in range(number, BLOCK + 1) if (later := mark(n)) in marks)
            - commit,
            next((at for at in sent if at > commit), commit) - commit,
        )
        for number, commit in enumerate(commits, 1)
    ]
