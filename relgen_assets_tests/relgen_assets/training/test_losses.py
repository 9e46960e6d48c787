"""The losses of a training, and their plot."""

from __future__ import annotations

import io
import json

from PIL import Image

from relgen_assets.training.losses import Losses, loss_png, losses_in

HISTORY = [
    {"step": 1, "loss": 2.0, "learning_rate": 1e-4},
    {"step": 2, "loss": float("nan")},
    {"step": 2, "eval_loss": 1.5},
    {"step": 3, "loss": 0.5},
    {"step": 3, "train_runtime": 12.0, "train_loss": 1.0},
]


def colours(png: bytes) -> set[tuple[int, ...]]:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return {colour for _, colour in image.getcolors(1 << 20) or []}  # type: ignore[misc]


def test_they_are_taken_from_what_the_trainer_recorded() -> None:
    losses = losses_in(HISTORY)
    assert losses.learned == [(1, 2.0), (3, 0.5)]
    assert losses.watched == [(2, 1.5)]
    assert json.loads(losses.encoded())["learned"] == [[1, 2.0], [3, 0.5]]


def test_each_has_a_line_of_its_own_colour() -> None:
    learned, watched = (0x2F, 0x6F, 0x9F), (0xC2, 0x57, 0x1A)
    both = colours(loss_png(losses_in(HISTORY)))
    assert {learned, watched} <= both
    assert watched not in colours(loss_png(Losses(learned=[(1, 2.0), (2, 1.0)])))


def test_the_same_losses_give_the_same_bytes() -> None:
    assert loss_png(losses_in(HISTORY)) == loss_png(losses_in(HISTORY))


def test_without_points_and_with_a_loss_of_zero_there_is_a_plot_too() -> None:
    assert Image.open(io.BytesIO(loss_png(Losses()))).size == (960, 540)
    assert loss_png(Losses(learned=[(1, 0.0)]))
