"""Examples are joined by id and verified by content: tables that do not match are an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.configs import core_example
from relgen_assets.rows.models import ChatMessage
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION, Batch, batch_of, shaping


def test_one_example_per_chunk_in_the_order_of_the_chunks() -> None:
    batch = batch_of("lake-2", "lake-1", chunks=3)
    chunk_ids = [example.chunk_id for example in batch.examples()]
    assert chunk_ids == [chunk.chunk_id for chunk in batch.chunks]


def test_an_example_shows_what_the_model_saw_and_is_to_answer() -> None:
    batch = batch_of("lake-1")
    example = batch.examples()[1]
    assert core_example(example).model_dump() == {
        "summary": "Birds and shrimp.",
        "chunk": batch.chunks[1].text,
        "extraction": EXTRACTION.model_dump_json(exclude_none=True),
    }
    assert example.chunk in example.sent_messages[-1].content
    assert example.summary in example.sent_messages[-1].content


def test_an_example_says_where_it_comes_from_and_how_it_was_made() -> None:
    example = batch_of("lake-1", named=True).examples()[1]
    assert (example.source, example.paper_id, example.title) == ("lakes", "lake-1", "On lake-1")
    assert example.section_names == ["Introduction", "Results"]
    assert (example.index, example.start, example.end) == (1, 40, 80)
    assert (example.verdict, example.repairs) == ("repaired", ["closed_json"])
    assert (example.model, example.prompt_version) == ("extractor-7b", "ext-v1")
    assert (example.summary_model, example.summary_prompt_version) == ("summariser-1b", "sum-v1")
    assert (example.list_of_entities, example.relations) == (
        EXTRACTION.list_of_entities,
        EXTRACTION.relations,
    )


def test_an_example_says_who_wrote_the_article_and_whether_it_may_be_published() -> None:
    batch = batch_of("lake-1").changed(
        "papers", 0, licence="CC BY 4.0", doi="10.1000/a", authors=["Ada Byron"], year=2012
    )
    example = batch.changed("raw", 0, model="Mistral-7B").changed("summaries", 0, model="Phi-3")
    first, second = example.examples()
    assert (first.licence, first.doi, first.authors, first.year, first.url) == (
        "cc-by-4.0",
        "10.1000/a",
        ["Ada Byron"],
        2012,
        "",
    )
    assert (first.publishable, first.publishing_reason) == (True, "licence cc-by-4.0 allows it")
    assert (second.publishable, second.publishing_reason) == (
        False,
        "the terms of the model are unknown",
    )


def test_an_example_says_how_long_its_training_row_is() -> None:
    rules = shaping()
    example = batch_of("lake-1").examples()[0]
    prompt = rules.shown(example.summary, example.chunk).plain
    assert example.student_prompt_version == rules.prompts.version("student/summary_given")
    assert [example.student_prompt_tokens, example.student_answer_tokens] == rules.counts(
        [prompt, example.extraction]
    )


def test_rejected_chunks_give_no_example() -> None:
    batch = batch_of("lake-1").changed(
        "validated", 0, verdict="rejected", reason="not_json", extraction=None
    )
    assert [example.chunk_id for example in batch.examples()] == ["lake-1#0001"]


def test_a_rejected_chunk_needs_no_summary_and_no_answer() -> None:
    batch = batch_of("lake-1", chunks=1).changed(
        "validated", 0, verdict="rejected", reason="endpoints_exhausted", extraction=None
    )
    assert batch.changed("summaries", 0, status="failed", text="").examples() == []


def test_an_unusable_paper_under_the_id_of_a_used_one_is_no_obstacle() -> None:
    batch = batch_of("lake-1")
    twin = batch.papers[0].model_copy(update={"status": "unusable", "reason": "duplicate"})
    batch.papers.append(twin)
    assert len(batch.examples()) == 2


def test_a_summary_counts_as_shown_without_the_white_space_around_it() -> None:
    batch = batch_of("lake-1", summary="\n Birds and shrimp. \n")
    assert {example.summary for example in batch.examples()} == {"Birds and shrimp."}


def test_an_empty_batch_gives_no_examples() -> None:
    assert batch_of().examples() == []


MISMATCHES: dict[str, tuple[Callable[[Batch], Batch], str]] = {
    "the summary was made again after the extraction": (
        lambda batch: batch.changed("summaries", 0, text="Another summary."),
        "does not contain the article's summary",
    ),
    "the summary is blank": (
        lambda batch: batch.changed("summaries", 0, text=" \n"),
        "does not contain the article's summary",
    ),
    "the prompt holds only a part of the text": (
        lambda batch: batch.changed(
            "raw", 0, messages=[ChatMessage(role="user", content="Birds and shrimp. lake-1: sen")]
        ),
        "does not contain the chunk's text",
    ),
    "the prompt is lost": (
        lambda batch: batch.changed("raw", 0, messages=[]),
        "does not end with a user message",
    ),
    "the text is in an assistant message": (
        lambda batch: batch.changed(
            "raw",
            0,
            messages=[ChatMessage(role="assistant", content=batch.raw[0].messages[-1].content)],
        ),
        "does not end with a user message",
    ),
    "the answer is about another article": (
        lambda batch: batch.changed("raw", 0, paper_id="lake-9"),
        "about another article",
    ),
    "the verdict is about another article": (
        lambda batch: batch.changed("validated", 0, paper_id="lake-9"),
        "about another article",
    ),
    "the article has changed under its chunks": (
        lambda batch: batch.changed("papers", 0, article="A new text."),
        "offsets do not give the chunk's text",
    ),
    "the request was never answered": (
        lambda batch: batch.changed("raw", 0, status="failed", reason="stalled"),
        "never answered",
    ),
    "the summary was never answered": (
        lambda batch: batch.changed("summaries", 0, status="failed", reason="stalled"),
        "never answered",
    ),
    "a valid verdict has no extraction": (
        lambda batch: batch.changed("validated", 0, extraction=None),
        "without an extraction",
    ),
    "the verdict is older than the offsets of names": (
        lambda batch: batch.changed("validated", 0, grounding=[]),
        "does not say where each entity and relation stands in the text",
    ),
    "the verdict is older than the evidence": (
        lambda batch: batch.changed("validated", 0, evidence=[]),
        "perhaps an earlier version stored it",
    ),
    "the paper is missing": (lambda batch: batch.without("papers", 0), "raw_papers has no row"),
    "the summary is missing": (
        lambda batch: batch.without("summaries", 0),
        "summaries has no row",
    ),
    "the answer is missing": (lambda batch: batch.without("raw", 0), "raw_extractions has no row"),
    "the verdict is missing": (
        lambda batch: batch.without("validated", 0),
        "validated_extractions has no row",
    ),
    "the chunk of a verdict is missing": (
        lambda batch: batch.without("chunks", 0),
        "a chunk that does not exist",
    ),
    "a chunk has two verdicts": (
        lambda batch: batch.changed("validated", 1, chunk_id="lake-1#0000"),
        "validated_extractions holds this id twice",
    ),
}


@pytest.mark.parametrize("case", MISMATCHES)
def test_tables_that_do_not_belong_together_are_refused(case: str) -> None:
    break_it, message = MISMATCHES[case]
    with pytest.raises(DatasetError, match=message) as caught:
        break_it(batch_of("lake-1")).examples()
    assert "lake-1#0000" in str(caught.value)
    assert "materialise this batch again" in str(caught.value)
