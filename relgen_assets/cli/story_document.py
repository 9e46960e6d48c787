"""The story of a chunk as JSON, for scripts: what `relgen show` and `relgen try` print."""

from __future__ import annotations

from pydantic import Field

from relgen_assets.cli.document import Document
from relgen_assets.integrity.chunk_story import ChunkStory
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.rows.models import (
    EntityGrounding,
    Extraction,
    RawExtraction,
    RelationEvidence,
)


class CodePart(Document):
    """A code, and what it means."""

    code: str = Field(description="The code.")
    meaning: str = Field(description="Its meaning.")


class PlacePart(Document):
    """Where an entity stands in the text of its chunk."""

    start: int = Field(description="Offset of its first character in the text.")
    end: int = Field(description="Offset after its last character.")
    name: str = Field(description="The entity, as the extraction spells it.")


class MessagePart(Document):
    """A message that was sent."""

    role: str = Field(description="Who speaks: `system`, `user` or `assistant`.")
    content: str = Field(description="What is said.")


class AnswerPart(Document):
    """What the model answered, or the record that it did not."""

    status: str = Field(description="`completed`, `failed` or `refused`.")
    text: str = Field(description="The raw answer; empty when there is none.")
    finish_reason: str = Field(description="`stop` or `length`; empty when there is no answer.")
    model: str = Field(description="Model that answered.")
    endpoint: str = Field(description="Endpoint that answered.")
    prompt_tokens: int = Field(description="Tokens of the prompt.")
    completion_tokens: int = Field(description="Tokens of the answer.")
    seconds: float = Field(description="Time of the request on its endpoint.")
    attempt: int = Field(description="Content attempt the answer belongs to, from 1.")
    key: str = Field(description="Key of the answer in the ledger; empty when there is none.")
    mode: str = Field(description="How decoding was constrained.")
    candidates: list[str] = Field(description="Terms that names were restricted to, if any.")
    prompt_version: str = Field(description="Hash of the prompt template.")
    messages: list[MessagePart] | None = Field(
        description="The messages that were sent, with `--prompt`."
    )


class ChunkPart(Document):
    """A chunk and what became of it; what is not known yet is `null`."""

    chunk_id: str = Field(description="Id of the chunk.")
    paper_id: str = Field(description="Id of its article.")
    batch: str = Field(description="Key of its batch; empty outside any batch.")
    title: str = Field(description="Title of the article.")
    index: int = Field(description="Position of the chunk in its article, from 0.")
    start: int = Field(description="Offset of its first character in the article.")
    end: int = Field(description="Offset after its last character.")
    tokens: int = Field(description="Tokens of the text.")
    text: str = Field(description="Its text.")
    summary: str | None = Field(description="Summary of the article.")
    standing: str = Field(description="The verdict, `failed`, `refused` or `not asked`.")
    verdict_is_stored: bool = Field(description="Else the verdict is that of the current rules.")
    reason: CodePart | None = Field(description="Why the answer was rejected.")
    repairs: list[CodePart] = Field(description="Repairs that were needed, in order.")
    extraction: Extraction | None = Field(description="The extraction, unless rejected.")
    grounding: list[EntityGrounding] = Field(
        description="Where each entity of the extraction stands in the text, in their order."
    )
    evidence: list[RelationEvidence] = Field(
        description="What the text says to each relation of the extraction, in their order."
    )
    entities: list[str] = Field(
        description="Entities of the extraction; of a rejected answer, those it names."
    )
    absent_entities: list[str] = Field(
        description="Names in a rejected answer that do not occur in the text."
    )
    places: list[PlacePart] = Field(description="Where the entities stand in the text.")
    answer: AnswerPart | None = Field(description="The raw answer.")


class UnusablePart(Document):
    """An article that cannot be used."""

    paper_id: str = Field(description="Id of the article.")
    reason: str | None = Field(description="Reason code.")
    meaning: str = Field(description="What the code means.")


class ShowDocument(Document):
    """What `relgen show --json` prints."""

    id: str = Field(description="The full id of what is shown.")
    batch: str = Field(description="Key of its batch.")
    unusable_articles: list[UnusablePart] = Field(description="Articles without chunks.")
    chunks: list[ChunkPart] = Field(description="The chunks.")


class TryDocument(ChunkPart):
    """What `relgen try --json` prints: the chunk, and how it was asked about."""

    from_ledger: bool = Field(description="Whether the answer was known and nothing was asked.")
    template: str = Field(description="The prompt template.")
    template_file: str | None = Field(description="Its file; `null` if it is bundled.")
    temperature: float = Field(description="Sampling temperature.")
    seed: int = Field(description="Seed.")


def chunk_part(story: ChunkStory, *, prompt: bool = False) -> ChunkPart:
    """Return a story as a part of a document.

    Args:
        story: The story.
        prompt: Whether to include the messages that were sent.
    """
    chunk, verdict = story.chunk, story.verdict
    return ChunkPart(
        chunk_id=chunk.chunk_id,
        paper_id=chunk.paper_id,
        batch=story.batch,
        title=story.title,
        index=chunk.index,
        start=chunk.start,
        end=chunk.end,
        tokens=chunk.tokens,
        text=chunk.text,
        summary=story.summary.text if story.summary is not None else None,
        standing=story.standing,
        verdict_is_stored=story.stored,
        reason=_code(verdict.reason) if verdict is not None and verdict.reason else None,
        repairs=[_code(code) for code in verdict.repairs] if verdict is not None else [],
        extraction=verdict.extraction if verdict is not None else None,
        grounding=verdict.grounding if verdict is not None else [],
        evidence=verdict.evidence if verdict is not None else [],
        entities=story.entities,
        absent_entities=story.absent,
        places=[PlacePart(**place._asdict()) for place in story.places],
        answer=_answer(story.raw, prompt=prompt) if story.raw is not None else None,
    )


def _answer(row: RawExtraction, *, prompt: bool) -> AnswerPart:
    values = row.model_dump(include={*AnswerPart.model_fields})
    return AnswerPart.model_validate({**values, "messages": values["messages"] if prompt else None})


def _code(code: str) -> CodePart:
    return CodePart(code=code, meaning=meaning(code))
