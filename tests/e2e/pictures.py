"""Pictures of how pages should look, kept small, and compared with some tolerance."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

FOLDER = Path(__file__).parent / "pictures"
IS_UPDATE = "UPDATE_PICTURES" in os.environ
"""Whether the stored pictures are replaced: `UPDATE_PICTURES=1 pytest -k looks_as`."""

SHRINK = {390: 2, 1280: 4}
"""By how much a picture of a page of this width is made smaller."""

TILE = 8
"""The side of the squares that are compared, in pixels of the small picture."""

MOST_DIFFERENCE = 12
"""How much a square may differ on average, of 255. A page that has moved by a pixel gives up to 11,
a badge that is missing 14 and more, a text that has moved by its height some 50."""

MOST_GROWTH = 2
"""By how many pixels of the small picture the height may differ."""


def difference(name: str, width: int, taken: bytes) -> str:
    """How a picture differs from the one that is stored.

    Args:
        name: The name of the stored picture.
        width: The width of the page that it shows, in CSS pixels.
        taken: The picture, as PNG.

    Returns:
        What differs; empty where nothing that matters does.
    """
    now = small(taken, SHRINK[width])
    before = Image.open(FOLDER / f"{name}.webp").convert("RGB")
    if now.width != before.width or abs(now.height - before.height) > MOST_GROWTH:
        return f"It is {now.size} and was {before.size}, in pixels of the small picture."
    return _most_different_tile(before, now)


def keep(name: str, width: int, taken: bytes) -> None:
    """Store a picture, for `difference`."""
    FOLDER.mkdir(exist_ok=True)
    small(taken, SHRINK[width]).save(FOLDER / f"{name}.webp", quality=75, method=6)


def small(png: bytes, factor: int) -> Image.Image:
    """A picture made so much smaller that the shapes of letters do not count."""
    return Image.open(BytesIO(png)).convert("RGB").reduce(factor)


def _most_different_tile(before: Image.Image, now: Image.Image) -> str:
    height = min(before.height, now.height)
    soft = [
        it.crop((0, 0, it.width, height)).filter(ImageFilter.BoxBlur(1)) for it in (before, now)
    ]
    tiles = ImageChops.difference(*soft).convert("L").reduce(TILE)
    _, most = tiles.getextrema()
    assert isinstance(most, int)
    if most <= MOST_DIFFERENCE:
        return ""
    place = list(tiles.get_flattened_data()).index(most)
    x, y = place % tiles.width * TILE, place // tiles.width * TILE
    return f"It differs by {most} of 255 around ({x}, {y}), in pixels of the small picture."
