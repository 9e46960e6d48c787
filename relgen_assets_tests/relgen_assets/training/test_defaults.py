"""How a model of a given size is trained on a given machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.training.defaults import Machine, recipe_for
from relgen_assets.training.memory import Shape, memory_needed
from relgen_assets_tests.relgen_assets.training.shapes import (
    BOARD,
    CARD,
    MODELS,
    QWEN_3B,
    QWEN_7B,
    SMOLLM2_135M,
)


def test_small_models_learn_as_a_whole_and_large_ones_by_adapters() -> None:
    methods = [recipe_for(shape, CARD).method for shape in MODELS]
    assert methods == ["full", "full", "lora", "lora", "lora"]


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_larger_model_takes_no_larger_steps(method: str) -> None:
    rates = [recipe_for(shape, CARD, {"method": method}).learning_rate for shape in MODELS]
    assert rates == sorted(rates, reverse=True)


def test_adapters_take_larger_steps_than_whole_models() -> None:
    for shape in MODELS:
        full, lora = (
            recipe_for(shape, CARD, {"method": method}).learning_rate for method in ("full", "lora")
        )
        assert lora > full


@given(
    shape=st.sampled_from(MODELS),
    machine=st.sampled_from([BOARD, CARD]),
    max_length=st.integers(64, 30_000),
)
def test_a_step_has_sixteen_rows_whatever_fits_at_a_time(
    shape: Shape, machine: Machine, max_length: int
) -> None:
    recipe = recipe_for(shape, machine, {"max_length": max_length})
    assert recipe.rows_a_step == 16


@pytest.mark.parametrize("shape", MODELS, ids=lambda shape: f"{shape.parameters:,}")
@pytest.mark.parametrize("max_length", [512, 2_048])
def test_every_model_fits_one_card_of_24_gb(shape: Shape, max_length: int) -> None:
    recipe = recipe_for(shape, CARD, {"max_length": max_length})
    assert memory_needed(shape, recipe).total < CARD.memory


def test_short_rows_are_seen_more_at_a_time() -> None:
    short, long = (recipe_for(QWEN_3B, CARD, {"max_length": n}).batch for n in (256, 4_096))
    assert (short, long) == (16, 1)


def test_the_whole_of_a_3b_does_not_fit_and_is_tried_with_one_row_at_a_time() -> None:
    recipe = recipe_for(QWEN_3B, CARD, {"method": "full"})
    assert memory_needed(QWEN_3B, recipe).total > CARD.memory
    assert (recipe.batch, recipe.recompute) == (1, True)


def test_activations_are_computed_twice_where_they_do_not_fit_once() -> None:
    assert not recipe_for(SMOLLM2_135M, BOARD, {"max_length": 512}).recompute
    assert recipe_for(SMOLLM2_135M, BOARD, {"max_length": 8_192}).recompute


@given(batch=st.integers(1, 100))
def test_with_more_rows_at_a_time_there_are_fewer_times(batch: int) -> None:
    recipe = recipe_for(SMOLLM2_135M, CARD, {"batch": batch})
    assert recipe.accumulation == max(1, 16 // batch)


def test_a_processor_computes_in_32_bits_and_a_gpu_in_16() -> None:
    assert not recipe_for(QWEN_7B, BOARD).half
    assert recipe_for(QWEN_7B, CARD).half


def test_what_the_user_sets_stands_and_what_is_left_out_keeps_its_default() -> None:
    changes = {"epochs": 5, "method": None, "learning_rate": 3e-5}
    recipe = recipe_for(SMOLLM2_135M, BOARD, changes)
    assert (recipe.epochs, recipe.method, recipe.learning_rate) == (5, "full", 3e-5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("learning_rate", 2.0), ("batch", -1), ("max_length", 10), ("rank", 0)],
)
def test_a_value_that_makes_no_sense_is_named_as_the_user_wrote_it(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError) as caught:
        recipe_for(SMOLLM2_135M, BOARD, {name: value})
    assert caught.value.where == f"--{name.replace('_', '-')}"
    assert str(value) in caught.value.what
