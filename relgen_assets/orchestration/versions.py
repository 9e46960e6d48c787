"""Code versions: what decides the rows of an asset. Data versions: what a table holds.

Dagster calls a batch of an asset stale when the code version it was made under is another now, or
when a table it was made from has another data version now. Code versions are hashes of settings,
prompts and rules. They need no source, no model and no secret, so that they cost nothing while
definitions load. Addresses, keys and capacities of servers decide no row and are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import dagster as dg
from pydantic import BaseModel

from relgen_assets.export.configs import CONFIGS
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.shaping import Shaping
from relgen_assets.extraction import (
    Quote,
    entities_schema,
    extraction_schema,
    quote_schema,
    relations_schema,
)
from relgen_assets.extraction.version import judged_by, validator
from relgen_assets.generation.asking_again import stricter_modes
from relgen_assets.generation.second_opinions import ATTEMPTS, SAMPLING, SCHEMA, VERIFICATION
from relgen_assets.generation.templates import ENTITIES_TEMPLATE, extraction_template
from relgen_assets.prompts import PromptSet, task_for
from relgen_assets.rows.arrow import arrow_schema
from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SECOND_OPINIONS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
)
from relgen_assets.rows.models import Mode
from relgen_assets.rows.type_scheme import TypeScheme
from relgen_assets.settings import AnswerBounds, SamplingSection, Settings
from relgen_assets.sources.evaluation_texts import content_of
from relgen_assets.text.tokenizer import default_model
from resources.control_tokens import list_version
from resources.storage import shown

CODE_VERSION_TAG: Final = "dagster/code_version"
"""Tag of a materialisation that holds the code version it was made under."""
HF_DATASET: Final = "hf_dataset"
DATASET_CARD: Final = "dataset_card"

REVISIONS: Final[Mapping[str, int]] = {
    RAW_PAPERS.asset: 2,  # odd fields are read or left out, long abstracts shortened
    CHUNKS.asset: 1,
    SUMMARIES.asset: 1,
    RAW_EXTRACTIONS.asset: 2,
    SECOND_OPINIONS.asset: 1,
    VALIDATED_EXTRACTIONS.asset: 1,
    HF_DATASET: 2,  # the title decides on the split
    DATASET_CARD: 1,
}
"""Revision of the code of each asset. Add one when the same input would now give other rows; rules
and prompts have versions of their own and need none."""

_CHARACTERS: Final = 12
_ANY_TERMS: Final = ("one", "other")
_ANY_QUOTE: Final = Quote("One acts on the other.", *_ANY_TERMS)
"""Stand for the terms and quotes of a chunk, so that the form of the schema counts."""
_EMBEDDED: Final = "embedded"
"""Stands for the model of the embedded server, which settings do not name."""


def code_versions(settings: Settings, prompts: PromptSet) -> dict[str, str]:
    """Return the code version of every asset, by its name.

    Args:
        settings: The effective settings, also those of a run that overrides some of them.
        prompts: The templates of the project.
    """
    ingredients: dict[str, Any] = {
        RAW_PAPERS.asset: _of_papers(settings),
        CHUNKS.asset: _of_chunks(settings),
        SUMMARIES.asset: _of_summaries(settings, prompts),
        RAW_EXTRACTIONS.asset: _of_answers(settings, prompts),
        **(
            {SECOND_OPINIONS.asset: _of_opinions(settings, prompts)}
            if settings.judging.asks_model
            else {}
        ),
        VALIDATED_EXTRACTIONS.asset: [
            judged_by(validator(settings.judging_policy), asks_model=settings.judging.asks_model),
            _columns(VALIDATED_EXTRACTIONS.row),
        ],
        HF_DATASET: _of_dataset(settings, prompts),
        DATASET_CARD: [
            settings.dataset.title,
            settings.dataset.licence,
            settings.dataset.curators,
            settings.dataset.languages,
        ],
    }
    return {
        asset: _digest([json.dumps([REVISIONS[asset], one], sort_keys=True)])
        for asset, one in ingredients.items()
    }


def data_version(rows: Iterable[BaseModel], facts: Iterable[str] = ()) -> dg.DataVersion:
    """Return a version that changes with the content and with nothing else.

    Args:
        rows: The rows, in their order.
        facts: What else belongs to the content, such as the split of each article.
    """
    return text_version([*(row.model_dump_json() for row in rows), *facts])


def text_version(parts: Iterable[str]) -> dg.DataVersion:
    """Return the data version of texts, such as the lines of a card."""
    return dg.DataVersion(_digest(parts))


def _of_papers(settings: Settings) -> Any:
    # The number of articles and the size of batches decide about new batches only.
    source = settings.source.model_dump(mode="json", exclude={"articles"})
    plain = {
        name: shown(settings.named(value)) if isinstance(value, str) else value
        for name, value in source.items()
    }
    return [plain, _columns(RAW_PAPERS.row), list_version()]


def _of_chunks(settings: Settings) -> Any:
    own = settings.chunking.model_dump(mode="json")
    own["tokenizer"] = _tokenizer(settings, own["tokenizer"])
    return [own, _columns(CHUNKS.row)]


def _of_summaries(settings: Settings, prompts: PromptSet) -> Any:
    own = settings.summaries
    if not own.enabled:
        return ["off", _columns(SUMMARIES.row)]
    return [
        own.model_dump(mode="json", exclude={*SamplingSection.model_fields, "enabled"}),
        prompts.version("summary"),
        _model(settings),
        _columns(SUMMARIES.row),
        *_sampling(own),
    ]


def _of_answers(settings: Settings, prompts: PromptSet) -> Any:
    own = settings.extractions
    mode: Mode = own.mode_for(embedded=not settings.pool.endpoints)
    # A chunk may be asked about again in a stricter mode.
    modes = (mode, *stricter_modes(mode, own.scheme))
    summarised = settings.summaries.enabled
    quoting = {one: own.quotes_evidence(one) for one in modes}
    return [
        modes,
        [
            _extraction_prompts(prompts, one, quote_evidence=quoting[one], summarised=summarised)
            for one in modes
        ],
        _model(settings),
        [own.temperature, own.seed, own.variant, own.attempts, own.max_candidates],
        [own.bounds(one).tokens for one in modes],
        [
            _schemas(one, own.bounds(one), quote_evidence=quoting[one], scheme=own.scheme)
            for one in modes
        ],
        _columns(RAW_EXTRACTIONS.row),
        *_sampling(own),
        *([own.categories] if own.categories else []),
        *([[own.scheme.entities, own.scheme.relations]] if own.scheme else []),
    ]


def _sampling(section: SamplingSection) -> list[dict[str, Any]]:
    """Return what a project sets of the sampling options; nothing leaves a version as it was."""
    names = set(SamplingSection.model_fields)
    chosen = section.model_dump(mode="json", include=names, exclude_defaults=True)
    return [chosen] if chosen else []


def _of_opinions(settings: Settings, prompts: PromptSet) -> Any:
    return [
        validator(settings.judging_policy),
        prompts.version(VERIFICATION),
        _model(settings),
        [ATTEMPTS, SAMPLING.temperature, SAMPLING.seed, SAMPLING.max_tokens],
        SCHEMA,
        _columns(SECOND_OPINIONS.row),
    ]


def _extraction_prompts(
    prompts: PromptSet, mode: Mode, *, quote_evidence: bool, summarised: bool
) -> list[str]:
    """Return the versions of the templates that a mode uses, that of a fallback included."""
    own = extraction_template(mode, quote_evidence=quote_evidence, summarised=summarised)
    if mode != "two_pass":
        return [prompts.version(own)]
    names = task_for(ENTITIES_TEMPLATE, summarised=summarised)
    free = extraction_template("schema", summarised=summarised)
    return [prompts.version(one) for one in (names, own, free)]


def _schemas(
    mode: Mode, bounds: AnswerBounds, *, quote_evidence: bool, scheme: TypeScheme
) -> list[dict[str, Any]]:
    """Return the form of the schemas of a mode, that of a fallback included."""
    own = _schema(mode, bounds, quote_evidence=quote_evidence, scheme=scheme)
    if mode != "two_pass":
        return [own]
    names = entities_schema(max_entities=bounds.entities)
    return [names, own, _schema("schema", bounds, quote_evidence=False, scheme=scheme)]


def _schema(
    mode: Mode, bounds: AnswerBounds, *, quote_evidence: bool, scheme: TypeScheme
) -> dict[str, Any]:
    """Return the form of the schema of answers, with stand-ins for what is of the chunk."""
    limits = {"max_entities": bounds.entities, "max_relations": bounds.relations}
    if mode == "two_pass":
        return relations_schema(_ANY_TERMS, scheme=scheme, **limits)
    if mode == "quote":
        return quote_schema([_ANY_QUOTE], **limits)
    terms = _ANY_TERMS if mode == "candidates" else ()
    return extraction_schema(
        candidates=terms, quote_evidence=quote_evidence, scheme=scheme, **limits
    )


def _of_dataset(settings: Settings, prompts: PromptSet) -> Any:
    own = settings.dataset
    shaping = Shaping(own, prompts, default_model, settings.named, settings.extractions.scheme)
    tokenizer = _tokenizer(settings, own.tokenizer or settings.chunking.tokenizer)
    configs = {name: _columns(config.row_under(shaping)) for name, config in CONFIGS.items()}
    shares = [own.validation_percent, own.test_percent, own.empty_percent]
    rights = settings.rights.model_dump(mode="json")
    facts = sorted(ShardFacts.model_fields)
    evaluation = content_of(own.evaluation_texts)
    return [shares, rights, own.rejected, shaping.version, tokenizer, configs, facts, evaluation]


def _tokenizer(settings: Settings, path: str | None) -> str | None:
    """Return where a tokenizer is from the project folder, which may be moved."""
    return None if path is None else settings.named(path)


def _model(settings: Settings) -> str | list[str]:
    """Return the model by which answers are stored, as far as settings name it."""
    pool = settings.pool
    if pool.model:
        return pool.model
    if not pool.endpoints:
        return _EMBEDDED
    return sorted({one.model for one in pool.endpoints if one.model})


def _columns(row: type[BaseModel]) -> Sequence[str]:
    """Return the columns of a row class; its descriptions do not count."""
    return [f"{field.name} {field.type}" for field in arrow_schema(row)]


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        # The length keeps two parts apart from one that holds both.
        digest.update(f"{len(part)}:{part}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_CHARACTERS]
