"""Many different runs, each with a viewer: whether one process keeps up.

The embedded server cannot make so many updates on half of two cores; `upstream` takes its place.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from benchmarks.feeds.processes import process_of
from benchmarks.pages.report import Goal, Plot, Report, Spread, Table, number
from benchmarks.pages.server import mark
from benchmarks.pages.stage import SIDE_NAMES, Side, Stage
from benchmarks.pages.upstream import OFFSET, Answer, serve
from benchmarks.pages.viewers import Seen, view

RUNS = (50, 100, 200, 500)
UPDATES_PER_SECOND = 2
SECONDS = 30
PATIENCE_SECONDS = 60
LIMIT_MS, LIMIT_LOST = 200, 0

SHOWN_SIDES: tuple[Side, ...] = ("ours", "plain")


@dataclass(frozen=True)
class Load:
    """What so many runs cost.

    Attributes:
        rate: How many updates a second the server made.
        latency: From the commit to the frame, in milliseconds.
        cpu: Processor time of the backend, in percent of a core.
        seen: The updates that were seen one by one, in percent; others came together with later
            ones.
        lost: The runs whose last update was never seen.
    """

    rate: float
    latency: Spread
    cpu: float
    seen: float
    lost: int


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    seconds = max(10, SECONDS * scale)
    loads = {
        side: [(count, await load(stage, side, count, seconds)) for count in RUNS]
        for side in SHOWN_SIDES
    }
    rows = [
        [
            *(SIDE_NAMES[side], number(count), number(round(load.rate))),
            *(f"{load.latency.median:.1f}", f"{load.latency.p95:.1f}", f"{load.cpu:.0f}"),
            *(number(round(load.seen)), number(load.lost)),
        ]
        for side, line in loads.items()
        for count, load in line
    ]
    head = ["page", "runs", "updates a second", "median, ms", "p95, ms", "% of a core"]
    title = "Different runs, each with a viewer and two updates a second"
    most = loads["ours"][-1][1]
    what = f"{RUNS[-1]} live runs, {UPDATES_PER_SECOND} updates a second each"
    return Report(
        [
            Goal(f"{what}: commit to frame, p95", LIMIT_MS, most.latency.p95, "ms"),
            Goal(f"{what}: lost", LIMIT_LOST, most.lost, "runs"),
        ],
        [Table(title, [*head, "% seen one by one", "lost"], rows)],
        [
            Plot(
                "many-cpu",
                title,
                "runs",
                "% of a core",
                {
                    SIDE_NAMES[side]: [(count, load.cpu) for count, load in line]
                    for side, line in loads.items()
                },
            )
        ],
    )


async def load(stage: Stage, side: Side, count: int, seconds: float) -> Load:
    """Let runs change in turn while each has a viewer."""
    steps = round(seconds * UPDATES_PER_SECOND) * count
    # The runs take turns: the nth changes with the marks that leave n when they are divided.
    marks = [range(n or count, steps + 1, count) for n in range(count)]
    tabs = [(f"/{side}/run?target=run_{n}", mine[-1]) for n, mine in enumerate(marks)]
    query = {"runs": count, "steps": steps, "every": 1 / (UPDATES_PER_SECOND * count)}
    with (
        process_of(serve, *await _answers(stage)) as address,
        stage.app.backend(server=(server := address.recv())),
        process_of(view, stage.app.url, tabs, seconds + PATIENCE_SECONDS) as result,
    ):
        await asyncio.to_thread(result.recv)
        before = await stage.app.cpu()
        async with httpx.AsyncClient(timeout=None) as client:
            commits: list[float] = (await client.get(f"{server}/drive", params=query)).json()
        after = await stage.app.cpu()
        seen: list[Seen] = await asyncio.to_thread(result.recv)
    took = (commits[-1] - commits[0]) / 1000
    delays = [
        one.marks[mark(n)] - commits[n - 1]
        for one, mine in zip(seen, marks, strict=True)
        for n in mine
        if mark(n) in one.marks
    ]
    lost = [mark(mine[-1]) not in one.marks for one, mine in zip(seen, marks, strict=True)]
    return Load(
        rate=len(commits) / took,
        latency=Spread.of(delays),
        cpu=(after - before) / took * 100,
        seen=len(delays) / len(commits) * 100,
        lost=sum(lost),
    )


async def _answers(stage: Stage) -> tuple[Answer, Answer]:
    """What the embedded server says of a run, first all of it, then a change."""
    run = await stage.create_run()
    snapshot = await _ask(stage, run, offset="-1")
    query = {"live": "true", "handle": snapshot.headers["electric-handle"]}
    polling = asyncio.create_task(_ask(stage, run, offset=snapshot.headers[OFFSET], **query))
    await asyncio.sleep(0.2)
    await stage.drive("mark", [run], steps=1)
    update = await polling
    return Answer(snapshot.headers, snapshot.body, run, 0), Answer(
        update.headers, update.body, run, 1
    )


async def _ask(stage: Stage, run: str, **query: str) -> Answer:
    headers = {
        "authorization": f"Bearer {stage.secret_key}",
        "x-trigger-electric-version": "1.0.0-beta.1",
    }
    async with httpx.AsyncClient(timeout=None, headers=headers) as client:
        answer = await client.get(f"{stage.server}/realtime/v1/runs/{run}", params=query)
        return Answer(dict(answer.raise_for_status().headers), answer.content, run, 0)
