"""Takes the pictures that the documentation shows, of a running example app, and keeps them small.

python scripts/docs_pictures.py http://localhost:3000
"""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from example_app.gallery.entries import ENTRIES
from example_app.gallery.entries.live import LIVE_ENTRIES
from example_app.gallery.entry import Entry
from scripts.screenshots import MODES, Mode, open_still, picture, show, still_page
from tests.chromium import chromium
from tests.e2e.actions import open_page
from tests.e2e.test_stability import ENDS

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDTH = 1280
MOST_HEIGHT = 620
COLORS = 96
ANSWER_MS = 60_000


WHOLE_ROWS = """(stills, most) => Math.max(
  ...[...stills.children]
    .map((still) => still.getBoundingClientRect().bottom - stills.getBoundingClientRect().top)
    .filter((bottom, index) => index === 0 || bottom <= most),
)"""
"""How high the stills are that fit into a picture."""


def save(png: bytes, path: Path, height: float = MOST_HEIGHT) -> None:
    """Keep a picture with few colours, its bottom cut off where it is too high."""
    image = Image.open(BytesIO(png)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, round(height))))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


def component_path(entry: Entry, mode: Mode) -> Path:
    """Where the picture of a component is."""
    return IMAGES / "components" / f"{entry.slug}-{mode}.png"


def take_live(browser: Browser, url: str) -> None:
    """Take what each component without a state class shows of a run that has ended."""
    for entry in LIVE_ENTRIES:
        page = browser.new_page(base_url=url)
        open_page(page, entry.route)
        page.locator("#play").click()
        element, text = ENDS[entry.state]
        expect(page.locator(element)).to_have_text(text, timeout=ANSWER_MS)
        for mode in MODES:
            show(page, WIDTH, mode)
            save(picture(page.locator("#live")), component_path(entry, mode))
        page.close()


def take_components(browser: Browser, url: str) -> None:
    """Take the states of each component, light and dark."""
    for entry in ENTRIES:
        if entry in LIVE_ENTRIES:
            continue
        with still_page(browser, url) as page:
            open_still(page, entry.route)
            for mode in MODES:
                show(page, WIDTH, mode)
                stills = page.locator("#stills")
                height = stills.evaluate(WHOLE_ROWS, MOST_HEIGHT)
                save(picture(stills), component_path(entry, mode), height)


def take_app(browser: Browser, url: str) -> None:
    """Take the assistant in the middle of its answer."""
    page: Page = browser.new_page(
        base_url=url, viewport=ViewportSize(width=1280, height=MOST_HEIGHT)
    )
    open_page(page, "/assistant")
    page.locator("#start-run").click()
    expect(page.locator("#stream-findings > *").nth(4)).to_be_visible(timeout=ANSWER_MS)
    save(page.screenshot(animations="disabled"), IMAGES / "example-app.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url", help="where the example app is running")
    url = parser.parse_args().url
    with chromium() as browser:
        take_components(browser, url)
        take_live(browser, url)
        take_app(browser, url)


if __name__ == "__main__":
    main()
