"""Lineage: every row of the dataset belongs to its own article, chunk, request and answer.

Each function compares stored rows of one batch and lists the mismatches; an empty list means that
there are none. Whether anything is lost is checked in `reconciliation`. No Dagster, no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from relgen_assets.export.answers import ANSWER_FORMS
from relgen_assets.export.configs import CONFIGS, FULL
from relgen_assets.export.examples import FullExample
from relgen_assets.export.shaping import Shaping
from relgen_assets.extraction.summary_rules import whole_summary
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.models import (
    SUMMARIES_OFF,
    ChatMessage,
    Chunk,
    Extraction,
    GeneratedRow,
    Paper,
    RawExtraction,
    Summary,
    TableRow,
    ValidatedExtraction,
)
from resources.control_tokens import neutralised
from resources.generation_ledger.store import Transcript


def foreign_summaries(
    papers: Iterable[Paper], summaries: Iterable[Summary], prompts: PromptSet
) -> list[str]:
    """List summaries that were not generated from their own article.

    The messages have to be those that the current prompt makes of the article. Messages of an
    earlier prompt only have to contain its abstract, or its section names if it has no abstract.

    Args:
        papers: Articles of the batch.
        summaries: Summaries of the batch, with the messages sent.
        prompts: The current templates.
    """
    paper_by_id = {paper.paper_id: paper for paper in papers}
    version = prompts.version("summary")
    found: list[str] = []
    for row in summaries:
        paper = paper_by_id.get(row.paper_id)
        if paper is None:
            found.append(f"{row.paper_id}: has a summary, but there is no such article")
        elif row.reason == SUMMARIES_OFF:
            continue
        elif row.prompt_version == version:
            own = [ChatMessage(**message) for message in prompts.summary_messages(paper)]
            if row.messages != own:
                found.append(f"{row.paper_id}: its summary was generated from another article")
        elif not _shows(row.messages, paper.abstract.strip() or "\n".join(paper.section_names)):
            found.append(f"{row.paper_id}: its summary was generated from another article")
    return found


def unrecorded_answers(
    rows: Iterable[GeneratedRow], recorded: Mapping[str, Transcript]
) -> list[str]:
    """List answers whose prompt or text differs from what the ledger recorded.

    Args:
        rows: Rows with the ledger keys of their answers.
        recorded: What the ledger recorded, by key. An answer that is no longer there, e.g. because
            it was pruned, cannot be compared.
    """
    found: list[str] = []
    for row in rows:
        transcript = recorded.get(row.key)
        if transcript is None:
            continue
        subject = row.chunk_id if isinstance(row, RawExtraction) else row.paper_id
        if [message.model_dump() for message in row.messages] != list(transcript.messages):
            found.append(f"{subject}: its prompt is not the one in the ledger")
        if row.text not in _texts_of(row, transcript):
            found.append(f"{subject}: its answer is not the one in the ledger")
    return found


def _texts_of(row: GeneratedRow, recorded: Transcript) -> Iterable[str]:
    """Return the texts that a row may hold; a summary that was cut off ends with a sentence."""
    texts = {neutralised(text) for text in recorded.texts}
    if not isinstance(row, Summary):
        return texts
    return texts.union(whole_summary(text, row.finish_reason) for text in texts)


def rows_unlike_their_sources(
    full: Iterable[FullExample],
    *,
    chunks: Iterable[Chunk],
    summaries: Iterable[Summary],
    raw: Iterable[RawExtraction],
    validated: Iterable[ValidatedExtraction],
) -> list[str]:
    """List rows of the config `full` that do not match the tables they were made from.

    A row has to contain the text of its chunk, the summary of that chunk's article, the extraction
    of its own verdict, and exactly the prompt that was sent. The prompt has to contain the text and
    the summary.

    Args:
        full: Rows of the config `full`.
        chunks: Chunks of the batch.
        summaries: Summaries of the batch.
        raw: Raw answers of the batch, with the messages sent.
        validated: Verdicts of the batch.
    """
    chunk_by_id = {chunk.chunk_id: chunk for chunk in chunks}
    summary_by_id = {summary.paper_id: summary.text for summary in summaries}
    sent = {row.chunk_id: row.messages for row in raw}
    verdicts = {row.chunk_id: row for row in validated}
    found: list[str] = []
    for row in full:
        chunk = chunk_by_id.get(row.chunk_id)
        if chunk is None:
            found.append(f"{row.chunk_id}: there is no such chunk")
            continue
        summary = summary_by_id.get(chunk.paper_id, "")
        verdict = verdicts.get(row.chunk_id)
        extraction = verdict.extraction if verdict is not None else None
        rules = {
            "it names another article": row.paper_id == chunk.paper_id,
            "its text is not that of its chunk": row.chunk == chunk.text,
            "its summary is not that of its article": row.summary in (summary, summary.strip()),
            "its prompt is not the one that was sent": row.sent_messages == sent.get(row.chunk_id),
            "its prompt does not contain its summary and text": _shows(
                row.sent_messages, row.summary, row.chunk
            ),
            "its extraction is not that of its verdict": extraction is not None
            and _tells(row, extraction),
            "its offsets are not those of its verdict": verdict is not None
            and (row.grounding, row.evidence) == (verdict.grounding, verdict.evidence),
        }
        found += [f"{row.chunk_id}: {fault}" for fault, holds in rules.items() if not holds]
    return found


def rows_that_differ_between_configs(
    full: Sequence[FullExample],
    derived: Mapping[str, Sequence[TableRow]],
    shaping: Shaping,
) -> list[str]:
    """List examples whose rows in another config do not match their row of `full`.

    The rows of a config have to be what its conversion makes of the rows of `full`, in their order.

    Args:
        full: Rows of the config `full`, in the order of the files.
        derived: Rows of the other configs by name, in the same order; see
            `relgen_assets.export.shards.derived_rows`.
        shaping: The rules by which the rows were written.
    """
    found: list[str] = []
    for name, rows in derived.items():
        expected = [
            (example.chunk_id, row)
            for example in full
            for row in CONFIGS[name].rows_of(example, shaping)
        ]
        if len(rows) != len(expected):
            found.append(f"{len(rows)} rows in {name}, but {len(expected)} by {FULL.name}")
            continue
        differ = [
            chunk_id
            for (chunk_id, wanted), row in zip(expected, rows, strict=True)
            if row != wanted
        ]
        found += [
            f"{chunk_id}: its row in {name} does not match its row in {FULL.name}"
            for chunk_id in dict.fromkeys(differ)
        ]
    return found


def _tells(row: FullExample, extraction: Extraction) -> bool:
    """Return whether a row tells an extraction: in its columns, and in the text to be learned.

    The text may have been written under other settings, which leave out the strength.
    """
    told = (row.section_description, row.list_of_entities, row.entity_types, row.relations)
    if told != (
        extraction.section_description,
        extraction.list_of_entities,
        extraction.entity_types,
        extraction.relations,
    ):
        return False
    return row.extraction in {form.write(extraction) for form in ANSWER_FORMS}


def _shows(messages: Iterable[ChatMessage], *parts: str) -> bool:
    contents = [message.content for message in messages]
    return all(any(part in content for content in contents) for part in parts)
