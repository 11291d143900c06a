"""A table of 5,000 runs: how it scrolls, and what an update of one of them takes from the page.

Both are read from Chromium's trace: when it drew frames, and the tasks of the page's main thread.
"""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from statistics import fmean
from typing import Any

from benchmarks.pages.measures.runs import PAYLOAD, SECONDS_BETWEEN, UPDATES
from benchmarks.pages.report import Goal, Report, Spread, Table, number
from benchmarks.pages.server import mark
from benchmarks.pages.stage import Shown, Stage

RUNS = 5000
IN_VIEW = 5
SCROLLED_PIXELS = 12_000
PIXELS_PER_SECOND = 3000
LIMIT_UPDATE_MS = 16.0
LIMIT_FRAME_RATIO = 1.05

TIMELINE = "disabled-by-default-devtools.timeline"
CATEGORIES = ["devtools.timeline", TIMELINE, f"{TIMELINE}.frame"]
DRAWN, TASK, ARRIVED = "DrawFrame", "RunTask", "WebSocketReceive"

Trace = list[dict[str, Any]]


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Where.
        scale: How much of it: 1 for all.
    """
    updates = max(10, round(UPDATES * scale))
    batch, runs = await stage.create_batch(RUNS, PAYLOAD)
    with stage.app.backend():
        async with stage.page("ours", "table", batch) as page:
            await page.shows(f"{RUNS:,} runs")
            await asyncio.sleep(2)
            frames = await frame_times_of_scrolling(stage, page)
            costs = update_times(await trace_of_updates(stage, page, runs[:IN_VIEW], updates))
    plain = await frame_times_of_plain_text(stage)
    spreads = {
        "from one frame to the next while it scrolls, ms": Spread.of(frames),
        "the same, plain text in a box, ms": Spread.of(plain),
        "main thread for an update of one run, ms": Spread.of(costs),
    }
    rows = [[name, number(spread.median), number(spread.p95)] for name, spread in spreads.items()]
    scrolling = "a table of 5,000 runs scrolls, time for a frame against plain text"
    update = "one of its runs changes, main thread, p95"
    return Report(
        [
            Goal(scrolling, LIMIT_FRAME_RATIO, fmean(frames) / fmean(plain), "times"),
            Goal(update, LIMIT_UPDATE_MS, Spread.of(costs).p95, "ms"),
        ],
        [Table("A table of 5,000 runs", ["", "median", "p95"], rows)],
    )


async def frame_times_of_plain_text(stage: Stage) -> list[float]:
    """What the machine can do: the same of a box that has no script."""
    text = "<p>A line of text</p>" * RUNS
    box = f'<div class="runs-table-box" style="height: 512px; overflow: auto">{text}</div>'
    page = await stage.browser.new_page()
    await page.set_content(box)
    times = await frame_times_of_scrolling(stage, Shown(page))
    await page.close()
    return times


async def frame_times_of_scrolling(stage: Stage, page: Shown) -> list[float]:
    """Scroll through the table by wheel, and back; the milliseconds from each frame to the next."""
    session = await page.page.context.new_cdp_session(page.page)
    box = await page.page.locator(".runs-table-box").bounding_box()
    assert box
    gesture = {
        "x": box["x"] + box["width"] / 2,
        "y": box["y"] + box["height"] / 2,
        "speed": PIXELS_PER_SECOND,
        "gestureSourceType": "mouse",
    }
    times: list[float] = []
    for distance in (-SCROLLED_PIXELS, SCROLLED_PIXELS):
        async with tracing(stage, page) as trace:
            order = {**gesture, "yDistance": distance}
            await session.send("Input.synthesizeScrollGesture", order)
        drawn = [event["ts"] for event in trace if event["name"] == DRAWN]
        times += [(after - before) / 1000 for before, after in pairwise(drawn)]
    return times


async def trace_of_updates(stage: Stage, page: Shown, runs: list[str], updates: int) -> Trace:
    """Let runs change that are in view."""
    async with tracing(stage, page) as trace:
        await stage.drive("mark", runs, steps=updates, every=SECONDS_BETWEEN)
        await page.shows(mark(updates))
    return trace


@asynccontextmanager
async def tracing(stage: Stage, page: Shown) -> AsyncIterator[Trace]:
    """Chromium's trace of a page, in the order of time, filled in at the end."""
    trace: Trace = []
    await stage.browser.start_tracing(page=page.page, categories=CATEGORIES)
    yield trace
    written = json.loads(await stage.browser.stop_tracing())
    trace += sorted(written["traceEvents"], key=lambda event: event["ts"])


def update_times(trace: Trace) -> list[float]:
    """The milliseconds for which each message, and what it led to, kept the main thread busy.

    That is all that the thread did until the next message came.
    """
    arrivals = [event for event in trace if event["name"] == ARRIVED]
    thread = {(event["pid"], event["tid"]) for event in arrivals}
    # One that has not ended when the trace ends has no duration.
    tasks = [
        event
        for event in trace
        if event["name"] == TASK and (event["pid"], event["tid"]) in thread and "dur" in event
    ]
    times = [0.0] * len(arrivals)
    ends = [event["ts"] for event in arrivals]
    for task in tasks:
        # A message arrives within a task.
        index = bisect_right(ends, task["ts"] + task["dur"]) - 1
        if index >= 0:
            times[index] += task["dur"] / 1000
    return times[:-1]
