"""How much memory a training needs."""

from __future__ import annotations

from relgen_assets.training.defaults import recipe_for
from relgen_assets.training.memory import GB, Shape, learning_parameters, memory_needed
from relgen_assets_tests.relgen_assets.training.shapes import (
    BOARD,
    CARD,
    QWEN_3B,
    QWEN_7B,
    SMOLLM2_135M,
)
from relgen_assets_tests.repository.tree import ROOT


def test_a_whole_model_costs_sixteen_bytes_a_parameter_before_it_sees_a_row() -> None:
    needed = memory_needed(SMOLLM2_135M, recipe_for(SMOLLM2_135M, BOARD))
    assert needed.weights + needed.optimizer == 16 * SMOLLM2_135M.parameters


def test_adapters_leave_the_weights_at_two_bytes_a_parameter_on_a_gpu() -> None:
    recipe = recipe_for(QWEN_7B, CARD)
    assert memory_needed(QWEN_7B, recipe).weights == 2 * QWEN_7B.parameters
    assert learning_parameters(QWEN_7B, recipe) < QWEN_7B.parameters / 100


def test_the_adapters_of_one_layer_are_counted_by_hand() -> None:
    shape = Shape(1_000_000_000, layers=1, width=10, inner=30, words=100, context=64)
    # Four of 10 by 10, and three between 10 and 30, at rank 16.
    by_hand = 16 * (4 * (10 + 10) + 3 * (10 + 30))
    assert learning_parameters(shape, recipe_for(shape, CARD)) == by_hand


def test_what_grows_with_rows_grows_with_their_number_and_length() -> None:
    one, more = (
        memory_needed(QWEN_3B, recipe_for(QWEN_3B, CARD, {"batch": batch, "max_length": length}))
        for batch, length in ((1, 512), (2, 1_024))
    )
    assert (more.activations, more.words) == (4 * one.activations, 4 * one.words)
    assert (more.weights, more.optimizer) == (one.weights, one.optimizer)


def test_computing_activations_twice_saves_most_of_them() -> None:
    saved, kept = (
        memory_needed(QWEN_3B, recipe_for(QWEN_3B, CARD, {"recompute": recompute, "batch": 1}))
        for recompute in (True, False)
    )
    assert saved.activations < kept.activations / 5
    assert saved.weights == kept.weights


def test_the_documentation_says_what_is_computed() -> None:
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    totals = [
        memory_needed(shape, recipe_for(shape, CARD, {"max_length": 2_048})).total / GB
        for shape in (QWEN_3B, QWEN_7B)
    ]
    assert "| **at most** | " + " | ".join(f"**{total:.1f}**" for total in totals) in page
