"""How a model of a given size is trained on a given machine, where the user does not say.

Small models take larger steps, and adapters about ten times those of whole models, as is common
practice. The other numbers follow from memory: as many rows at a time as fit, and as many times as
it takes for a step to mean the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.training.memory import Shape, memory_needed
from relgen_assets.training.recipes import Device, Method, Recipe

SMALL: Final = 700_000_000
"""Parameters up to which a whole model is trained: 16 bytes each are 11 GB."""
ROWS_A_STEP: Final = 16

_FULL_RATES: Final = ((200_000_000, 1e-4), (SMALL, 5e-5), (2_000_000_000, 2e-5))
_LARGE_FULL_RATE: Final = 1e-5
_LORA_RATES: Final = ((2_000_000_000, 5e-4), (4_000_000_000, 2e-4))
_LARGE_LORA_RATE: Final = 1e-4
_SIDE_BY_SIDE: Final[Mapping[Device, tuple[int, ...]]] = {"cuda": (16, 8, 4, 2), "cpu": (4, 2)}
"""Rows at a time, from the most that are of use. A processor is busy with few."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model is trained on.

    Attributes:
        device: A processor, or a GPU.
        memory: Its memory in bytes.
        half: Whether it computes well in bfloat16.
    """

    device: Device
    memory: float
    half: bool


def recipe_for(shape: Shape, machine: Machine, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Return how a model is trained.

    Args:
        shape: The model.
        machine: On what. Where not even one row fits, the recipe is made all the same.
        changes: Fields of the recipe that the user sets; those that are `None` keep the default.

    Raises:
        ConfigurationError: A value makes no sense.
    """
    given = {name: value for name, value in (changes or {}).items() if value is not None}
    method: Method = given.get("method") or ("full" if shape.parameters <= SMALL else "lora")
    defaults = {
        "method": method,
        "learning_rate": _rate(shape.parameters, method),
        "recompute": machine.device == "cuda" and shape.parameters > SMALL,
        "half": machine.half,
    }
    recipe = _valid({**defaults, **given})
    if "recompute" not in given and memory_needed(shape, recipe).total > machine.memory:
        recipe = recipe.model_copy(update={"recompute": True})
    if "batch" not in given:
        recipe = _widest(shape, recipe, machine)
    if "accumulation" not in given:
        times = max(1, ROWS_A_STEP // recipe.batch)
        recipe = recipe.model_copy(update={"accumulation": times})
    return recipe


def _widest(shape: Shape, recipe: Recipe, machine: Machine) -> Recipe:
    """Return a recipe with as many rows at a time as fit; one in any case."""
    for batch in _SIDE_BY_SIDE[machine.device]:
        wider = recipe.model_copy(update={"batch": batch})
        if memory_needed(shape, wider).total <= machine.memory:
            return wider
    return recipe


def _rate(parameters: int, method: Method) -> float:
    steps, otherwise = (
        (_FULL_RATES, _LARGE_FULL_RATE) if method == "full" else (_LORA_RATES, _LARGE_LORA_RATE)
    )
    return next((rate for most, rate in steps if parameters <= most), otherwise)


def _valid(fields: Mapping[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(fields)
    except ValidationError as error:
        (first, *_) = error.errors()
        raise ConfigurationError(
            f"{first['msg'].lower()}, not {first['input']}.",
            where=f"--{str(first['loc'][0]).replace('_', '-')}",
            remedy="Leave it out for a default that suits the model.",
        ) from error
