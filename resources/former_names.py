"""Renamed options: a value given under a former name still counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def accept_former_names(values: Any, former: Mapping[str, str]) -> Any:
    """Return the input of a pydantic model with former names replaced by current ones.

    Meant for a validator that runs before all others.

    Args:
        values: The input of the model; anything but a mapping is returned unchanged.
        former: The current name for each former one.

    Raises:
        ValueError: An option is given under both names, so either value may be meant.
    """
    if not isinstance(values, Mapping):
        return values
    for old, present in former.items():
        if old in values and present in values:
            raise ValueError(f"{old} is the former name of {present}: set only one of them")
    return {former.get(name, name): value for name, value in values.items()}
