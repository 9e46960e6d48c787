"""The verified join of the tables that makes complete examples.

The tables are written at different times, so every join by id is checked against the content: the
prompt stored with the answer has to hold exactly the summary and text that the example shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.examples import FullExample
from relgen_assets.export.parts import training_parts
from relgen_assets.export.shaping import Shaping
from relgen_assets.rights.licences import licence_of
from relgen_assets.rights.publishing import EVERYTHING_KNOWN, Policy, publishability
from relgen_assets.rows.models import (
    SUMMARIES_OFF,
    Chunk,
    Extraction,
    Paper,
    RawExtraction,
    Summary,
    TableRow,
    ValidatedExtraction,
)
from relgen_assets.text.overlap import Overlap

RowT = TypeVar("RowT", bound=TableRow)

_NO_OVERLAP = Overlap()


def build_examples(
    papers: Sequence[Paper],
    chunks: Sequence[Chunk],
    summaries: Sequence[Summary],
    raw: Sequence[RawExtraction],
    validated: Sequence[ValidatedExtraction],
    shaping: Shaping,
    policy: Policy = EVERYTHING_KNOWN,
    overlap: Overlap = _NO_OVERLAP,
) -> list[FullExample]:
    """Return one example per chunk with a usable extraction, in the order of the chunks.

    Args:
        papers: The articles of one batch.
        chunks: All their chunks.
        summaries: One summary per article.
        raw: One answer per chunk.
        validated: One verdict per chunk; rejected chunks give no example.
        shaping: How training rows are written; their tokens are counted.
        policy: What the project publishes.
        overlap: The texts that models will be evaluated on.

    Raises:
        ConfigurationError: The tokenizer of the settings cannot be used.
        DatasetError: The tables do not fit together: an id is missing or occurs twice, a row
            names another article, offsets do not give the chunk's text, or the stored prompt does
            not contain the summary and the text.
    """
    used = (paper for paper in papers if paper.status == "used")
    paper_by_id = _by_id(used, lambda row: row.paper_id, "raw_papers")
    summary_by_id = _by_id(summaries, lambda row: row.paper_id, "summaries")
    raw_by_id = _by_id(raw, lambda row: row.chunk_id, "raw_extractions")
    verdict_by_id = _by_id(validated, lambda row: row.chunk_id, "validated_extractions")
    unknown = sorted(verdict_by_id.keys() - _by_id(chunks, lambda row: row.chunk_id, "chunks"))
    if unknown:
        raise _mismatch(unknown[0], "there is a verdict on a chunk that does not exist")

    joined: list[_Joined] = []
    for chunk in chunks:
        verdict = _find(verdict_by_id, chunk.chunk_id, chunk, "validated_extractions")
        if verdict.verdict == "rejected":
            continue
        joined.append(
            _join(
                chunk,
                paper=_find(paper_by_id, chunk.paper_id, chunk, "raw_papers"),
                summary=_find(summary_by_id, chunk.paper_id, chunk, "summaries"),
                raw=_find(raw_by_id, chunk.chunk_id, chunk, "raw_extractions"),
                validated=verdict,
            )
        )
    return _measured(joined, shaping, policy, overlap)


class _Joined(NamedTuple):
    """What the tables say of one chunk, verified to belong together."""

    chunk: Chunk
    paper: Paper
    summary: Summary
    raw: RawExtraction
    validated: ValidatedExtraction
    extraction: Extraction
    summary_as_sent: str


def _join(
    chunk: Chunk,
    *,
    paper: Paper,
    summary: Summary,
    raw: RawExtraction,
    validated: ValidatedExtraction,
) -> _Joined:
    if validated.extraction is None:
        raise _mismatch(chunk.chunk_id, f"the verdict is {validated.verdict} without an extraction")
    if raw.status != "completed" or not (summary.status == "completed" or _is_unwanted(summary)):
        raise _mismatch(chunk.chunk_id, "the verdict rests on a request that was never answered")
    if {validated.paper_id, raw.paper_id} != {chunk.paper_id}:
        raise _mismatch(chunk.chunk_id, "the extraction is about another article")
    if paper.article[chunk.start : chunk.end] != chunk.text:
        raise _mismatch(chunk.chunk_id, "the offsets do not give the chunk's text", since="chunks")
    extraction = validated.extraction
    if (len(validated.grounding), len(validated.evidence)) != (
        len(extraction.list_of_entities),
        len(extraction.relations),
    ):
        raise _mismatch(
            chunk.chunk_id,
            "the verdict does not say where each entity and relation stands in the text; perhaps"
            " an earlier version stored it",
            since="validated_extractions",
        )
    shown = _summary_as_sent(raw, summary, chunk)
    return _Joined(chunk, paper, summary, raw, validated, extraction, shown)


def _measured(
    joined: Sequence[_Joined], shaping: Shaping, policy: Policy, overlap: Overlap
) -> list[FullExample]:
    """Return the examples, each with the lengths of its training rows."""
    answers = [shaping.answer.write(one.extraction) for one in joined]
    prompts = [shaping.shown(one.summary_as_sent, one.chunk.text).plain for one in joined]
    lengths = list(shaping.counts(prompts + answers))
    whole = [
        _example(*one, shaping, policy, overlap)
        for one in zip(joined, answers, lengths[: len(joined)], lengths[len(joined) :], strict=True)
    ]
    return [one.model_copy(update={"parts": training_parts(one, shaping)}) for one in whole]


def _example(
    joined: _Joined,
    answer: str,
    prompt_tokens: int,
    answer_tokens: int,
    shaping: Shaping,
    policy: Policy,
    overlap: Overlap,
) -> FullExample:
    """Return an example, whose parts are not known yet."""
    chunk, paper, summary, raw, validated, extraction, shown = joined
    models = [raw.model] if _is_unwanted(summary) else [raw.model, summary.model]
    rights = publishability(paper.licence, models, policy)
    return FullExample(
        summary=shown,
        chunk=chunk.text,
        extraction=answer,
        section_description=extraction.section_description,
        list_of_entities=extraction.list_of_entities,
        entity_types=extraction.entity_types,
        relations=extraction.relations,
        grounding=validated.grounding,
        evidence=validated.evidence,
        source=paper.source,
        paper_id=paper.paper_id,
        chunk_id=chunk.chunk_id,
        title=paper.title,
        abstract=paper.abstract,
        section_names=paper.section_names,
        index=chunk.index,
        start=chunk.start,
        end=chunk.end,
        tokens=chunk.tokens,
        verdict="repaired" if validated.verdict == "repaired" else "valid",
        repairs=validated.repairs,
        mode=raw.mode,
        sent_messages=raw.messages,
        model=raw.model,
        prompt_version=raw.prompt_version,
        prompt_tokens=raw.prompt_tokens,
        completion_tokens=raw.completion_tokens,
        attempt=raw.attempt,
        earlier_reasons=raw.earlier_reasons,
        summary_model=summary.model,
        summary_prompt_version=summary.prompt_version,
        licence=licence_of(paper.licence).id,
        doi=paper.doi,
        url=paper.url,
        authors=paper.authors,
        year=paper.year,
        publishable=rights.allowed,
        publishing_reason=rights.reason,
        student_prompt=shaping.settings.student_prompt,
        student_prompt_version=shaping.student_version,
        student_prompt_tokens=prompt_tokens,
        student_answer_tokens=answer_tokens,
        parts=[],
        replaced=[
            one.start - chunk.start
            for one in paper.control_tokens
            if one.column == "article" and chunk.start <= one.start < chunk.end
        ],
        overlaps=overlap.of(chunk.text, shown),
    )


def _summary_as_sent(raw: RawExtraction, summary: Summary, chunk: Chunk) -> str:
    """Check the stored prompt and return the summary in the form the prompt holds it.

    The last message has to come from the user and hold the whole chunk. The summary has to be in a
    user or system message, with or without the white space around the raw answer.
    """
    if not raw.messages or raw.messages[-1].role != "user":
        raise _mismatch(chunk.chunk_id, "the stored prompt does not end with a user message")
    if not chunk.text or chunk.text not in raw.messages[-1].content:
        raise _mismatch(chunk.chunk_id, "the stored prompt does not contain the chunk's text")
    if _is_unwanted(summary):
        return ""
    shown = [message.content for message in raw.messages if message.role != "assistant"]
    for form in (summary.text, summary.text.strip()):
        if form.strip() and any(form in content for content in shown):
            return form
    raise _mismatch(chunk.chunk_id, "the stored prompt does not contain the article's summary")


def _is_unwanted(summary: Summary) -> bool:
    """Return whether the article was not to be summarised; its prompts then show no summary."""
    return summary.reason == SUMMARIES_OFF


def _by_id(rows: Iterable[RowT], key: Callable[[RowT], str], table: str) -> dict[str, RowT]:
    found: dict[str, RowT] = {}
    for row in rows:
        if key(row) in found:
            raise _mismatch(key(row), f"{table} holds this id twice", since=table)
        found[key(row)] = row
    return found


def _find(rows: dict[str, RowT], key: str, chunk: Chunk, table: str) -> RowT:
    row = rows.get(key)
    if row is None:
        raise _mismatch(chunk.chunk_id, f"{table} has no row for it", since=table)
    return row


def _mismatch(subject: str, what: str, since: str = "raw_extractions") -> DatasetError:
    return DatasetError(
        f"{what}.",
        where=subject,
        remedy=f"Its tables were made at different times: materialise this batch again from {since}"
        " on.",
    )
