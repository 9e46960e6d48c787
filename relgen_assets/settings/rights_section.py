"""The section `[rights]`: which rows may be published, beyond what is plainly allowed.

Deciding it belongs to `relgen_assets.rights`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relgen_assets.rights.model_terms import ModelTerms
from relgen_assets.rights.publishing import Policy
from relgen_assets.settings.section import Section


class ModelTermsSettings(Section):
    """What the terms of a model say of its answers."""

    match: str = Field(min_length=1, description="Part of the model's name or file name.")
    outputs: Literal["free", "conditional", "restricted"] = Field(
        description="Whether its answers may be published to train other models."
    )
    terms: str = Field(min_length=1, description="Name of the licence or terms.")
    note: str = Field("", description="The condition or restriction, in a few words.")
    url: str = Field("", description="Address of the terms.")

    def as_terms(self) -> ModelTerms:
        """Return the terms of the family that `match` names."""
        return ModelTerms(self.match, self.outputs, self.terms, self.note, self.url)


class RightsSettings(Section):
    """What may be published; see `relgen_assets.rights`."""

    publish_unknown: bool = Field(
        False,
        description="Publish rows whose article names no known licence, or whose model's terms are"
        " not known.",
    )
    publish_not_commercial: bool = Field(
        False, description="Publish rows of articles under licences for non-commercial use."
    )
    models: list[ModelTermsSettings] = Field(
        [], description="Terms of your own models, or other terms of known ones."
    )

    def policy(self) -> Policy:
        """Return what the project publishes."""
        return Policy(
            self.publish_unknown,
            self.publish_not_commercial,
            tuple((one.match, one.as_terms()) for one in self.models),
        )
