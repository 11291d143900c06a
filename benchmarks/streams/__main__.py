"""What a growing stream costs the browser's main thread, shown by Reflex's means and by ours.

`python -m benchmarks.streams [SCALE [VIEW ...]]`; 1, the default, is up to 100,000 parts in 5,000
flushes. Times are the processor's, so that other work on the machine does not count.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page

from tests.chromium import chromium
from tests.reflex_app import running

APP = Path(__file__).parent / "app"
PARTS_PER_FLUSH = 20
SIZES = (10_000, 100_000)
PLAIN_LIMIT = 10_000
"""Of more parts, what Reflex's own means cost is not waited for."""
VIEWS = ("length", "text", "markdown", "log")

FRAMES = """async (region) => {
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (let n = 0; n < 240; n++) {
    region.scrollTop -= 400;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames.sort((a, b) => a - b);
}"""


def main(scale: float, views: list[str]) -> None:
    sizes = [round(size * scale) for size in SIZES]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(APP, folder, dirs_exist_ok=True)
        with running(Path(folder)) as url, chromium() as browser:
            print("| view | parts | flushes | main thread, ms | in scripts, ms | ms per flush |")
            print("| --- | ---: | ---: | ---: | ---: | ---: |")
            for view in views or VIEWS:
                for size in sizes:
                    row(browser, url, view, size)
                row(browser, url, f"{view}-plain", round(PLAIN_LIMIT * scale))
            scrolling(browser, url, sizes[-1])


def row(browser: Browser, url: str, view: str, parts: int) -> None:
    """Print what it costs to show so many parts as they come."""
    flushes = parts // PARTS_PER_FLUSH
    page = browser.new_page(base_url=url)
    whole, scripts = grow(page, view, parts, flushes)
    print(
        f"| {view} | {parts:,} | {flushes:,} | {whole:,.0f} | {scripts:,.0f} "
        f"| {whole / flushes:.2f} |",
        flush=True,
    )
    page.close()


def grow(page: Page, view: str, parts: int, flushes: int) -> tuple[float, float]:
    """Have a page show a growing list; return the milliseconds of its main thread and scripts."""
    page.goto(f"/{view}")
    page.wait_for_timeout(1000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = metrics(session)
    write(page, parts, flushes)
    after = metrics(session)
    return after["TaskDuration"] - before["TaskDuration"], (
        after["ScriptDuration"] - before["ScriptDuration"]
    )


def write(page: Page, parts: int, flushes: int) -> None:
    page.fill("#parts", str(parts))
    page.fill("#flushes", str(flushes))
    page.get_by_role("button", name="Write").click()
    shown = "n => document.querySelector('#written').textContent === String(n)"
    page.wait_for_function(shown, arg=parts, timeout=600_000, polling=500)
    page.wait_for_timeout(500)


def metrics(session: CDPSession) -> dict[str, float]:
    """What Chromium has counted, times in milliseconds."""
    found = session.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] * 1000 for metric in found}


def scrolling(browser: Browser, url: str, parts: int) -> None:
    """Print how a long log scrolls."""
    page = browser.new_page(base_url=url)
    page.goto("/log")
    write(page, parts, 10)
    frames = page.locator("[role=log]").evaluate(FRAMES)
    middle, worst = frames[len(frames) // 2], frames[len(frames) * 99 // 100]
    print(f"\nScrolling {parts:,} lines: a frame takes {middle:.1f} ms, p99 {worst:.1f} ms")
    page.close()


main(float(sys.argv[1]) if sys.argv[1:] else 1, sys.argv[2:])
