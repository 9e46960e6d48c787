"""What the embedded server asks of `llama_cpp` itself: the conversion of a model, here a copy."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

__version__ = "0.3.0"
LLAMA_FTYPE_MOSTLY_Q8_0 = 7


def llama_model_quantize_default_params() -> SimpleNamespace:
    """Return parameters that can be set."""
    return SimpleNamespace()


def llama_model_quantize(model: bytes, copy: bytes, parameters: SimpleNamespace) -> int:
    """Copy the model; returns 0 for success, as the real function does."""
    shutil.copy(os.fsdecode(model), os.fsdecode(copy))
    return 0
