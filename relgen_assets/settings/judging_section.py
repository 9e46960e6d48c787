"""The section `[judging]`: what happens to what a text does not say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from relgen_assets.extraction.policy import AbsentNames, JudgingPolicy, UnsupportedRelations
from relgen_assets.rows.type_scheme import TypeScheme
from relgen_assets.settings.section import Section


class JudgingSettings(Section):
    """How answers are judged, and what happens to what a text does not say.

    A change judges known answers anew, without asking for them again.
    """

    absent_names: AbsentNames = Field(
        "drop",
        description="What happens to a name that does not occur in its chunk: `drop` leaves it out,"
        " `reject` rejects the answer, so that the chunk is asked about again, `mark` keeps it: it"
        " then stands in every config, and in `full` with the status `absent`.",
    )
    unsupported_relations: UnsupportedRelations = Field(
        "drop",
        description="What happens to a relation that its chunk does not state: `drop` leaves it"
        " out, `mark` keeps it: it then stands in every config, and in `full` with its fault.",
    )
    fuzzy_names: int | None = Field(
        None,
        ge=0,
        le=100,
        description="Least similarity (`rapidfuzz.fuzz.ratio`) at which a name with a slip in a"
        " long word, such as `transfomer`, is taken for the one in the chunk; by default `off`."
        " Other numbers, signs, acronyms, beginnings and endings are always other names.",
    )
    merge_relations: bool = Field(
        False,
        description="Whether relations with the same description and the same sources become one"
        " with all their targets, where one place of the chunk states them all.",
    )

    verify: Literal["off", "model"] = Field(
        "off",
        description="Whether a model is asked for a second opinion on each relation that the rules"
        " keep: `model` adds the asset `second_opinions`, whose requests go through the same pool,"
        " and treats those that it denies as `unsupported_relations` says.",
    )

    @field_validator("fuzzy_names", mode="before")
    @classmethod
    def _off_is_none(cls, value: object) -> object:
        return None if value == "off" else value

    def policy_for(self, scheme: TypeScheme) -> JudgingPolicy:
        """Return the same, as the rules take it.

        Args:
            scheme: The types that entities and relations may have.
        """
        return JudgingPolicy(
            **self.model_dump(exclude={"verify"}),
            entity_types=scheme.entity_names,
            relation_types=scheme.relation_names,
        )

    @property
    def asks_model(self) -> bool:
        """Whether a second opinion is asked for."""
        return self.verify == "model"
