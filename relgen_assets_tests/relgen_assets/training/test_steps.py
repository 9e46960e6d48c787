"""How many steps a training takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.training.defaults import recipe_for
from relgen_assets.training.steps import plan_steps
from relgen_assets_tests.relgen_assets.training.shapes import BOARD, SMOLLM2_135M


def test_a_hundred_rows_twice_in_steps_of_sixteen_are_fourteen_steps() -> None:
    steps = plan_steps(100, recipe_for(SMOLLM2_135M, BOARD))  # 7 an epoch, the last of 4 rows
    assert (steps.total, steps.warm_up, steps.store_every, steps.record_every) == (14, 1, 3, 1)


@given(
    rows=st.integers(1, 10**6),
    batch=st.integers(1, 64),
    accumulation=st.integers(1, 64),
    epochs=st.floats(0.01, 20),
)
def test_there_is_always_a_step_and_a_few_checkpoints(
    rows: int, batch: int, accumulation: int, epochs: float
) -> None:
    changes = {"batch": batch, "accumulation": accumulation, "epochs": epochs}
    recipe = recipe_for(SMOLLM2_135M, BOARD, changes)
    steps = plan_steps(rows, recipe)
    assert steps.total >= max(1, rows * epochs / recipe.rows_a_step - 1)
    assert steps.warm_up <= steps.total
    assert steps.total / steps.store_every <= 5
    assert 1 <= steps.record_every <= steps.total


def test_a_part_of_an_epoch_is_a_part_of_its_steps() -> None:
    recipe = recipe_for(SMOLLM2_135M, BOARD, {"epochs": 0.5})
    assert plan_steps(160, recipe).total == 5
