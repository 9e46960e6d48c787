"""Whether the libraries of a training are installed."""

from __future__ import annotations

from collections.abc import Collection
from importlib import util
from typing import Final

from relgen_assets.domain_errors import ConfigurationError

LIBRARIES: Final = ("torch", "transformers", "trl", "peft", "gguf")
"""What the extra `train` brings; PyTorch comes with TRL."""
INSTALL: Final = "pip install -c constraints.txt -e '.[train]'"


def require_libraries(needed: Collection[str] = LIBRARIES) -> None:
    """Check that libraries are there, without importing them, which takes seconds.

    Args:
        needed: Names of top-level modules.

    Raises:
        ConfigurationError: Some are missing; the message names them and the command.
    """
    missing = [name for name in needed if util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"a training needs {', '.join(missing)}, which the extra `train` installs.",
            where="relgen train",
            remedy=f"Install it: {INSTALL}",
        )
