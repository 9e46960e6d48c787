"""Nothing is mixed up: summaries, prompts, answers and rows are those of their own subject."""

from __future__ import annotations

from typing import Any

import pytest

from relgen_assets.export.training import ChatExample, teacher_messages
from relgen_assets.integrity.lineage import (
    foreign_summaries,
    rows_that_differ_between_configs,
    rows_unlike_their_sources,
    unrecorded_answers,
)
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import ChatMessage, Paper, Summary
from relgen_assets_tests.relgen_assets.export.batch import Batch, batch_of, shaping
from resources.generation import Message
from resources.generation_ledger.store import Transcript

PROMPTS = bundled_prompts()


def compared(batch: Batch, made_from: Batch) -> list[str]:
    return rows_unlike_their_sources(
        batch.examples(),
        chunks=made_from.chunks,
        summaries=made_from.summaries,
        raw=made_from.raw,
        validated=made_from.validated,
    )


def test_rows_that_say_what_the_tables_say_match() -> None:
    batch = batch_of("lake-1", "lake-2", summary="  Birds and shrimp.\n")
    assert compared(batch, batch) == []


@pytest.mark.parametrize(
    ("table", "position", "values", "complaint"),
    [
        ("summaries", 0, {"text": "Another article."}, "summary is not that of its article"),
        ("chunks", 0, {"paper_id": "lake-2"}, "names another article"),
        ("chunks", 1, {"text": "something else"}, "text is not that of its chunk"),
        ("chunks", 1, {"chunk_id": "lake-9#0001"}, "no such chunk"),
        ("raw", 1, {"messages": [ChatMessage(role="user", content="cut")]}, "not the one that was"),
        ("validated", 0, {"extraction": None}, "extraction is not that of its verdict"),
    ],
)
def test_a_row_that_differs_from_a_table_is_named(
    table: str, position: int, values: dict[str, Any], complaint: str
) -> None:
    batch = batch_of("lake-1", "lake-2")
    found = compared(batch, batch.changed(table, position, **values))
    assert any(complaint in text for text in found), found


def test_the_summary_of_another_article_is_found_in_every_chunk() -> None:
    batch = batch_of("lake-1")
    other = batch_of("lake-1", summary="What lives in other lakes.")
    found = compared(batch, other)
    assert sum("its summary is not" in text for text in found) == len(batch.chunks)


def test_the_conversation_is_exactly_the_prompt_and_the_answer() -> None:
    full = batch_of("lake-1").examples()
    chats = [row for example in full for row in teacher_messages(example)]
    assert rows_that_differ_between_configs(full, {"teacher_messages": chats}, shaping()) == []
    short = ChatExample(messages=full[0].sent_messages[1:])
    changed = {"teacher_messages": [short, *chats[1:]]}
    assert rows_that_differ_between_configs(full, changed, shaping()) == [
        "lake-1#0000: its row in teacher_messages does not match its row in full"
    ]


def test_an_extraction_may_have_been_written_in_any_form() -> None:
    batch = batch_of("lake-1")
    for form in ({"answer_json": "indented"}, {"answer_strength": False}):
        full = batch.examples_under(shaping(**form))
        found = rows_unlike_their_sources(
            full,
            chunks=batch.chunks,
            summaries=batch.summaries,
            raw=batch.raw,
            validated=batch.validated,
        )
        assert found == []
        foreign = [row.model_copy(update={"extraction": "{}"}) for row in full]
        assert len(
            rows_unlike_their_sources(
                foreign,
                chunks=batch.chunks,
                summaries=batch.summaries,
                raw=batch.raw,
                validated=batch.validated,
            )
        ) == len(full)


def test_a_prompt_without_the_summary_and_text_of_its_row_is_named() -> None:
    batch = batch_of("lake-1")
    full = batch.examples()
    other = batch.changed("raw", 0, messages=batch.raw[1].messages)
    full[0] = full[0].model_copy(update={"sent_messages": batch.raw[1].messages})
    found = rows_unlike_their_sources(
        full,
        chunks=other.chunks,
        summaries=other.summaries,
        raw=other.raw,
        validated=other.validated,
    )
    assert found == ["lake-1#0000: its prompt does not contain its summary and text"]


def two_articles() -> tuple[list[Paper], list[Summary]]:
    """Two articles that share their section names, and a summary of each."""
    batch = batch_of("lake-1", "lake-2", named=True)
    summaries = [
        row.model_copy(
            update={
                "messages": [ChatMessage(**message) for message in PROMPTS.summary_messages(paper)],
                "prompt_version": PROMPTS.version("summary"),
            }
        )
        for paper, row in zip(batch.papers, batch.summaries, strict=True)
    ]
    return batch.papers, summaries


def test_summaries_swapped_between_articles_are_named() -> None:
    papers, (first, second) = two_articles()
    assert foreign_summaries(papers, [first, second], PROMPTS) == []
    swapped = [
        first.model_copy(update={"paper_id": second.paper_id}),
        second.model_copy(update={"paper_id": first.paper_id}),
    ]
    assert foreign_summaries(papers, swapped, PROMPTS) == [
        f"{paper_id}: its summary was generated from another article"
        for paper_id in ("lake-2", "lake-1")
    ]
    assert foreign_summaries(papers[:1], [first, second], PROMPTS) == [
        "lake-2: has a summary, but there is no such article"
    ]


def test_a_summary_of_an_earlier_prompt_has_to_be_about_its_article_as_well() -> None:
    batch = batch_of("lake-1")
    assert foreign_summaries(batch.papers, batch.summaries, PROMPTS) == []
    other = [batch.papers[0].model_copy(update={"abstract": "What lives in deserts."})]
    assert len(foreign_summaries(other, batch.summaries, PROMPTS)) == 1


def test_prompts_and_answers_are_those_of_the_ledger() -> None:
    (row, *_) = batch_of("lake-1").raw
    messages = tuple(Message(role=one.role, content=one.content) for one in row.messages)

    def complaints(call: Transcript) -> list[str]:
        return unrecorded_answers([row], {row.key: call})

    assert complaints(Transcript(messages, frozenset({row.text, "superseded"}))) == []
    assert complaints(Transcript(messages[1:], frozenset({row.text}))) == [
        "lake-1#0000: its prompt is not the one in the ledger"
    ]
    assert complaints(Transcript(messages, frozenset({"another"}))) == [
        "lake-1#0000: its answer is not the one in the ledger"
    ]
    assert unrecorded_answers([row], {}) == [], "a pruned call cannot be compared"
