"""The rows that flow through the graph, one class per asset, and the extraction itself.

Each class is the single definition of its columns: `rows.arrow` derives the Arrow schema from it,
and Dagster's UI shows the column descriptions written here. No behaviour beyond validation belongs
in this module.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Strength = Literal["strong", "moderate", "weak"]
Mode = Literal["candidates", "quote", "schema", "two_pass"]
"""How decoding is constrained: to terms of the chunk, to sentences of it, only in its shape, or
first in its shape and then to the names of a first answer."""

GroundingStatus = Literal["exact", "normalised", "fuzzy", "absent"]
"""How what a model called an entity occurs in the text."""
Polarity = Literal["affirmed", "denied"]
"""Whether a relation is said to hold or not to hold."""

StudentPrompt = Literal[
    "summary_none",
    "summary_none_schema",
    "summary_given",
    "summary_given_schema",
    "summary_merged",
    "summary_merged_schema",
]
"""What a trained model is shown: no summary, one apart from the text, or one merged into it; and
whether the JSON schema of its answer is part of the prompt."""


def is_none(value: object) -> bool:
    """Return whether a value is missing.

    A type that is missing is no part of a row's JSON, so that rows of projects without types have
    the digests that they had before there were types.
    """
    return value is None


class TableRow(BaseModel):
    """Base of every table row: unknown columns are errors, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preview: ClassVar[tuple[str, ...]] = ()
    """The columns by which a person knows a row, in the order in which the UI shows them."""


class Relation(TableRow):
    """One semantic relation between entities of a text."""

    description: str = Field(description="What relates the entities, in a sentence.")
    source_entities: list[str] = Field(description="Entities the relation starts from.")
    target_entities: list[str] = Field(description="Entities the relation points to.")
    type: str | None = Field(
        None,
        description="Its type, one of `extractions.relation_types`; missing without such.",
        exclude_if=is_none,
    )
    strength: Strength | None = Field(None, description="How strongly the text asserts it.")


class Extraction(TableRow):
    """What a model is to learn to produce: the entities of a text and their relations."""

    section_description: str = Field(description="What the text is about, in a sentence or two.")
    list_of_entities: list[str] = Field(description="Entities named in the text.")
    # Tables of earlier versions lack this column and stay readable.
    entity_types: list[str | None] | None = Field(
        None,
        description="The type of each entity, one of `extractions.entity_types`, in the order of"
        " the list; null where the answer gave none. Missing without such types.",
        exclude_if=is_none,
    )
    relations: list[Relation] = Field(description="Relations between those entities.")


class Span(TableRow):
    """A part of a text: `text[start:end]`."""

    start: int = Field(description="Offset of its first character.")
    end: int = Field(description="Offset after its last character.")


class EntityGrounding(TableRow):
    """Where an entity of an extraction stands in the text of its chunk."""

    name: str = Field(description="The entity, as the extraction lists it.")
    answered: str = Field(description="What the model called it.")
    status: GroundingStatus = Field(
        description="How that occurs in the text: `exact`, `normalised` (in another spelling),"
        " `fuzzy` (misspelled) or `absent` (kept all the same, by `judging.absent_names`)."
    )
    differences: list[str] = Field(
        description="In what a `normalised` name differs from the text: `form`, `accents`,"
        " `plural`, `case`, `hyphens`, `spaces`."
    )
    similarity: float | None = Field(
        None, description="How alike a `fuzzy` name and the text are, 0 to 100."
    )
    mentions: list[Span] = Field(
        description="Everywhere the text names it, in any spelling of its name, in order."
    )


class RelationEvidence(TableRow):
    """What the text of a chunk says to a relation of its extraction."""

    sentences: list[Span] = Field(
        description="The sentences that state it; where there is a fault, those that come nearest."
    )
    support: float = Field(description="Share of its description that they hold, 0 to 1.")
    polarity: Polarity | None = Field(
        description="Whether it is `affirmed` or `denied`; null if no sentence holds both sides."
    )
    directed: bool = Field(description="Whether it says which side acts on the other.")
    fault: str | None = Field(
        None,
        description="Why the text does not support it, if it was kept all the same, by"
        " `judging.unsupported_relations`.",
    )


class EntityList(TableRow):
    """The answer of the first pass of mode `two_pass`: names alone."""

    list_of_entities: list[str] = Field(description="Entities named in the text.")


class ChatMessage(TableRow):
    """One chat message as it was sent to the model."""

    role: Literal["system", "user", "assistant"]
    content: str


class ControlToken(TableRow):
    """A control token of a chat template that an article held, and that is harmless now."""

    column: str = Field(description="Column of the article that it stood in.")
    start: int = Field(
        description="Offset of its first character, the only one that was replaced; in a list as if"
        " its items were lines."
    )
    token: str = Field(description="The token.")


class Paper(TableRow):
    """One article of the source (asset `raw_papers`)."""

    preview = (
        "title",
        "abstract",
        "section_names",
        "article",
        "status",
        "reason",
        "remarks",
        "place",
        "paper_id",
    )

    paper_id: str = Field(description="Id of the article: the source's own, or a content hash.")
    source: str = Field(description="Name of the source the article came from.")
    title: str = Field(description="Title, empty where the source has none.")
    abstract: str = Field(description="Abstract; for encyclopedia articles the lead.")
    section_names: list[str] = Field(description="Section headings in order.")
    article: str = Field(description="Full text without abstract; offsets of chunks refer to it.")
    status: Literal["used", "unusable"] = Field(description="Whether the article goes further.")
    reason: str | None = Field(None, description="Reason code when the article is unusable.")
    licence: str = Field("", description="Licence as the source names it, or the source's default.")
    doi: str = Field("", description="DOI, empty where the source has none.")
    url: str = Field("", description="Address of the article, empty where the source has none.")
    authors: list[str] = Field([], description="Authors in order, as the source spells them.")
    year: int | None = Field(None, description="Year of publication, if the source has it.")
    signature: list[int] = Field(
        [], description="MinHash of the text; versions of one article share most of its values."
    )
    control_tokens: list[ControlToken] = Field(
        [], description="What in these columns would have steered a chat template."
    )
    # Tables of earlier versions lack these two columns and stay readable.
    place: str = Field("", description="Where its row stands: file and line, or file and row.")
    remarks: list[str] = Field(
        [], description="What was odd about its row and how it was read, as `<field>: <what>`."
    )


class Chunk(TableRow):
    """One window of an article (asset `chunks`)."""

    preview = ("text", "tokens", "start", "end", "overlap", "chunk_id")

    chunk_id: str = Field(description="`<paper_id>#<index, four digits>`.")
    paper_id: str = Field(description="Article the chunk was cut from.")
    index: int = Field(description="Position of the chunk in its article, from 0.")
    text: str = Field(description="Exact substring `article[start:end]`.")
    start: int = Field(description="Offset of the first character in the article.")
    end: int = Field(description="Offset after the last character in the article.")
    overlap: int = Field(description="Leading characters shared with the previous chunk.")
    tokens: int = Field(description="SentencePiece tokens of the text.")


class GeneratedRow(TableRow):
    """Columns of everything a model was asked for, answered or not."""

    paper_id: str = Field(description="Article the request is about.")
    status: Literal["completed", "failed", "refused", "rejected"] = Field(
        description="`completed`: answered; `failed`: no server answered; `refused`: never sent;"
        " `rejected`: answered, and the summary cannot be used."
    )
    reason: str | None = Field(None, description="Reason code when not completed.")
    prompt_version: str = Field(description="Hash of the prompt template.")
    messages: list[ChatMessage] = Field(description="The exact messages sent.")
    text: str = Field(description="The raw answer; empty when there is none.")
    finish_reason: str = Field(description="`stop` or `length`; empty when there is no answer.")
    model: str = Field(description="Model that answered.")
    endpoint: str = Field(description="Endpoint that answered.")
    prompt_tokens: int = Field(description="Tokens of the prompt, counted by the server.")
    completion_tokens: int = Field(description="Tokens of the answer, counted by the server.")
    seconds: float = Field(description="Seconds the request took on its endpoint.")
    attempt: int = Field(description="Content attempt the answer belongs to, from 1.")
    key: str = Field(description="Key of the answer in the ledger; empty when there is none.")


SUMMARIES_OFF = "summaries_off"
"""No summary was asked for: the setting `summaries.enabled` is off."""


class Summary(GeneratedRow):
    """The summary of one article (asset `summaries`); `text` is the summary."""

    preview = ("text", "status", "reason", "completion_tokens", "endpoint", "paper_id")


class RawExtraction(GeneratedRow):
    """The raw answer for one chunk (asset `raw_extractions`)."""

    preview = ("text", "status", "reason", "finish_reason", "attempt", "endpoint", "chunk_id")

    chunk_id: str = Field(description="Chunk the request is about.")
    mode: Mode = Field(description="How decoding was constrained.")
    candidates: list[str] = Field(
        description="Terms entities were restricted to, if any; in mode `two_pass` the grounded"
        " names of the first pass."
    )
    earlier_reasons: list[str] = Field(
        default_factory=list[str],
        description="Why the answers of earlier attempts were not usable, codes in order.",
    )


class SecondOpinion(GeneratedRow):
    """What a model says to one relation that the rules keep (asset `second_opinions`)."""

    preview = ("relation", "opinion", "quote", "passage", "endpoint", "chunk_id")

    chunk_id: str = Field(description="Chunk that is said to state the relation.")
    relation: Relation = Field(description="The relation, as the rules keep it.")
    passage: str = Field(description="What the model was shown of the chunk.")
    opinion: Literal["stated", "denied", "none"] = Field(
        description="Whether the passage states the relation; `none`: there is no usable answer."
    )
    quote: str = Field(description="The words of the passage that the model gives as its reason.")


class ValidatedExtraction(TableRow):
    """The verdict on one chunk (asset `validated_extractions`)."""

    preview = (
        "extraction.list_of_entities",
        "extraction.relations",
        "verdict",
        "evidence",
        "reason",
        "repairs",
        "chunk_id",
    )

    chunk_id: str = Field(description="Chunk the verdict is about.")
    paper_id: str = Field(description="Article of the chunk.")
    verdict: Literal["valid", "repaired", "rejected"] = Field(description="The verdict.")
    reason: str | None = Field(None, description="Reason code when rejected.")
    repairs: list[str] = Field(description="Codes of the repairs that were needed, in order.")
    extraction: Extraction | None = Field(None, description="The extraction, unless rejected.")
    # Tables of earlier versions lack these two columns and stay readable.
    grounding: list[EntityGrounding] = Field(
        default_factory=list[EntityGrounding],
        description="Where each entity stands in the text of the chunk, in the order of the list.",
    )
    evidence: list[RelationEvidence] = Field(
        default_factory=list[RelationEvidence],
        description="What the text of the chunk says to each relation, in their order.",
    )
