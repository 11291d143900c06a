"""The timeline of a set of runs: what the page does until it shows all of them.

Read from Chromium's trace: the message that brings the runs, and all that it leads to.
"""

from __future__ import annotations

from benchmarks.pages.measures.runs import PAYLOAD
from benchmarks.pages.measures.table import tracing, update_times
from benchmarks.pages.report import Goal, Report, Spread, Table, number
from benchmarks.pages.stage import Stage

SIZES = (500, 5000)
LOADS = 10
LIMIT_MS = 100.0


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    loads = max(3, round(LOADS * scale))
    costs = {size: Spread.of(await render_times(stage, size, loads)) for size in SIZES}
    rows = [[f"{size:,}", number(cost.median), number(cost.p95)] for size, cost in costs.items()]
    title = "Main thread until the timeline of a set is shown, ms"
    return Report(
        [Goal("a timeline of 500 runs is rendered", LIMIT_MS, costs[SIZES[0]].median, "ms")],
        [Table(title, ["runs", "median", "p95"], rows)],
    )


async def render_times(stage: Stage, size: int, loads: int) -> list[float]:
    """The milliseconds for which the main thread is busy with each load of the page."""
    batch, _ = await stage.create_batch(size, PAYLOAD)
    times: list[float] = []
    with stage.app.backend():
        async with stage.page("ours", "timeline", batch) as page:
            rows = page.page.locator(f'table[aria-rowcount="{size + 1}"] tbody tr')
            await rows.first.wait_for()
            for _ in range(loads):
                async with tracing(stage, page) as trace:
                    await page.page.reload()
                    await rows.first.wait_for()
                    await page.page.wait_for_timeout(1000)
                times.append(max(update_times(trace)))
    return times
