"""The section `[evaluation]`: what answers have to be worth, and on what that is measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from relgen_assets.settings.section import Section
from resources.path_settings import LeadsTo


class EvaluationSettings(Section):
    """How it is measured what answers are worth; no row depends on it."""

    least_agreement_percent: int = Field(
        10,
        ge=0,
        le=100,
        description="Least share of names that an answer repeats of what the answer about a"
        " neighbouring chunk says of the text that both show. The check `overlaps_agree` warns"
        " where a model, endpoint, prompt or mode is surely below; 0 switches it off.",
    )
    gold: Annotated[str | None, LeadsTo.place] = Field(
        None,
        min_length=1,
        description="Gold file (docs/evaluation.md). With it the graph has the asset `evaluations`,"
        " and its scores stand in the card.",
    )
    gold_format: Literal["sentences", "scier", "scierc", "scirex"] | None = Field(
        None, description="Form of the gold file; by default told from its first row."
    )
    gold_texts: int = Field(100, ge=1, description="Most texts of it to ask about.")
    needles: int = Field(
        20, ge=0, description="Chunks into which the asset `evaluations` plants an invented fact."
    )
