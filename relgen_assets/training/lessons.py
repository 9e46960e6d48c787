"""What a model is to learn how, decided before anything is trained."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.training.defaults import Machine, recipe_for
from relgen_assets.training.folder import Order
from relgen_assets.training.memory import Memory, memory_needed
from relgen_assets.training.models import Base
from relgen_assets.training.recipes import LONGEST, SHORTEST, Recipe
from relgen_assets.training.rows import Rows, that_fit
from relgen_assets.training.steps import Steps, plan_steps

_OURS: Final = 0.75
"""Share of a machine's memory that a training on its processor may take."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is to be learned how.

    Attributes:
        base: The model before.
        rows: The rows, none of them too long.
        recipe: How.
        steps: How many steps.
        machine: On what.
    """

    base: Base
    rows: Rows
    recipe: Recipe
    steps: Steps
    machine: Machine

    @property
    def order(self) -> Order:
        """What tells this lesson from others."""
        return Order(base=self.base.name, rows=self.rows.digest, recipe=self.recipe)

    @property
    def memory(self) -> Memory:
        """What it needs."""
        return memory_needed(self.base.shape, self.recipe)


def lesson_of(
    base: Base, rows: Rows, wanted: str, changes: Mapping[str, Any] | None = None
) -> Lesson:
    """Return what a model is to learn of some rows.

    Rows are never cut: what is longer than allowed is left out, and the longest of the rest decides
    on the memory.

    Args:
        base: The model.
        rows: The rows.
        wanted: The device: `cpu`, `cuda`, or `auto` for a GPU if there is one.
        changes: Fields of the recipe that the user sets; those that are `None` keep the default.

    Raises:
        ConfigurationError: A value makes no sense, or the model has no chat template for the rows.
        DatasetError: Every row is too long.
    """
    base.check_form(rows)
    given = dict(changes or {})
    machine = found_machine(wanted)
    allowed = min(given.get("max_length") or LONGEST, base.shape.context)
    fitting = that_fit(rows, base.length, allowed)
    longest = max(map(base.length, (*fitting.train, *fitting.validation)))
    given["max_length"] = max(SHORTEST, longest)
    recipe = recipe_for(base.shape, machine, given)
    return Lesson(base, fitting, recipe, plan_steps(len(fitting.train), recipe), machine)


def found_machine(wanted: str) -> Machine:
    """Return what to train on.

    Args:
        wanted: `cpu`, `cuda`, or `auto` for a GPU if there is one.

    Raises:
        ConfigurationError: A GPU is wanted, and PyTorch sees none.
    """
    import torch

    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigurationError(
            "PyTorch sees no GPU.",
            where="--device cuda",
            remedy="Install a PyTorch for your GPU and its driver, or train with --device cpu.",
        )
    if wanted == "cpu" or not there:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _OURS
        return Machine("cpu", memory, half=False)
    memory = torch.cuda.get_device_properties(0).total_memory
    return Machine("cuda", memory, half=torch.cuda.is_bf16_supported())
