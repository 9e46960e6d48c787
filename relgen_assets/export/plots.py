"""The picture of the card: histograms of the lengths of rows, as PNG.

The same counts give the same bytes: nothing in it depends on time or place, and the font comes with
Pillow.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from relgen_assets.export.counts import added
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.histograms import at_most, largest_in

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

LENGTHS_FILE: Final = "figures/lengths.png"

_PANELS: Final = {
    "Chunk, tokens": "chunk_tokens",
    "Summary, words": "summary_words",
    "Extraction, tokens": "answer_tokens",
    "Training row, tokens": "row_tokens",
}
_PANEL: Final = (720, 400)
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 30, 70, 60
_PAPER, _INK, _FAINT, _BAR = "#ffffff", "#1f2933", "#cbd2d9", "#2f6f9f"
_TITLE_SIZE, _LABEL_SIZE = 26, 20
_TICKS: Final = 5
_FEWEST_BARS: Final = 8
"""A panel with fewer has bars as narrow as with so many."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom of an area, in pixels."""


def lengths_png(facts: Sequence[ShardFacts]) -> bytes:
    """Return the histograms of the lengths of all rows, two by two."""
    from PIL import Image, ImageDraw  # only here: the command line starts faster without

    width, height = _PANEL
    image = Image.new("RGB", (2 * width, 2 * height), _PAPER)
    draw = ImageDraw.Draw(image)
    for number, (title, name) in enumerate(_PANELS.items()):
        left, top = number % 2 * width, number // 2 * height
        box = (left + _LEFT, top + _TOP, left + width - _RIGHT, top + height - _BOTTOM)
        _draw_panel(draw, box, title, added(facts, name))
    buffer = io.BytesIO()
    image.quantize(32).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def buckets(counts: Mapping[str, int]) -> list[tuple[int, int]]:
    """Return the buckets from the shortest to the longest length, also the empty ones between.

    Returns:
        The smallest length of each, and its count.
    """
    ends = [int(one) for one in counts]
    found: list[tuple[int, int]] = []
    lower, last = min(ends, default=0), max(ends, default=-1)
    while lower <= last:
        found.append((lower, counts.get(str(lower), 0)))
        lower = largest_in(lower) + 1
    return found


def _draw_panel(draw: ImageDraw, box: Box, title: str, counts: Mapping[str, int]) -> None:
    from PIL import ImageFont

    left, top, right, bottom = box
    label = ImageFont.load_default(_LABEL_SIZE)
    bars = buckets(counts)
    most = max((count for _, count in bars), default=0)
    half = at_most(counts, 0.5)
    head = f"{title}; half have at most {half:,}" if bars else f"{title}; none"
    draw.text((left, top - 50), head, _INK, ImageFont.load_default(_TITLE_SIZE))
    for share, number in ((0, 0), (1, most)):
        y = bottom - round(share * (bottom - top))
        draw.line((left, y, right, y), _FAINT, 1)
        draw.text((left - 12, y), f"{number:,}", _INK, label, anchor="rm")
    step = (right - left) / max(_FEWEST_BARS, len(bars))
    every = max(1, -(-len(bars) // _TICKS))
    for place, (lower, count) in enumerate(bars):
        x = left + place * step
        if count:
            y = bottom - max(2, round(count / most * (bottom - top)))
            draw.rectangle((round(x) + 1, y, max(round(x) + 1, round(x + step) - 2), bottom), _BAR)
        if place % every == 0:
            draw.line((round(x), bottom, round(x), bottom + 6), _INK, 1)
            draw.text((round(x), bottom + 10), f"{lower:,}", _INK, label, anchor="ma")
    draw.line((left, bottom, right, bottom), _INK, 2)
