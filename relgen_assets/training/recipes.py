"""Everything about a training that decides on its outcome, besides model and rows."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["full", "lora"]
Device = Literal["cpu", "cuda"]

SHORTEST: Final = 64
LONGEST: Final = 4_096
"""Tokens of the longest row, unless the user allows more; chunks of 1,500 tokens stay below."""


class Recipe(BaseModel):
    """How a model is trained. What sets its defaults is in `defaults`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method
    epochs: float = Field(2, gt=0)
    learning_rate: float = Field(gt=0, lt=1)
    batch: int = Field(1, ge=1, description="Rows at a time.")
    accumulation: int = Field(1, ge=1, description="Batches whose gradients make a step.")
    max_length: int = Field(LONGEST, ge=SHORTEST, description="Longest row, in tokens.")
    rank: int = Field(16, ge=1, description="Rank of the adapters of LoRA; unused by `full`.")
    recompute: bool = Field(description="Whether activations are computed twice, to save memory.")
    half: bool = Field(description="Whether it computes in bfloat16.")
    seed: int = Field(0, ge=0)

    @property
    def rows_a_step(self) -> int:
        """Rows of one step of the optimizer."""
        return self.batch * self.accumulation
