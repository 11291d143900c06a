"""Many viewers of one run: the requests that they cost, and how late they see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from benchmarks.feeds.processes import process_of
from benchmarks.pages.report import Goal, Plot, Report, Spread, Table, number
from benchmarks.pages.server import mark
from benchmarks.pages.stage import SIDE_NAMES, Side, Stage
from benchmarks.pages.viewers import Seen, view

VIEWERS = (1, 50, 100, 200)
SECONDS_BETWEEN = 0.1
SECONDS = 30
PATIENCE_SECONDS = 180
LIMIT_REQUESTS, LIMIT_MS, LIMIT_CPU = 1, 50, 60

SHOWN_SIDES: tuple[Side, ...] = ("ours", "plain")


@dataclass(frozen=True)
class Load:
    """What so many viewers cost.

    Attributes:
        requests: The requests for feeds that were open at once, at most.
        latency: From the commit to the frame at each viewer, in milliseconds.
        cpu: Processor time of the backend, in percent of a core.
        frames: The updates that each viewer received on average, of all that were made, in percent.
        size: Bytes for each update and viewer.
    """

    requests: int
    latency: Spread
    cpu: float
    frames: float
    size: float


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    updates = round(max(5, SECONDS * scale) / SECONDS_BETWEEN)
    loads = {
        side: [(count, await load(stage, side, count, updates)) for count in VIEWERS]
        for side in SHOWN_SIDES
    }
    rows = [
        [
            *(SIDE_NAMES[side], number(count), number(load.requests)),
            *(f"{load.latency.median:.1f}", f"{load.latency.p95:.1f}", f"{load.cpu:.0f}"),
            *(number(load.frames), number(load.size)),
        ]
        for side, line in loads.items()
        for count, load in line
    ]
    head = ["page", "viewers", "requests at once", "median, ms", "p95, ms", "% of a core"]
    title = "Viewers of one run that changes 10 times a second"
    most = loads["ours"][-1][1]
    what = f"{VIEWERS[-1]} viewers of a run, 10 updates a second"
    return Report(
        [
            Goal(f"{what}: requests at once", LIMIT_REQUESTS, most.requests, "request"),
            Goal(f"{what}: commit to frame, p95", LIMIT_MS, most.latency.p95, "ms"),
            Goal(f"{what}: processor time", LIMIT_CPU, most.cpu, "% of a core"),
        ],
        [Table(title, [*head, "% of the updates seen", "bytes for each"], rows)],
        [
            Plot(
                f"viewers-{name}",
                title,
                "viewers",
                cost,
                {
                    SIDE_NAMES[side]: [(count, value(load)) for count, load in line]
                    for side, line in loads.items()
                },
            )
            for name, cost, value in (
                ("cpu", "% of a core", lambda load: load.cpu),
                ("latency", "commit to frame, p95, ms", lambda load: load.latency.p95),
            )
        ],
    )


async def load(stage: Stage, side: Side, viewers: int, updates: int) -> Load:
    """Let a run change while so many viewers see it."""
    run = await stage.create_run()
    tabs = [(f"/{side}/run?target={run}", updates)] * viewers
    with (
        stage.app.backend(),
        process_of(view, stage.app.url, tabs, PATIENCE_SECONDS) as result,
    ):
        await asyncio.to_thread(result.recv)
        await stage.requests()
        before = await stage.app.cpu()
        commits = await stage.drive("mark", [run], steps=updates, every=SECONDS_BETWEEN)
        after = await stage.app.cpu()
        requests = (await stage.requests())["most"]
        seen: list[Seen] = await asyncio.to_thread(result.recv)
    assert all(mark(updates) in one.marks for one in seen)
    delays = [
        one.marks[mark(n)] - commit
        for one in seen
        for n, commit in enumerate(commits, 1)
        if mark(n) in one.marks
    ]
    return Load(
        requests=requests,
        latency=Spread.of(delays),
        cpu=(after - before) / (updates * SECONDS_BETWEEN) * 100,
        frames=len(delays) / viewers / updates * 100,
        size=sum(one.size for one in seen) / len(delays),
    )
