"""Takes pictures of every page of the example app: light and dark, on a phone and a desktop.

python scripts/screenshots.py http://localhost:3000 .screenshots [/gallery/run-card ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

from playwright.sync_api import Browser, Locator, Page, ViewportSize

from example_app.gallery.samples import MOMENT
from example_app.views.layout import ALL_LINKS
from tests.chromium import chromium, faultless_page

Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)
WIDTHS = (390, 1280)
HEIGHT = 900

READY = """() => {
  const main = document.querySelector("main");
  return main !== null && Object.keys(main).some((key) => key.startsWith("__reactFiber"));
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def still_page(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page whose clock stands at the moment of the samples, and on which nothing moves.

    Args:
        browser: The browser.
        base_url: Where the example app is.

    Yields:
        The page.
    """
    options = {"timezone_id": "UTC", "locale": "en-GB", "reduced_motion": "reduce"}
    with faultless_page(browser, base_url=base_url, **options) as page:
        page.clock.set_fixed_time(MOMENT)
        yield page


def open_still(page: Page, route: str) -> None:
    """Open a page and wait until it shows the samples of the moment.

    Args:
        page: A page of `still_page`.
        route: Which page of the example app.
    """
    page.goto(f"{route}?at={MOMENT.isoformat().replace('+00:00', 'Z')}")
    page.wait_for_function(READY)
    page.wait_for_load_state("networkidle")


def show(page: Page, width: int, mode: Mode) -> None:
    """Show a page in another width and colour mode.

    Args:
        page: The page.
        width: In CSS pixels.
        mode: `light` or `dark`.
    """
    page.set_viewport_size(ViewportSize(width=width, height=HEIGHT))
    page.emulate_media(color_scheme=mode)
    page.wait_for_function("mode => document.documentElement.classList.contains(mode)", arg=mode)
    page.evaluate(DRAWN)


def picture(page: Page | Locator, path: Path | None = None) -> bytes:
    """A picture of a page, from its top to its end, or of a part of it.

    Args:
        page: The page, or the part.
        path: Where to keep it.

    Returns:
        The picture as PNG.
    """
    if isinstance(page, Locator):
        return page.screenshot(path=path, animations="disabled", caret="hide")
    return page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="where the example app is running")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("routes", nargs="*", default=[link.route for link in ALL_LINKS])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for route in arguments.routes:
            name = route.strip("/").replace("/", "-") or "index"
            with still_page(browser, arguments.url) as page:
                open_still(page, route)
                for width in WIDTHS:
                    for mode in MODES:
                        show(page, width, mode)
                        picture(page, arguments.folder / f"{name}-{width}-{mode}.png")


if __name__ == "__main__":
    main()
