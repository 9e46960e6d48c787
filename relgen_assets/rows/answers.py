"""What a model answers: an extraction whose relations may quote their evidence, or an opinion.

Worked examples have these forms. The quote of a relation is asked for, read and judged, and is in
no table and no dataset.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relgen_assets.rows.models import Relation, TableRow


class AnsweredRelation(Relation):
    """A relation with the words of the text that state it."""

    evidence: str = Field("", description="The words of the text that state it, if quoted.")


class Answer(TableRow):
    """An extraction in the form in which worked examples show it."""

    section_description: str = Field(description="What the text is about, in a sentence or two.")
    list_of_entities: list[str] = Field(description="Entities named in the text.")
    relations: list[AnsweredRelation] = Field(description="Relations between those entities.")


class OpinionAnswer(TableRow):
    """A second opinion on a relation: the closest words of the passage, then the verdict."""

    quote: str = Field(description="The words of the passage that come closest to the claim.")
    stated: Literal["yes", "no"] = Field(description="Whether the passage states the claim.")
