"""One run changes in a list that is shown: what the update costs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from benchmarks.feeds.processes import process_of
from benchmarks.pages.report import Goal, Plot, Report, Table, number
from benchmarks.pages.server import mark
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage
from benchmarks.pages.viewers import Seen, view

LENGTHS = (10, 100, 1000)
PAYLOAD = {"text": "x" * 389}
"""400 bytes of JSON."""
UPDATES = 100
SECONDS_BETWEEN = 0.1
MORE_VIEWERS = 10
PATIENCE_SECONDS = 120
LIMIT_BYTES = 1000
LIMIT_CPU_MS = 0.5

BACKEND_SIDES: tuple[Side, ...] = ("ours", "plain")


@dataclass(frozen=True)
class Cost:
    """What an update costs the backend.

    Attributes:
        first: Processor time for the first viewer, the feed included, in milliseconds.
        further: Processor time for each further viewer, in milliseconds.
    """

    first: float
    further: float


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    updates = max(10, round(UPDATES * scale))
    received: dict[Side, list[tuple[float, float]]] = {side: [] for side in SIDES}
    costs: dict[Side, list[tuple[float, Cost]]] = {side: [] for side in BACKEND_SIDES}
    for length in LENGTHS:
        tag = f"list-{length}"
        runs = await stage.create_runs(length, PAYLOAD, tag)
        for side in SIDES:
            with stage.app.backend():
                size = await bytes_per_update(stage, side, tag, runs, updates)
                received[side].append((length, size))
        for side in BACKEND_SIDES:
            costs[side].append((length, await cost_of_update(stage, side, tag, runs, updates)))
    ours_bytes, ours_cost = received["ours"][-1][1], costs["ours"][-1][1]
    sizes = [f"{length:,} runs" for length in LENGTHS]
    byte_rows = [
        [SIDE_NAMES[side], *(number(n) for _, n in line), number(line[-1][1] / ours_bytes)]
        for side, line in received.items()
    ]
    cpu_rows = [
        [
            *(SIDE_NAMES[side], what),
            *(f"{getattr(cost, what):.2f}" for _, cost in line),
            number(getattr(line[-1][1], what) / getattr(ours_cost, what)),
        ]
        for side, line in costs.items()
        for what in ("first", "further")
    ]
    byte_title = "Bytes for each update of one run in a list"
    cpu_title = "Processor time of the backend for each update of one run in a list, ms"
    return Report(
        [
            Goal("one of 1,000 shown runs changes, each viewer", LIMIT_BYTES, ours_bytes, "bytes"),
            Goal("the same, each further viewer", LIMIT_CPU_MS, ours_cost.further, "ms"),
        ],
        [
            Table(byte_title, ["page", *sizes, "times ours"], byte_rows),
            Table(cpu_title, ["page", "viewer", *sizes, "times ours"], cpu_rows, texts=2),
        ],
        [
            Plot(
                "runs-bytes",
                byte_title,
                "runs in the list",
                "bytes for an update",
                {SIDE_NAMES[side]: line for side, line in received.items()},
            ),
            Plot(
                "runs-cpu",
                cpu_title,
                "runs in the list",
                "ms for an update and a further viewer",
                {
                    SIDE_NAMES[side]: [(size, max(cost.further, 0.001)) for size, cost in line]
                    for side, line in costs.items()
                },
            ),
        ],
    )


async def bytes_per_update(
    stage: Stage, side: Side, tag: str, runs: list[str], updates: int
) -> float:
    """The bytes that a page receives for each update."""
    await stage.drive("mark_all", runs, steps=1, first=0)
    async with stage.page(side, "runs", tag, counts=True) as page:
        await page.shows_times(mark(0), len(runs))
        await asyncio.sleep(1)
        before = page.received
        await stage.drive("mark", runs, steps=updates, every=SECONDS_BETWEEN)
        await page.shows(mark(updates))
        return (page.received - before) / updates


async def cost_of_update(stage: Stage, side: Side, tag: str, runs: list[str], updates: int) -> Cost:
    """The processor time that each update takes from the backend."""
    one = await cpu_per_update(stage, side, tag, runs, updates, viewers=1)
    many = await cpu_per_update(stage, side, tag, runs, updates, viewers=1 + MORE_VIEWERS)
    return Cost(one, (many - one) / MORE_VIEWERS)


async def cpu_per_update(
    stage: Stage, side: Side, tag: str, runs: list[str], updates: int, *, viewers: int
) -> float:
    """The backend's milliseconds of processor time for each update."""
    await stage.drive("mark_all", runs, steps=1, first=0)
    path = f"/{side}/runs?target={tag}"
    with (
        stage.app.backend(),
        process_of(view, stage.app.url, [(path, updates)] * viewers, PATIENCE_SECONDS) as result,
    ):
        await asyncio.to_thread(result.recv)
        before = await stage.app.cpu()
        await stage.drive("mark", runs, steps=updates, every=SECONDS_BETWEEN * 2)
        seen: list[Seen] = await asyncio.to_thread(result.recv)
        after = await stage.app.cpu()
    assert all(mark(updates) in one.marks for one in seen)
    return (after - before) * 1000 / updates
