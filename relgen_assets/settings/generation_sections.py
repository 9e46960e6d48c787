"""The sections `[summaries]` and `[extractions]`: how answers are asked for."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.rows.models import Mode
from relgen_assets.rows.type_scheme import TypeScheme
from relgen_assets.settings.section import Section
from relgen_assets.settings.type_sections import TYPED_MODES, TypeSections


class SamplingSection(Section):
    """What decides which of its likely tokens a model takes, beside the temperature."""

    top_p: float = Field(
        1.0, gt=0, le=1, description="Tokens are chosen among the likeliest of this joint share."
    )
    min_p: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Least probability of a token as a share of the likeliest one's; by default the"
        " server's. Sent to llama.cpp, llama-cpp-python and vLLM, as `top_k` is.",
    )
    top_k: int | None = Field(
        None,
        ge=0,
        description="Choose among this many of the likeliest tokens; 0 is all. By default, the"
        " server's number.",
    )
    stop: list[Annotated[str, Field(min_length=1)]] = Field(
        [], max_length=4, description="Texts that end an answer, and are not part of it."
    )


class SummarySettings(SamplingSection):
    """How summaries are generated."""

    enabled: bool = Field(
        True,
        description="Whether articles are summarised. Otherwise chunks are asked about with the"
        " templates in `no_summary`, and `dataset.student_prompt` is one without a summary.",
    )
    temperature: float = Field(0.7, ge=0, le=2, description="Sampling temperature.")
    max_tokens: int = Field(200, ge=16, description="Longest summary, in the model's tokens.")
    seed: int = Field(0, ge=0, description="Seed of the first attempt; each variant has its own.")
    variant: int = Field(
        1, ge=1, description="Variant of the summaries in the tables; each is a further draw."
    )


class AnswerBounds(NamedTuple):
    """The largest answer allowed: its tokens, entities and relations."""

    tokens: int
    entities: int
    relations: int

    def halved(self, times: int) -> AnswerBounds:
        """Return bounds with half as many entities and relations, so many times; never none."""
        return self._replace(
            entities=max(2, self.entities >> times), relations=max(1, self.relations >> times)
        )


_BOUNDS: dict[Mode, AnswerBounds] = {
    "schema": AnswerBounds(700, 12, 8),
    "candidates": AnswerBounds(260, 6, 2),
    "quote": AnswerBounds(420, 6, 3),
    "two_pass": AnswerBounds(700, 12, 8),
}
"""A model that needs candidates cannot write long answers without losing the thread."""


_TYPE_TOKENS = 10
"""Tokens of a type in an answer, its key and quotation marks included."""


class ExtractionSettings(SamplingSection):
    """How extractions are generated."""

    mode: Literal["auto", "candidates", "quote", "schema", "two_pass"] = Field(
        "auto",
        description="`schema` leaves the answer free within its shape; `candidates` restricts"
        " entities to terms of the chunk; `quote` restricts the whole answer to sentences of the"
        " chunk, so that nothing can be made up; `two_pass` asks for the entities first, then for"
        " relations between those that are in the chunk, with two requests a chunk; `auto` is"
        " `quote` for the embedded model, whose free answers hold next to nothing that the chunk"
        " states (benchmarks/results.md), else `schema`. Choose `quote` for other models of 1.5B"
        " or less.",
    )
    other_languages: Literal["schema", "refuse"] = Field(
        "schema",
        description="What the modes `candidates` and `quote` do with a chunk that is not in"
        " English, whose terms no tagger finds: ask in mode `schema`, or `refuse` it and ask"
        " nothing.",
    )
    quote_evidence: bool = Field(
        False,
        description="Whether each relation of an answer begins with the words of the chunk that"
        " state it; in mode `schema`. They point the judge to the sentence; no dataset has them.",
    )
    categories: list[Annotated[str, Field(min_length=1)]] = Field(
        [],
        max_length=100,
        description="Categories of the entities to look for, such as `minerals`, where names are"
        " free; by default those that the template names. Answers do not say them; categories that"
        " answers say are `entity_types`.",
    )
    entity_types: TypeSections = Field(
        [],
        description="Types of entities, each with a `name` and a `description`: an answer says"
        " which of them each entity is of. In the modes `schema` and `two_pass`.",
    )
    relation_types: TypeSections = Field(
        [],
        description="Types of relations, each with a `name` and a `description`: a relation that is"
        " of none of them is dropped. In the modes `schema` and `two_pass`.",
    )
    temperature: float = Field(0.2, ge=0, le=2, description="Sampling temperature.")
    max_tokens: int | None = Field(
        None,
        ge=64,
        description="Longest answer in tokens; by default 700, with candidates 260,"
        " with quotes 420, and 10 more for each entity or relation that has a type.",
    )
    max_entities: int | None = Field(
        None,
        ge=2,
        le=100,
        description="Most entities per answer; by default 12, else 6.",
    )
    max_relations: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Most relations per answer; by default 8, with candidates 2, with quotes 3.",
    )
    max_candidates: int = Field(
        14,
        ge=2,
        le=200,
        description="Most candidate terms, or quotes, per chunk; fewer where the schema that lists"
        " them would exceed 64 KiB.",
    )
    attempts: int = Field(
        2, ge=1, le=10, description="Most content attempts per chunk while answers are unusable."
    )
    max_attempts: int = Field(
        10,
        ge=1,
        le=100,
        description="Limit on the content attempts per chunk, and per missing summary, that"
        " `relgen retry-rejected` may grant, over all runs.",
    )
    seed: int = Field(0, ge=0, description="Seed of the first attempt; each variant has its own.")
    variant: int = Field(
        1, ge=1, description="Variant of the answers in the tables; each is a further draw."
    )

    @model_validator(mode="after")
    def _limit_allows_attempts(self) -> ExtractionSettings:
        if self.max_attempts < self.attempts:
            raise ValueError("max_attempts must be at least attempts")
        return self

    @model_validator(mode="after")
    def _quotes_are_asked_of_free_answers(self) -> ExtractionSettings:
        if self.quote_evidence and self.mode not in ("auto", "schema"):
            raise ValueError(
                f"quote_evidence needs the mode schema; the mode {self.mode} bounds what an answer"
                " can say"
            )
        return self

    @model_validator(mode="after")
    def _entities_are_sorted_once(self) -> ExtractionSettings:
        if self.categories and self.entity_types:
            raise ValueError(
                "entity_types are categories that answers say: list them there, and leave"
                " categories out"
            )
        return self

    @model_validator(mode="after")
    def _types_are_asked_of_free_answers(self) -> ExtractionSettings:
        fault = "" if self.mode == "auto" else self.untyped(self.mode)
        if fault:
            raise ValueError(fault)
        return self

    def mode_for(self, *, embedded: bool) -> Mode:
        """Return the effective mode; `auto` means quotes for the embedded model.

        Raises:
            ConfigurationError: Its answers have no types, and the settings name some. Settings are
                checked when they load, so this is about a mode or a server of one run.
        """
        mode = self._mode_for(embedded=embedded)
        fault = self.untyped(mode)
        if fault:
            raise ConfigurationError(f"{fault}.", where="extractions.mode")
        return mode

    def untyped(self, mode: Mode) -> str:
        """Return why a mode cannot be used with the types of the settings; empty if it can."""
        if not self.scheme or mode in TYPED_MODES:
            return ""
        named = mode if self.mode == mode else f"{self.mode}, which is {mode} here,"
        return (
            f"entity_types and relation_types need the mode {' or '.join(TYPED_MODES)}: in the mode"
            f" {named} answers only repeat what the chunk says"
        )

    def _mode_for(self, *, embedded: bool) -> Mode:
        if self.mode != "auto":
            return self.mode
        return "quote" if embedded else "schema"

    def untyped_with(self, *, embedded: bool) -> str:
        """Return why the effective mode cannot be used with the types; empty if it can."""
        return self.untyped(self._mode_for(embedded=embedded))

    @property
    def scheme(self) -> TypeScheme:
        """The types of entities and relations."""
        return TypeScheme(
            tuple(one.named for one in self.entity_types),
            tuple(one.named for one in self.relation_types),
        )

    def quotes_evidence(self, mode: Mode) -> bool:
        """Return whether the answers of a mode quote the evidence of their relations."""
        return self.quote_evidence and mode == "schema"

    def bounds(self, mode: Mode) -> AnswerBounds:
        """Return the largest answer allowed: as set, else the defaults of the mode."""
        default = _BOUNDS[mode]
        entities = self.max_entities or default.entities
        relations = self.max_relations or default.relations
        typed = entities * bool(self.entity_types) + relations * bool(self.relation_types)
        tokens = self.max_tokens or default.tokens + typed * _TYPE_TOKENS
        return AnswerBounds(tokens, entities, relations)
