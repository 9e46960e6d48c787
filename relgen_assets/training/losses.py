"""The losses of a training over its steps, and their plot as PNG."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Points = Sequence[tuple[int, float]]
"""Steps with the loss there."""
Box = tuple[int, int, int, int]
"""Left, top, right and bottom of an area, in pixels."""

_SIZE: Final = (960, 540)
_BOX: Final[Box] = (90, 70, 930, 470)
_PAPER, _INK, _FAINT = "#ffffff", "#1f2933", "#cbd2d9"
_COLOURS: Final = {"learned rows": "#2f6f9f", "rows not learned": "#c2571a"}
_TITLE_SIZE, _LABEL_SIZE = 26, 20
_TICKS: Final = 5
_DOT: Final = 4


@dataclass(frozen=True, slots=True)
class Losses:
    """Losses by step: nats a token of the answers.

    Attributes:
        learned: Of the rows that are learned.
        watched: Of the rows that are not.
    """

    learned: Points = ()
    watched: Points = ()

    def encoded(self) -> bytes:
        """Return them as JSON."""
        return json.dumps({"learned": self.learned, "watched": self.watched}, indent=2).encode()


def losses_in(history: Iterable[Mapping[str, Any]]) -> Losses:
    """Return the losses in what the trainer has recorded; values that are no number are left out.

    Args:
        history: Records, each of a step: with `loss`, with `eval_loss`, or with neither.
    """
    records = list(history)

    def points(name: str) -> list[tuple[int, float]]:
        return [
            (int(one["step"]), float(one[name]))
            for one in records
            if name in one and math.isfinite(one[name])
        ]

    return Losses(points("loss"), points("eval_loss"))


def loss_png(losses: Losses) -> bytes:
    """Return the plot: both losses over the steps, from zero upwards. Without points it is empty.

    The same losses give the same bytes.
    """
    from PIL import Image, ImageDraw  # only here: the command line starts faster without

    image = Image.new("RGB", _SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    lines = dict(zip(_COLOURS, (losses.learned, losses.watched), strict=True))
    every = [point for points in lines.values() for point in points]
    last = max((step for step, _ in every), default=1)
    most = max((loss for _, loss in every), default=1.0) or 1.0
    _draw_axes(draw, last, most)
    left = _BOX[0]
    for name, points in lines.items():
        if points:
            _draw_line(draw, points, last, most, _COLOURS[name])
            left = _draw_name(draw, left, f"{name}: {points[-1][1]:.2f}", _COLOURS[name])
    buffer = io.BytesIO()
    image.quantize(32).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw_axes(draw: ImageDraw, last: int, most: float) -> None:
    from PIL import ImageFont

    left, top, right, bottom = _BOX
    label = ImageFont.load_default(_LABEL_SIZE)
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        y = bottom - round(share * (bottom - top))
        draw.line((left, y, right, y), _FAINT, 1)
        draw.text((left - 12, y), f"{share * most:.2f}", _INK, label, anchor="rm")
        x = left + round(share * (right - left))
        draw.text((x, bottom + 10), f"{round(share * last):,}", _INK, label, anchor="ma")
    draw.line((left, bottom, right, bottom), _INK, 2)
    draw.text(((left + right) // 2, bottom + 40), "step", _INK, label, anchor="ma")


def _draw_line(draw: ImageDraw, points: Points, last: int, most: float, colour: str) -> None:
    left, top, right, bottom = _BOX
    places = [
        (
            left + round(step / last * (right - left)),
            bottom - round(loss / most * (bottom - top)),
        )
        for step, loss in points
    ]
    if len(places) > 1:
        draw.line(places, colour, 3)
    for x, y in (*places[:1], *places[-1:]):
        draw.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), colour)


def _draw_name(draw: ImageDraw, left: int, text: str, colour: str) -> int:
    """Write the name of a line above the plot; return where the next begins."""
    from PIL import ImageFont

    font = ImageFont.load_default(_TITLE_SIZE)
    draw.text((left, _BOX[1] - 50), text, colour, font)
    return left + round(draw.textlength(text, font)) + 40
