"""What a project can configure of a ledger: which database, and which answers count.

Plain pydantic, so that settings can nest it without loading Dagster; the resource inherits from it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from resources.generation_ledger.moments import now, timestamp
from resources.path_settings import LeadsTo

_MOMENT: Final = TypeAdapter(datetime)


class LedgerOptions(BaseModel):
    """Where completed generations are kept."""

    model_config = ConfigDict(extra="forbid", validate_default=True)

    url: Annotated[str, LeadsTo.database] = Field(
        default="sqlite:///ledger.db",
        description="SQLAlchemy URL of SQLite or PostgreSQL, without password.",
    )
    password_env: str | None = Field(
        default=None,
        description="Name of the environment variable that holds the database password.",
    )
    password_file: Annotated[str | None, LeadsTo.place] = Field(
        default=None,
        description="File that holds the database password and nothing else.",
    )
    renew_before: str | None = Field(
        default=None,
        description="Ask again for answers recorded before this time (ISO 8601, UTC unless it names"
        " another zone); they stay in the ledger as superseded.",
    )

    @field_validator("renew_before", mode="before")
    @classmethod
    def _renewal_is_past(cls, value: Any) -> str | None:
        """Return a time in the ledger's format, from text or from a TOML date or time."""
        if value is None:
            return None
        try:
            moment = timestamp(_MOMENT.validate_python(value))
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"]) from error
        if moment > now():  # it would ask for everything again, in every run
            raise ValueError("renew_before must not lie in the future")
        return moment
