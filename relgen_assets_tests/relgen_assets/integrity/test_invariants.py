"""Invariants between the tables of a batch: silent on good rows, specific on bad ones."""

from __future__ import annotations

from typing import Any

import pytest

from relgen_assets.integrity import invariants
from relgen_assets.rows.models import (
    ChatMessage,
    Chunk,
    Extraction,
    Paper,
    RawExtraction,
    Relation,
    Summary,
    ValidatedExtraction,
)

ARTICLE = "Corals host algae. Heat expels the algae. Corals starve."


def paper(paper_id: str = "p1", **changes: Any) -> Paper:
    columns: dict[str, Any] = {
        "paper_id": paper_id,
        "source": "test",
        "title": "",
        "abstract": "About corals.",
        "section_names": ["Bleaching"],
        "article": ARTICLE,
        "status": "used",
    }
    return Paper(**{**columns, **changes})


def chunk(index: int, start: int, end: int, overlap: int = 0, **changes: Any) -> Chunk:
    columns: dict[str, Any] = {
        "chunk_id": f"p1#{index:04d}",
        "paper_id": "p1",
        "index": index,
        "text": ARTICLE[start:end],
        "start": start,
        "end": end,
        "overlap": overlap,
        "tokens": 8,
    }
    return Chunk(**{**columns, **changes})


CHUNKS = [chunk(0, 0, 30), chunk(1, 19, len(ARTICLE), overlap=11)]


def generated(**changes: Any) -> dict[str, Any]:
    return {
        "paper_id": "p1",
        "status": "completed",
        "prompt_version": "v",
        "messages": [ChatMessage(role="user", content=f"Read: {ARTICLE}")],
        "text": "{}",
        "finish_reason": "stop",
        "model": "m",
        "endpoint": "e",
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "seconds": 0.1,
        "attempt": 1,
        "key": "5ea1" * 16,
        **changes,
    }


def raw(chunk_id: str, **changes: Any) -> RawExtraction:
    return RawExtraction(chunk_id=chunk_id, mode="schema", candidates=[], **generated(**changes))


def verdict(chunk_id: str, *entities: str, source: str = "Corals") -> ValidatedExtraction:
    relation = Relation(
        description="host", source_entities=[source], target_entities=["algae"], strength="strong"
    )
    extraction = Extraction(
        section_description="d", list_of_entities=list(entities), relations=[relation]
    )
    return ValidatedExtraction(
        chunk_id=chunk_id, paper_id="p1", verdict="valid", repairs=[], extraction=extraction
    )


def test_good_chunks_pass() -> None:
    assert invariants.chunks_match_articles([paper()], CHUNKS) == []
    assert invariants.articles_are_covered([paper()], CHUNKS, limited=False) == []
    assert invariants.chunks_fit(CHUNKS, 8) == []


@pytest.mark.parametrize(
    ("chunks", "complaint"),
    [
        ([CHUNKS[0], chunk(1, 19, len(ARTICLE), overlap=10)], "missing or duplicated"),
        ([CHUNKS[0], chunk(1, 31, len(ARTICLE))], "missing or duplicated"),
        ([chunk(0, 0, 30, text="something else")], "does not match its offsets"),
        ([chunk(0, 0, 30, paper_id="p9")], "not in the batch"),
        ([chunk(0, 3, len(ARTICLE))], "missing or duplicated"),
    ],
)
def test_chunks_that_do_not_give_the_article_back_are_listed(
    chunks: list[Chunk], complaint: str
) -> None:
    assert complaint in invariants.chunks_match_articles([paper()], chunks)[0]


def test_an_article_cut_at_the_end_is_listed_unless_chunks_are_limited() -> None:
    assert invariants.articles_are_covered([paper()], CHUNKS[:1], limited=False)
    assert invariants.articles_are_covered([paper()], CHUNKS[:1], limited=True) == []
    assert invariants.articles_are_covered([paper()], [], limited=True)


def test_a_chunk_above_the_limit_is_listed() -> None:
    assert invariants.chunks_fit([*CHUNKS, chunk(2, 0, 3, tokens=9)], 8) == [
        "p1#0002: 9 tokens, limit 8"
    ]


def test_unusable_articles_need_no_summary_and_no_chunk() -> None:
    unusable = paper("p2", status="unusable", reason="too_short")
    assert invariants.one_summary_per_article([unusable], []) == []
    assert invariants.articles_are_covered([unusable], [], limited=False) == []
    assert invariants.unusable_articles([paper(), unusable]) == ["p2: too_short"]


def test_summaries_that_failed_or_are_blank_are_listed() -> None:
    summaries = [
        Summary(**generated()),
        Summary(**generated(paper_id="p2", text=" \n")),
        Summary(**generated(paper_id="p3", text="", status="failed", reason="stalled")),
    ]
    assert invariants.summaries_are_complete(summaries) == ["p2: blank", "p3: stalled"]


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [([], "p1: no summary"), (["p1", "p1"], "2 times"), (["p1", "p9"], "p9: summary without")],
)
def test_summaries_and_articles_match_one_to_one(ids: list[str], complaint: str) -> None:
    summaries = [Summary(**generated(paper_id=paper_id)) for paper_id in ids]
    assert complaint in invariants.one_summary_per_article([paper()], summaries)[0]


def test_each_chunk_has_one_answer_and_one_verdict() -> None:
    answers = [raw("p1#0000"), raw("p1#0001")]
    assert invariants.one_answer_per_chunk(CHUNKS, answers) == []
    assert invariants.one_answer_per_chunk(CHUNKS, answers[:1]) == ["p1#0001: no answer"]
    verdicts = [verdict("p1#0000", "Corals", "algae")]
    assert invariants.one_verdict_per_chunk(CHUNKS, verdicts) == ["p1#0001: no verdict"]


def test_a_prompt_that_shows_less_than_the_chunk_is_listed() -> None:
    cut = raw("p1#0001", messages=[ChatMessage(role="user", content=ARTICLE[19:30])])
    whole = raw("p1#0000")
    assert invariants.prompts_show_whole_chunk(CHUNKS, [whole, cut]) == [
        "p1#0001: the prompt does not contain the whole chunk"
    ]


def test_a_verdict_holds_an_extraction_or_a_reason_never_both() -> None:
    good = verdict("p1#0000", "Corals", "algae")
    assert invariants.verdicts_are_whole([good]) == []
    assert invariants.verdicts_are_whole([good.model_copy(update={"extraction": None})])
    assert invariants.verdicts_are_whole([good.model_copy(update={"reason": "loop"})])
    assert invariants.verdicts_are_whole([good.model_copy(update={"verdict": "rejected"})])


def test_relations_name_listed_entities_only() -> None:
    assert invariants.relation_entities_are_listed([verdict("c", "Corals", "algae")]) == []
    assert invariants.relation_entities_are_listed([verdict("c", "algae")]) == [
        "c: 'Corals' is not in the list of entities"
    ]


def test_entities_occur_in_their_chunk() -> None:
    grounded = verdict("p1#0000", "Corals", "algae")
    assert invariants.entities_are_grounded(CHUNKS, [grounded]) == []
    invented = verdict("p1#0000", "Corals", "submarine")
    assert invariants.entities_are_grounded(CHUNKS, [invented]) == [
        "p1#0000: 'submarine' does not occur in the text"
    ]


def test_two_usable_articles_must_not_share_an_id() -> None:
    assert invariants.papers_are_unique([paper(), paper("p2")]) == []
    assert invariants.papers_are_unique([paper(), paper()]) == ["p1: article occurs 2 times"]
