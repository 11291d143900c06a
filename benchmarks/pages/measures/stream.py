"""A stream of parts: the bytes and the time until a page shows it, and what a flush costs."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from benchmarks.pages.backend import MANAGERS, Manager
from benchmarks.pages.report import Goal, Plot, Report, Spread, Table, number
from benchmarks.pages.server import part
from benchmarks.pages.stage import SIDE_NAMES, SIDES, Side, Stage

PARTS = (1000, 3000, 10_000)
PART_LENGTH = len(part(0))
PARTS_PER_WRITE = 10
SECONDS_BETWEEN = 0.01
"""1,000 parts a second."""
BURST_PARTS_PER_WRITE = 500
ROUNDS = 5
LIMIT_BYTES, LIMIT_TIME, LIMIT_GROWTH = 1.3, 1.0, 1.2

Line: TypeAlias = list[tuple[float, float]]
"""Costs by size."""

BACKEND_SIDES: tuple[Side, ...] = ("ours", "plain")


@dataclass(frozen=True)
class Shown:
    """How a stream was shown.

    Attributes:
        seconds: From the first commit until the page showed all of it.
        lag: From the last commit until then, in milliseconds.
        received: The bytes that the page received, 0 if they were not counted.
        flushes: The backend's processor time for a flush in each tenth of them, in milliseconds.
    """

    seconds: float
    lag: float
    received: int
    flushes: list[float]


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    rounds = max(1, round(ROUNDS * scale))
    received = await _received(stage)
    paced: dict[Side, list[Shown]] = {}
    bursts: dict[Side, list[Shown]] = {}
    with stage.app.backend():
        for _ in range(rounds):
            for side in SIDES:
                paced.setdefault(side, []).append(await show(stage, side, PARTS[-1]))
                bursts.setdefault(side, []).append(await show(stage, side, PARTS[-1], burst=True))
    tenths: dict[tuple[Side, Manager], list[list[float]]] = {}
    for manager in MANAGERS:
        with stage.app.backend(manager):
            for _ in range(rounds):
                for side in BACKEND_SIDES:
                    shown = await show(stage, side, PARTS[-1])
                    tenths.setdefault((side, manager), []).append(shown.flushes)
    return Report(
        _goals(received, paced, bursts, tenths),
        [_bytes_table(received), _time_table(paced, bursts), _cpu_table(tenths)],
        [
            Plot(
                "stream-bytes",
                "Bytes for a stream",
                "parts of 6 characters",
                "bytes received",
                {SIDE_NAMES[side]: line for side, line in received.items()}
                | {"JSON of the parts": [(n, json_size(n)) for n in PARTS]},
            ),
            Plot(
                "stream-cpu",
                "Processor time of the backend for a flush of a stream",
                "parts shown",
                "ms",
                {
                    f"{SIDE_NAMES[side]}, {manager}": [
                        ((tenth + 0.5) * PARTS[-1] / 10, _median(rounds, tenth))
                        for tenth in range(10)
                    ]
                    for (side, manager), rounds in tenths.items()
                },
            ),
        ],
    )


async def _received(stage: Stage) -> dict[Side, Line]:
    with stage.app.backend():
        return {
            side: [(n, (await show(stage, side, n, counts=True)).received) for n in PARTS]
            for side in SIDES
        }


async def show(
    stage: Stage, side: Side, parts: int, *, burst: bool = False, counts: bool = False
) -> Shown:
    """Write a stream while a page shows it.

    Args:
        stage: Where.
        side: Whose page.
        parts: How many parts.
        burst: Whether to write them as fast as can be, not 1,000 a second.
        counts: Whether to count the bytes that the page receives.
    """
    run = await stage.create_run()
    async with stage.page(side, "stream", run, counts=counts) as page:
        await asyncio.sleep(1.5)
        if side != "hook":
            await stage.app.flushes()
        before = page.received
        size = BURST_PARTS_PER_WRITE if burst else PARTS_PER_WRITE
        every = 0 if burst else SECONDS_BETWEEN
        commits = await stage.drive("write", [run], steps=parts // size, size=size, every=every)
        await page.shows_length(parts * PART_LENGTH)
        shown_at = next(at for length, at in await page.lengths() if length >= parts * PART_LENGTH)
        # What the page does not need any more may still be on its way.
        await asyncio.sleep(0.3)
        flushes = await stage.app.flushes() if side != "hook" else []
        return Shown(
            (shown_at - commits[0]) / 1000,
            shown_at - commits[-1],
            page.received - before,
            tenths_of([cpu for at, cpu in flushes if commits[0] <= at * 1000 <= shown_at]),
        )


def tenths_of(cpu: list[float]) -> list[float]:
    """What a flush cost in each tenth of them."""
    if len(cpu) < 20:
        return []
    ends = [round(tenth * (len(cpu) - 1) / 10) for tenth in range(11)]
    return [(cpu[end] - cpu[start]) * 1000 / (end - start) for start, end in pairwise(ends)]


def json_size(parts: int) -> int:
    """The bytes of the parts as JSON."""
    return len(json.dumps([part(n) for n in range(parts)], separators=(",", ":")))


def _median(rounds: list[list[float]], tenth: int) -> float:
    return statistics.median(one[tenth] for one in rounds)


def _seconds(rounds: list[Shown]) -> Spread:
    return Spread.of([one.seconds for one in rounds])


def _growth(rounds: list[list[float]]) -> float:
    return _median(rounds, 9) / _median(rounds, 0)


def _goals(
    received: Mapping[Side, Line],
    paced: Mapping[Side, list[Shown]],
    bursts: Mapping[Side, list[Shown]],
    tenths: Mapping[tuple[Side, Manager], list[list[float]]],
) -> list[Goal]:
    def times(rounds: Mapping[Side, list[Shown]]) -> float:
        return _seconds(rounds["ours"]).over(_seconds(rounds["hook"])).median

    size = received["ours"][-1][1] / json_size(PARTS[-1])
    stream = f"stream of {PARTS[-1]:,} parts"
    return [
        Goal(f"{stream}, bytes against the parts' JSON", LIMIT_BYTES, size, "times"),
        *(
            Goal(
                f"{stream}, CPU of a flush, last tenth against first, {manager}",
                LIMIT_GROWTH,
                _growth(tenths["ours", manager]),
                "times",
            )
            for manager in MANAGERS
        ),
        Goal(f"{stream}, until all is shown, against the hook", LIMIT_TIME, times(paced), "times"),
        Goal(f"{stream}, the same, written at once", LIMIT_TIME, times(bursts), "times"),
    ]


def _bytes_table(received: dict[Side, Line]) -> Table:
    rows = [
        [SIDE_NAMES[side]]
        + [f"{size:,.0f} ({number(size / json_size(int(parts)))})" for parts, size in line]
        for side, line in received.items()
    ]
    head = ["page", *(f"{parts:,} parts" for parts in PARTS)]
    return Table("Bytes for a stream (times the JSON of its parts)", head, rows)


def _time_table(paced: dict[Side, list[Shown]], bursts: dict[Side, list[Shown]]) -> Table:
    rows = []
    for name, rounds in {"1,000 parts a second": paced, "at once": bursts}.items():
        spreads: dict[Side, Spread] = {side: _seconds(rounds[side]) for side in SIDES}
        for side, spread in spreads.items():
            lag = Spread.of([one.lag for one in rounds[side]])
            against = spread.over(spreads["hook"])
            figures = (spread.median, spread.p95, against.median, against.p95)
            rows.append(
                [name, SIDE_NAMES[side], *(f"{n:.2f}" for n in figures), number(lag.median)]
            )
    head = ["written", "page", "median, s", "p95, s", "times the hook, median", "p95"]
    title = f"Until a page shows all of {PARTS[-1]:,} parts"
    return Table(title, [*head, "after the last commit, ms"], rows, texts=2)


def _cpu_table(tenths: dict[tuple[Side, Manager], list[list[float]]]) -> Table:
    rows = [
        [SIDE_NAMES[side], manager]
        + [f"{_median(rounds, tenth):.2f}" for tenth in (0, 4, 9)]
        + [f"{_growth(rounds):.2f}"]
        for (side, manager), rounds in tenths.items()
    ]
    head = ["page", "sessions", "first tenth", "fifth", "last", "last against first"]
    title = "Processor time of the backend for a flush of a stream, ms"
    return Table(title, head, rows, texts=2)
