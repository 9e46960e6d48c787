"""The complete examples of the dataset: what each config is made from.

A fine-tuning example pairs what the model was shown with what it should answer. The verified join
that makes them belongs to `joining`, what each config shows of an example to `configs`, its split
to `splits`, its file to `shards`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relgen_assets.rows.models import (
    ChatMessage,
    EntityGrounding,
    Mode,
    Relation,
    RelationEvidence,
    Span,
    StudentPrompt,
    TableRow,
    is_none,
)
from resources.control_tokens import SUBSTITUTES


class CoreExample(TableRow):
    """One row of the config `core`: input and output, nothing else."""

    summary: str = Field(description="Summary of the article, as the prompt held it.")
    chunk: str = Field(description="The chunk of the article to extract from.")
    extraction: str = Field(description="The extraction as JSON, to be learned.")


class TrainingPart(Span):
    """The part of a chunk that one training row shows, and the length of that row."""

    prompt_tokens: int = Field(description="Tokens of its student prompt.")
    answer_tokens: int = Field(description="Tokens of its extraction.")

    @property
    def row_tokens(self) -> int:
        """Tokens of the training row, without those that a chat template adds."""
        return self.prompt_tokens + self.answer_tokens


class FullExample(CoreExample):
    """One row of the config `full`: the example, where it comes from and how it was made."""

    preview = (
        "list_of_entities",
        "relations",
        "chunk",
        "summary",
        "verdict",
        "repairs",
        "chunk_id",
    )

    section_description: str = Field(description="What the text is about, in a sentence or two.")
    list_of_entities: list[str] = Field(description="Entities named in the text.")
    entity_types: list[str | None] | None = Field(
        None,
        description="The type of each entity, in the order of the list; null where it is not known,"
        " and as a whole if the project has no types of entities.",
        exclude_if=is_none,
    )
    relations: list[Relation] = Field(description="Relations between those entities.")
    grounding: list[EntityGrounding] = Field(
        description="Where each entity stands in `text`, in the order of the list."
    )
    evidence: list[RelationEvidence] = Field(
        description="What `text` says to each relation, in their order."
    )
    source: str = Field(description="Name of the source the article came from.")
    paper_id: str = Field(description="Id of the article; all its chunks are in one split.")
    chunk_id: str = Field(description="Id of the chunk, unique in the dataset.")
    title: str = Field(description="Title of the article, empty where the source has none.")
    abstract: str = Field(description="Abstract; for encyclopedia articles the lead.")
    section_names: list[str] = Field(description="Section headings of the article in order.")
    index: int = Field(description="Position of the chunk in its article, from 0.")
    start: int = Field(description="Offset of the chunk's first character in the article.")
    end: int = Field(description="Offset after the chunk's last character in the article.")
    tokens: int = Field(description="SentencePiece tokens of the chunk.")
    verdict: Literal["valid", "repaired"] = Field(description="Verdict on the model's answer.")
    repairs: list[str] = Field(description="Codes of the repairs that were needed, in order.")
    mode: Mode = Field(description="How decoding was constrained.")
    sent_messages: list[ChatMessage] = Field(description="The exact messages sent to the model.")
    model: str = Field(description="Model that wrote the extraction.")
    prompt_version: str = Field(description="Hash of the extraction prompt's template.")
    prompt_tokens: int = Field(description="Tokens of the prompt, counted by the server.")
    completion_tokens: int = Field(description="Tokens of the answer, counted by the server.")
    attempt: int = Field(description="Content attempt the answer belongs to, from 1.")
    earlier_reasons: list[str] = Field(
        default_factory=list[str],
        description="Why the answers of earlier attempts were not usable, codes in order.",
    )
    summary_model: str = Field(description="Model that wrote the summary.")
    summary_prompt_version: str = Field(description="Hash of the summary prompt's template.")
    licence: str = Field(description="Licence of the article, as the Hub names it, or `unknown`.")
    doi: str = Field(description="DOI of the article, empty where the source has none.")
    url: str = Field(description="Address of the article, empty where the source has none.")
    authors: list[str] = Field(description="Authors of the article in order.")
    year: int | None = Field(description="Year of publication, if the source has it.")
    publishable: bool = Field(description="Whether licence and models allow publishing the row.")
    publishing_reason: str = Field(description="Why it may be published, or why not.")
    student_prompt: StudentPrompt = Field(description="Student prompt of the training rows.")
    student_prompt_version: str = Field(description="Hash of the student prompt's template.")
    student_prompt_tokens: int = Field(description="Tokens of that prompt, by `dataset.tokenizer`.")
    student_answer_tokens: int = Field(description="Tokens of `extraction`, by the same.")
    parts: list[TrainingPart] = Field(
        description="What of `chunk` the training rows show, one entry a row: all of it, parts of"
        " it if it is too long for one row, or nothing if it is left out of them."
    )
    replaced: list[int] = Field(
        description="Offsets in `chunk` of characters that stand for others, so that no tokenizer"
        " reads a control token there: "
        + ", ".join(f"`{two}` for `{one}`" for one, two in SUBSTITUTES.items())
        + "."
    )
    overlaps: list[str] = Field(
        description="Files of `dataset.evaluation_texts` that share a run of words with `chunk` or"
        " `summary`; then it is left out."
    )

    @property
    def student_tokens(self) -> int:
        """Tokens of prompt and extraction, without those that a chat template adds."""
        return self.student_prompt_tokens + self.student_answer_tokens
