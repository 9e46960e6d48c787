"""The documents of `relgen evaluate --json` and its kin."""

from __future__ import annotations

from pydantic import Field

from relgen_assets.cli.document import Document
from relgen_assets.evaluation.certificate import Evaluated
from relgen_assets.evaluation.intervals import Interval
from relgen_assets.evaluation.needles import FACTS_FOUND, NAMES_FOUND


class IntervalPart(Document):
    """An estimate, from 0 to 1, with its 95 % interval."""

    value: float | None = Field(description="The estimate; `null` if nothing was measured.")
    low: float | None = Field(description="Lower end; `null` where units are too few.")
    high: float | None = Field(description="Upper end; likewise.")
    units: int = Field(description="Independent units: documents, unless said otherwise.")

    @classmethod
    def of(cls, interval: Interval) -> IntervalPart:
        """Return an interval as a part of a document."""
        return cls(**interval.model_dump())


class EvaluatedPart(Document):
    """What one endpoint is worth."""

    endpoint: str = Field(description="Name of the endpoint.")
    model: str = Field(description="The model that answered; empty if none did.")
    prompt: str = Field(description="The prompt it was asked with: `run` or `student:VARIANT`.")
    prompt_version: str = Field(description="Version of its template.")
    mode: str = Field(description="How decoding was constrained; empty if it was not.")
    texts: int = Field(description="Texts it was asked about.")
    documents: int = Field(description="Documents that they belong to.")
    scores: dict[str, IntervalPart] = Field(description="Scores by name (docs/evaluation.md).")
    by_source: dict[str, dict[str, IntervalPart]] = Field(
        description="The same by source of the texts; empty if there is only one."
    )
    reasons: dict[str, int] = Field(description="Texts without a usable answer, by reason.")
    completion_tokens: int = Field(description="Tokens of its answers.")
    seconds: float = Field(description="Time of its answers on the server, added.")

    @classmethod
    def of(cls, one: Evaluated) -> EvaluatedPart:
        """Return an evaluation as a part of a document."""
        return cls(
            endpoint=one.endpoint,
            model=one.model,
            prompt=one.prompt,
            prompt_version=one.prompt_version,
            mode=one.mode,
            texts=one.scores.texts,
            documents=one.scores.documents,
            scores=_parts(one.scores.scores),
            by_source={name: _parts(found.scores) for name, found in one.by_origin.items()},
            reasons=one.reasons,
            completion_tokens=one.completion_tokens,
            seconds=one.seconds,
        )


class NeedlesPart(Document):
    """What came back of planted facts from one endpoint."""

    endpoint: str = Field(description="Name of the endpoint.")
    model: str = Field(description="The model that answered; empty if none did.")
    names: IntervalPart = Field(description="Share of the invented names that came back.")
    relations: IntervalPart = Field(description="Share of the facts: both names, related.")
    names_by_part: dict[str, IntervalPart] = Field(
        description="The names by the third of the chunk in which the fact stood."
    )
    relations_by_part: dict[str, IntervalPart] = Field(description="The facts likewise.")
    reasons: dict[str, int] = Field(description="Chunks without a usable answer, by reason.")

    @classmethod
    def of(cls, one: Evaluated) -> NeedlesPart:
        """Return an evaluation on needles as a part of a document."""
        return cls(
            endpoint=one.endpoint,
            model=one.model,
            names=IntervalPart.of(one.scores.scores[NAMES_FOUND]),
            relations=IntervalPart.of(one.scores.scores[FACTS_FOUND]),
            names_by_part=_by_part(one, NAMES_FOUND),
            relations_by_part=_by_part(one, FACTS_FOUND),
            reasons=one.reasons,
        )


class NeedleDocument(Document):
    """What `relgen needle --json` prints."""

    needles: int = Field(description="Facts that were planted, one a chunk.")
    endpoints: list[NeedlesPart] = Field(description="The endpoints, in the order asked.")


class EvaluateDocument(Document):
    """What `relgen evaluate --json` prints."""

    on: str = Field(description="The texts: name of a split, or of a gold file.")
    endpoints: list[EvaluatedPart] = Field(description="The endpoints, in the order asked.")


def _by_part(one: Evaluated, score: str) -> dict[str, IntervalPart]:
    return {part: IntervalPart.of(found.scores[score]) for part, found in one.by_origin.items()}


def _parts(scores: dict[str, Interval]) -> dict[str, IntervalPart]:
    return {name: IntervalPart.of(interval) for name, interval in scores.items()}
