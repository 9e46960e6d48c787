"""The story of a chunk: what is stored of it, also where a part is missing."""

from __future__ import annotations

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.integrity.chunk_story import NOT_ASKED, stored_stories
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets_tests.relgen_assets.stored_batches import in_memory, telling_batch


def test_every_chunk_has_its_story_in_order() -> None:
    told = list(
        stored_stories(in_memory(lakes_00000=telling_batch()), "lakes-00000", JudgingPolicy())
    )
    assert [story.standing for story in told] == ["repaired", "rejected", "failed"]
    assert [story.is_usable for story in told] == [True, False, False]
    assert {story.title for story in told} == {"On lake-1"}
    assert all(story.stored for story in told)


def test_entities_are_those_of_the_extraction_or_of_the_rejected_answer() -> None:
    tables = in_memory(lakes_00000=telling_batch())
    repaired, rejected, failed = stored_stories(tables, "lakes-00000", JudgingPolicy())
    assert repaired.entities == ["Brine shrimp", "flamingos"]
    assert [place.name for place in repaired.places] == ["Brine shrimp", "flamingos", "flamingos"]
    assert rejected.entities == ["salt lakes", "unicorns"]
    assert rejected.absent == ["unicorns"]
    assert (failed.entities, failed.absent, failed.places) == ([], [], [])


def test_a_batch_without_stored_verdicts_is_judged_by_the_current_rules() -> None:
    tables = in_memory(lakes_00000=telling_batch())
    del tables.tables["validated_extractions", "lakes-00000"]
    told = list(stored_stories(tables, "lakes-00000", JudgingPolicy()))
    assert [story.standing for story in told] == ["rejected", "rejected", "failed"]
    assert not any(story.stored for story in told)


def test_a_chunk_that_no_model_was_asked_about_has_a_story_too() -> None:
    tables = in_memory(lakes_00000=telling_batch())
    for asset in ("summaries", "raw_extractions", "validated_extractions"):
        del tables.tables[asset, "lakes-00000"]
    assert {story.standing for story in stored_stories(tables, "lakes-00000", JudgingPolicy())} == {
        NOT_ASKED
    }


def test_codes_have_the_meaning_that_stands_below_them() -> None:
    assert meaning("not_json") == "No JSON object, not even a broken one."
    assert "200 characters" in meaning("too_short")
    assert meaning("unheard_of") == ""
