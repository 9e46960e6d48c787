"""Nothing is mixed up between the articles, the calls and the rows of the dataset.

Each function compares stored rows of one batch and lists what does not match; an empty list means
that all does. That nothing is lost is in `reconciliation`. No Dagster, no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from relgen_assets.export.configs import CONFIGS, FULL
from relgen_assets.export.examples import FullExample, canonical_json
from relgen_assets.prompts import prompt_version, summary_messages
from relgen_assets.rows.models import (
    ChatMessage,
    Chunk,
    GeneratedRow,
    Paper,
    RawExtraction,
    Summary,
    TableRow,
    ValidatedExtraction,
)
from resources.generation_ledger.store import Transcript


def foreign_summaries(papers: Iterable[Paper], summaries: Iterable[Summary]) -> list[str]:
    """List summaries that were not generated from their own article.

    The messages have to be those of the article; of an earlier version of the prompt it is only
    known that they held its abstract, or its section names where it has none.

    Args:
        papers: Articles of the batch.
        summaries: Summaries of the batch, with the messages sent.
    """
    paper_by_id = {paper.paper_id: paper for paper in papers}
    version = prompt_version("summary")
    found: list[str] = []
    for row in summaries:
        paper = paper_by_id.get(row.paper_id)
        if paper is None:
            found.append(f"{row.paper_id}: a summary, but there is no such article")
        elif row.prompt_version == version:
            own = [ChatMessage(**message) for message in summary_messages(paper)]
            if row.messages != own:
                found.append(f"{row.paper_id}: its summary was asked for another article")
        elif not _shows(row.messages, paper.abstract.strip() or "\n".join(paper.section_names)):
            found.append(f"{row.paper_id}: its summary was asked for another article")
    return found


def unrecorded_answers(rows: Iterable[GeneratedRow], calls: Mapping[str, Transcript]) -> list[str]:
    """List answers whose prompt or text is not what the ledger keeps of their call.

    Args:
        rows: Rows with the key of their call.
        calls: What the ledger keeps, by key; a call that it does not hold any more, e.g. because
            it was pruned, cannot be compared.
    """
    found: list[str] = []
    for row in rows:
        call = calls.get(row.key)
        if call is None:
            continue
        subject = row.chunk_id if isinstance(row, RawExtraction) else row.paper_id
        if [message.model_dump() for message in row.messages] != list(call.messages):
            found.append(f"{subject}: its prompt is not the one in the ledger")
        if row.text not in call.texts:
            found.append(f"{subject}: its answer is not the one in the ledger")
    return found


def rows_unlike_their_sources(
    full: Iterable[FullExample],
    *,
    chunks: Iterable[Chunk],
    summaries: Iterable[Summary],
    raw: Iterable[RawExtraction],
    validated: Iterable[ValidatedExtraction],
) -> list[str]:
    """List rows of the config `full` that do not match the tables they were made from.

    A row has to hold the text of its chunk, the summary of the article that chunk was cut from, the
    extraction of its own verdict, and exactly the prompt that was sent and that holds text and
    summary.

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
    extractions = {row.chunk_id: row.extraction for row in validated}
    found: list[str] = []
    for row in full:
        chunk = chunk_by_id.get(row.chunk_id)
        if chunk is None:
            found.append(f"{row.chunk_id}: there is no such chunk")
            continue
        summary = summary_by_id.get(chunk.paper_id, "")
        extraction = extractions.get(row.chunk_id)
        rules = {
            "it names another article": row.paper_id == chunk.paper_id,
            "its text is not that of its chunk": row.text == chunk.text,
            "its summary is not that of its article": row.summary in (summary, summary.strip()),
            "its prompt is not the one that was sent": row.sent_messages == sent.get(row.chunk_id),
            "its prompt does not hold its summary and text": _shows(
                row.sent_messages, row.summary, row.text
            ),
            "its extraction is not that of its verdict": extraction is not None
            and row.extraction == canonical_json(extraction),
        }
        found += [f"{row.chunk_id}: {fault}" for fault, holds in rules.items() if not holds]
    return found


def rows_that_differ_between_configs(
    full: Sequence[FullExample], derived: Mapping[str, Sequence[TableRow]]
) -> list[str]:
    """List rows of other configs that do not match the row of `full` at the same position.

    The row of a config has to be what its conversion makes of the row of `full`.

    Args:
        full: Rows of the config `full`, in the order of the files.
        derived: Rows of the other configs by name, in the same order; see
            `relgen_assets.export.shards.derived_rows`.
    """
    found: list[str] = []
    for name, rows in derived.items():
        if len(rows) != len(full):
            found.append(f"{len(rows)} rows in {name}, but {len(full)} in {FULL.name}")
            continue
        convert = CONFIGS[name].convert
        found += [
            f"{example.chunk_id}: its row in {name} does not match its row in {FULL.name}"
            for example, row in zip(full, rows, strict=True)
            if row != convert(example)
        ]
    return found


def _shows(messages: Iterable[ChatMessage], *parts: str) -> bool:
    contents = [message.content for message in messages]
    return all(any(part in content for content in contents) for part in parts)
