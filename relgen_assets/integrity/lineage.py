"""Nothing is mixed up between the articles, the calls and the rows of the dataset.

Each function compares stored rows of one batch and lists what does not match; an empty list means
that all does. That nothing is lost is in `reconciliation`. No Dagster, no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from relgen_assets.export.examples import (
    ChatExample,
    CoreExample,
    FullExample,
    canonical_json,
    chat_example,
    core_example,
)
from relgen_assets.prompts import prompt_version, summary_messages
from relgen_assets.rows.models import (
    ChatMessage,
    Chunk,
    GeneratedRow,
    Paper,
    RawExtraction,
    Summary,
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


def unfaithful_rows(
    core: Sequence[CoreExample],
    full: Sequence[FullExample],
    chats: Sequence[ChatExample],
    *,
    chunks: Iterable[Chunk],
    summaries: Iterable[Summary],
    raw: Iterable[RawExtraction],
    validated: Iterable[ValidatedExtraction],
) -> list[str]:
    """List rows of the dataset that are not what the tables say; none means that all are.

    A row has to hold the text of its chunk, the summary of the article that chunk was cut from, the
    extraction of its own verdict, and in `messages` exactly the prompt that was sent and that holds
    both, followed by that extraction. Rows of the three configs correspond by position.

    Args:
        core: Rows of the config `core`, in the order of the files.
        full: Rows of the config `full`, in the same order.
        chats: Rows of the config `messages`, in the same order.
        chunks: Chunks of the batch.
        summaries: Summaries of the batch.
        raw: Raw answers of the batch, with the messages sent.
        validated: Verdicts of the batch.
    """
    if not len(core) == len(full) == len(chats):
        return [f"{len(core)} rows in core, {len(full)} in full, {len(chats)} in messages"]
    chunk_by_id = {chunk.chunk_id: chunk for chunk in chunks}
    summary_by_id = {summary.paper_id: summary.text for summary in summaries}
    sent = {row.chunk_id: row.messages for row in raw}
    extractions = {row.chunk_id: row.extraction for row in validated}
    found: list[str] = []
    for short, row, chat in zip(core, full, chats, strict=True):
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
            "its row in core differs": short == core_example(row),
            "its conversation is not prompt and answer": chat == chat_example(row),
        }
        found += [f"{row.chunk_id}: {fault}" for fault, holds in rules.items() if not holds]
    return found


def _shows(messages: Iterable[ChatMessage], *parts: str) -> bool:
    contents = [message.content for message in messages]
    return all(any(part in content for content in contents) for part in parts)
