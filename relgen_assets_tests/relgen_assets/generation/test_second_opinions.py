"""Requests for a second opinion, their rows, and what follows for checks and retries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate_all
from relgen_assets.generation.retrying import RetryPlan, plan_chunks
from relgen_assets.generation.second_opinions import (
    SCHEMA,
    OpinionTask,
    is_opinion,
    opinion_row,
    opinion_tasks,
)
from relgen_assets.integrity import invariants
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import RawExtraction, SecondOpinion, ValidatedExtraction
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from resources.generation import Failure, Generation
from resources.generation_ledger.keys import generation_key

BATCH = batch_of("lake-1", chunks=1)
EAT, FEED = "Flamingos eat brine shrimp.", "Brine shrimp feed on green algae."
CHUNK = BATCH.chunks[0].model_copy(
    update={"text": f"{EAT} The survey of the northern salt lakes took nine days.\n{FEED}"}
)


def relation(description: str, source: str, target: str) -> dict[str, Any]:
    return {
        "description": description,
        "source_entities": [source],
        "target_entities": [target],
        "strength": "strong",
    }


RAW = BATCH.raw[0].model_copy(
    update={
        "text": json.dumps(
            {
                "section_description": "Birds and shrimp.",
                "list_of_entities": ["Flamingos", "Brine shrimp", "green algae"],
                "relations": [
                    relation(EAT, "Flamingos", "brine shrimp"),
                    relation("Flamingos dislike green algae.", "Flamingos", "green algae"),
                    relation(FEED, "Brine shrimp", "green algae"),
                ],
            }
        )
    }
)


def judged(opinions: Sequence[SecondOpinion] = ()) -> list[ValidatedExtraction]:
    """Return the verdict on the answer, with second opinions on its relations."""
    return validate_all([CHUNK], [RAW], JudgingPolicy(), opinions=opinions)


def tasks(*raw: RawExtraction) -> list[OpinionTask]:
    return opinion_tasks([CHUNK], raw or [RAW], JudgingPolicy(), len, {}, prompts=bundled_prompts())


def reply(task: OpinionTask, text: str) -> Generation:
    return Generation(task.request.subject, text, "stop", "teacher-7b", "gpu-0", 9, 0, 4, 0.1)


def rows(*texts: str) -> list[SecondOpinion]:
    return [opinion_row(task, reply(task, text)) for task, text in zip(tasks(), texts, strict=True)]


YES, NO = (json.dumps({"quote": "brine shrimp", "stated": one}) for one in ("yes", "no"))


def test_a_request_shows_one_claim_and_asks_for_a_quote_before_the_verdict() -> None:
    first, second = tasks()
    assert first.request.messages[-1]["content"].endswith(f"Claim: {EAT}")
    assert EAT in first.claim.passage and FEED not in first.claim.passage
    assert list(SCHEMA["properties"]) == ["quote", "stated"]
    assert first.request.sampling.temperature == 0
    assert first.request.messages[:-1] == second.request.messages[:-1], "a shared prefix"
    assert first.request.subject != second.request.subject


def test_nothing_is_asked_about_an_answer_that_is_missing_or_of_another_chunk() -> None:
    failed = RAW.model_copy(update={"status": "failed", "text": ""})
    foreign = RAW.model_copy(update={"chunk_id": "lake-2#0000"})
    assert tasks(failed) == tasks(foreign) == []


@pytest.mark.parametrize(("text", "usable"), [(YES, True), (NO, True), ("maybe", False)])
def test_an_answer_that_says_neither_is_asked_for_again(text: str, usable: bool) -> None:
    asked = tasks()
    assert is_opinion(asked)(reply(asked[0], text)) == usable


def test_a_row_has_the_relation_the_opinion_and_the_key_of_its_answer() -> None:
    (task, _), (row, _) = tasks(), rows(NO, YES)
    assert (row.opinion, row.quote, row.relation.description) == ("denied", "brine shrimp", EAT)
    assert row.key == generation_key(task.request, "teacher-7b")


def test_a_request_that_failed_is_a_row_without_an_opinion_and_the_rules_decide() -> None:
    task, _ = tasks()
    row = opinion_row(task, Failure(task.request.subject, "endpoints_exhausted"))
    assert (row.status, row.reason, row.opinion) == ("failed", "endpoints_exhausted", "none")
    assert judged(opinions=[row]) == judged()


def test_opinions_on_another_chunk_decide_nothing() -> None:
    foreign = [one.model_copy(update={"chunk_id": "lake-2#0000"}) for one in rows(NO, NO)]
    assert judged(opinions=foreign) == judged()


def test_what_only_a_second_opinion_denies_is_not_asked_for_again() -> None:
    verdicts = judged(opinions=rows(NO, NO))
    assert (verdicts[0].verdict, verdicts[0].reason) == ("rejected", "denied")
    assert plan_chunks([RAW], verdicts, BATCH.summaries, further=1, limit=9) == RetryPlan()


def test_good_opinions_break_no_invariant() -> None:
    opinions = rows(YES, NO)
    assert invariants.opinions_match_relations([CHUNK], [RAW], opinions, JudgingPolicy()) == []
    assert invariants.opinions_are_of_their_chunk([CHUNK], opinions) == []
    assert invariants.missing_opinions(opinions) == []


def test_missing_foreign_and_repeated_opinions_are_named() -> None:
    opinions = rows(YES, "maybe")
    match = invariants.opinions_match_relations
    assert f"{EAT}: no opinion" in match([CHUNK], [RAW], opinions[1:], JudgingPolicy())[0]
    assert "occurs 2 times" in match([CHUNK], [RAW], [*opinions, opinions[0]], JudgingPolicy())[0]
    assert "unusable answer" in invariants.missing_opinions(opinions)[0]
    moved = opinions[0].model_copy(update={"passage": "Whales sing."})
    assert len(invariants.opinions_are_of_their_chunk([CHUNK], [moved])) == 2
