"""What a project can configure of a pool: the servers, their model, and how long to wait for them.

Plain pydantic, so that settings can nest it without loading Dagster; the resource inherits from it.
"""

from __future__ import annotations

from typing import Any, Final, Generic, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resources.former_names import accept_former_names
from resources.llama_server_pool.endpoint import EndpointT

FORMER_NAMES: Final = {"patience_seconds": "outage_timeout_seconds"}


class PoolOptions(BaseModel, Generic[EndpointT]):
    """The language-model servers; without endpoints the embedded server is used."""

    model_config = ConfigDict(extra="forbid", validate_default=True)

    model: str | None = Field(
        default=None,
        description="Identity of the model of all endpoints; by default the servers are asked.",
    )
    endpoints: list[EndpointT] = Field(
        default_factory=list, description="The servers; if empty, the embedded server."
    )
    outage_timeout_seconds: float = Field(
        default=600, ge=0, description="How long to wait when no endpoint is left."
    )
    unenforced_schema: Literal["use", "leave_out"] = Field(
        default="use",
        description="Endpoints that ignore JSON schemas: `use` their answers, or `leave_out`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _accept_former_names(cls, values: Any) -> Any:
        return accept_former_names(values, FORMER_NAMES)
