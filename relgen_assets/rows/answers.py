"""What a model answers: an extraction whose relations may quote their evidence, or an opinion.

Worked examples have these forms. The quote of a relation is asked for, read and judged, and is in
no table and no dataset.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relgen_assets.rows.models import Extraction, Relation, TableRow


class TypedName(TableRow):
    """An entity with its type, where a project has types of entities."""

    name: str = Field(description="The entity, as the text spells it.")
    type: str | None = Field(None, description="Its type; left out where it is not known.")


class AnsweredRelation(Relation):
    """A relation with the words of the text that state it."""

    evidence: str = Field("", description="The words of the text that state it, if quoted.")


class Answer(TableRow):
    """An extraction in the form in which worked examples show it."""

    section_description: str = Field(description="What the text is about, in a sentence or two.")
    list_of_entities: list[str | TypedName] = Field(description="Entities named in the text.")
    relations: list[AnsweredRelation] = Field(description="Relations between those entities.")

    @property
    def names(self) -> list[str]:
        """The names of the entities in the list."""
        return [one if isinstance(one, str) else one.name for one in self.list_of_entities]


class TypedAnswer(TableRow):
    """An extraction with types of entities in the form in which models write it."""

    section_description: str = Field(description="What the text is about, in a sentence or two.")
    list_of_entities: list[TypedName] = Field(description="Entities named in the text.")
    relations: list[Relation] = Field(description="Relations between those entities.")


def as_written(extraction: Extraction) -> Extraction | TypedAnswer:
    """Return an extraction in the form in which models write it: each entity beside its type."""
    types = extraction.entity_types
    if types is None:
        return extraction
    return TypedAnswer(
        section_description=extraction.section_description,
        list_of_entities=[
            TypedName(name=name, type=one)
            for name, one in zip(extraction.list_of_entities, types, strict=True)
        ],
        relations=extraction.relations,
    )


class OpinionAnswer(TableRow):
    """A second opinion on a relation: the closest words of the passage, then the verdict."""

    quote: str = Field(description="The words of the passage that come closest to the claim.")
    stated: Literal["yes", "no"] = Field(description="Whether the passage states the claim.")
