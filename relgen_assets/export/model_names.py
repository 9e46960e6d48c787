"""What the name of a model says of its size and of how its weights are quantised.

Servers tell a model by its file or repository name, and such names follow a custom.
"""

from __future__ import annotations

import re

_QUANTISATION = re.compile(
    r"(?<![a-z0-9])(i?q\d(?:_[a-z0-9]+)*|tq\d_\d|bf16|fp?16|fp?32|fp8|mxfp4|nvfp4|int[48]|awq|gptq"
    r"|\d-?bit)(?![a-z0-9])",
    re.IGNORECASE,
)
_SIZE = re.compile(r"(?<![a-z0-9.])((?:\d+x)?\d+(?:\.\d+)?[bm])(?![a-z0-9])", re.IGNORECASE)


def quantisation(model: str) -> str:
    """Return how the weights are stored, such as `Q4_K_M`; empty if the name does not say."""
    found = _QUANTISATION.search(_file(model))
    return found[1].upper() if found else ""


def size(model: str) -> str:
    """Return the number of parameters, such as `1.5B`; empty if the name does not say."""
    found = _SIZE.search(_file(model))
    return found[1].upper() if found else ""


def _file(model: str) -> str:
    return model.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
