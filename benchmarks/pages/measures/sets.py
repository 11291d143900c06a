"""The streams of many runs on one page, and windows: only the newest runs, or parts, are shown."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass

from benchmarks.pages.app.views import WINDOW_PARTS, WINDOW_RUNS
from benchmarks.pages.measures.stream import (
    LIMIT_BYTES,
    LIMIT_GROWTH,
    PART_LENGTH,
    PARTS_PER_WRITE,
    SECONDS_BETWEEN,
    json_size,
    show,
    tenths_of,
)
from benchmarks.pages.report import Goal, Plot, Report, Table, number
from benchmarks.pages.server import mark, part
from benchmarks.pages.stage import SIDE_NAMES, Side, Stage

BACKEND_SIDES: tuple[Side, ...] = ("ours", "plain")
"""There is no official hook for the streams of runs, and none has windows."""

STREAMS = 20
PARTS = (50, 150, 500)
"""Of each stream."""
ROUNDS = 3
RUNS = 1000
WINDOW_TAG = "window"
PAYLOAD = {"text": "x" * 389}
UPDATES = 100
SECONDS_BETWEEN_UPDATES = 0.1
QUIET_SECONDS = 1.0
"""After which nothing more comes of what has happened."""
TAIL_PARTS = 10_000


@dataclass(frozen=True)
class Shown:
    """How the streams of runs were shown.

    Attributes:
        received: The bytes that the page received.
        flushes: The backend's processor time for a flush in each tenth of them, in milliseconds.
        requests: The requests that were open at once.
    """

    received: int
    flushes: list[float]
    requests: int


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    report = await _streams(stage, max(1, round(ROUNDS * scale)))
    report.tables.append(await _runs_table(stage, max(10, round(UPDATES * scale))))
    report.tables.append(await _parts_table(stage))
    return report


async def _streams(stage: Stage, rounds: int) -> Report:
    received: dict[Side, list[tuple[float, float]]] = {}
    tenths: dict[Side, list[float]] = {}
    rows: list[list[str]] = []
    for side in BACKEND_SIDES:
        with stage.app.backend():
            alone = await show(stage, side, STREAMS * PARTS[-1], counts=True)
        by_size = [await show_set(stage, side, parts) for parts in PARTS]
        long = [by_size[-1], *[await show_set(stage, side, PARTS[-1]) for _ in range(1, rounds)]]
        tenths[side] = [statistics.median(one.flushes[n] for one in long) for n in range(10)]
        received[side] = [
            (STREAMS * n, one.received) for n, one in zip(PARTS, by_size, strict=True)
        ]
        sizes = [(alone.received, json_size(STREAMS * PARTS[-1]))]
        sizes += [(one.received, _json_size(n)) for n, one in zip(PARTS, by_size, strict=True)]
        rows.append(
            [
                SIDE_NAMES[side],
                *(f"{size:,} ({number(size / json)})" for size, json in sizes),
                *(f"{tenths[side][n]:.2f}" for n in (0, 4, 9)),
                number(max(one.requests for one in long)),
            ]
        )
    what = f"{STREAMS} streams of {PARTS[-1]} parts each"
    times = received["ours"][-1][1] / _json_size(PARTS[-1])
    growth = tenths["ours"][9] / tenths["ours"][0]
    cpu_goal = f"{what}, CPU of a flush, last tenth against first, memory"
    head = ["page", f"one of {STREAMS * PARTS[-1]:,} parts", *(f"{n} parts each" for n in PARTS)]
    head += ["ms for a flush, first tenth", "fifth", "last", "requests at once"]
    lines = {SIDE_NAMES[side]: line for side, line in received.items()}
    lines["JSON of the parts"] = [(STREAMS * n, _json_size(n)) for n in PARTS]
    size = "parts of 6 characters in all"
    return Report(
        [
            Goal(f"{what}, bytes against the parts' JSON", LIMIT_BYTES, times, "times"),
            Goal(cpu_goal, LIMIT_GROWTH, growth, "times"),
        ],
        [Table(f"{STREAMS} streams, bytes (times the JSON of their parts)", head, rows)],
        [Plot("sets-bytes", f"Bytes for {STREAMS} streams", size, "bytes received", lines)],
    )


async def show_set(stage: Stage, side: Side, parts: int) -> Shown:
    """Write the streams of runs by turns while a page shows them, so many parts each."""
    tag = f"set-{side}-{parts}-{asyncio.get_running_loop().time()}"
    runs = await stage.create_runs(STREAMS, {"text": ""}, tag)

    async def write(turns: int) -> list[float]:
        steps, size = STREAMS * turns, PARTS_PER_WRITE
        return await stage.drive("write", runs, steps=steps, size=size, every=SECONDS_BETWEEN)

    with stage.app.backend():
        await stage.requests()
        async with stage.page(side, "panel", tag, counts=True) as page:
            await asyncio.sleep(1.5)
            before = page.received
            # All streams are opened before flushes are timed.
            await write(1)
            await page.shows_in_all(STREAMS * PARTS_PER_WRITE * PART_LENGTH)
            await stage.app.flushes()
            await write(parts // PARTS_PER_WRITE - 1)
            await page.shows_in_all(STREAMS * parts * PART_LENGTH)
            await asyncio.sleep(0.3)
            cpu = [used for _, used in await stage.app.flushes()]
            requests = (await stage.requests())["most"]
            return Shown(page.received - before, tenths_of(cpu), requests)


async def _runs_table(stage: Stage, updates: int) -> Table:
    runs = await stage.create_runs(RUNS, PAYLOAD, WINDOW_TAG)
    changing = {"one of them": runs[-WINDOW_RUNS:], "another": runs[:-WINDOW_RUNS]}
    cases = [("newest", WINDOW_RUNS, where) for where in changing] + [("runs", RUNS, "one of them")]
    rows: list[list[str]] = []
    for side in BACKEND_SIDES:
        for page, shown, where in cases:
            size, cpu = await update_cost(stage, side, page, runs, changing[where], updates)
            rows.append([SIDE_NAMES[side], f"{shown:,}", where, number(size), f"{cpu:.2f}"])
    title = f"Each update of one of {RUNS:,} runs of which a page shows the newest"
    return Table(title, ["page", "shown", "what changes", "bytes", "ms"], rows, texts=3)


async def update_cost(
    stage: Stage, side: Side, name: str, runs: list[str], changing: list[str], updates: int
) -> tuple[float, float]:
    """The bytes that a page receives, and the backend's milliseconds, for each update."""
    await stage.drive("mark_all", runs, steps=1, first=0)
    with stage.app.backend():
        async with stage.page(side, name, WINDOW_TAG, counts=True) as page:
            await page.shows_times(mark(0), WINDOW_RUNS if name == "newest" else len(runs))
            await asyncio.sleep(QUIET_SECONDS)
            before, cpu = page.received, await stage.app.cpu()
            await stage.drive("mark", changing, steps=updates, every=SECONDS_BETWEEN_UPDATES)
            await asyncio.sleep(QUIET_SECONDS)
            received, cpu = page.received - before, await stage.app.cpu() - cpu
            # What changes last is always among the newest.
            await stage.drive("mark", runs[-1:], steps=1, first=updates + 1)
            await page.shows(mark(updates + 1))
    return received / updates, cpu * 1000 / updates


async def _parts_table(stage: Stage) -> Table:
    rows: list[list[str]] = []
    for side in BACKEND_SIDES:
        for name, shown in (("tail", WINDOW_PARTS), ("stream", TAIL_PARTS)):
            size, reload = await tail_cost(stage, side, name)
            times = number(size / json_size(TAIL_PARTS))
            rows.append([SIDE_NAMES[side], f"{shown:,}", f"{size:,}", times, f"{reload:,}"])
    head = ["page", "shown", "bytes", "times the JSON of all", "bytes for a reload"]
    return Table(f"A stream of {TAIL_PARTS:,} parts, its newest shown", head, rows, texts=2)


async def tail_cost(stage: Stage, side: Side, name: str) -> tuple[int, int]:
    """The bytes that a page receives for a stream, and those of the messages for its reload."""
    run = await stage.create_run()
    with stage.app.backend():
        async with stage.page(side, name, run, counts=True) as page:
            await asyncio.sleep(1.5)
            before = page.received
            steps, size = TAIL_PARTS // PARTS_PER_WRITE, PARTS_PER_WRITE
            await stage.drive("write", [run], steps=steps, size=size, every=SECONDS_BETWEEN)
            await page.shows_times(part(TAIL_PARTS - 1), 1)
            await asyncio.sleep(0.3)
            received, before = page.received - before, page.messages
            await page.page.reload()
            await page.shows_times(part(TAIL_PARTS - 1), 1)
            return received, page.messages - before


def _json_size(parts: int) -> int:
    """The bytes of the parts of all streams as JSON, so many each."""
    return STREAMS * json_size(parts)
