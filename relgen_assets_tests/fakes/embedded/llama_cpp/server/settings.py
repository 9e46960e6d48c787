"""The settings of the server: this one reads none from the environment."""

from __future__ import annotations

from typing import Any, ClassVar


class Settings:
    """Has no fields."""

    model_fields: ClassVar[dict[str, Any]] = {}
