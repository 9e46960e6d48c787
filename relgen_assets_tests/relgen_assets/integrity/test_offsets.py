"""Offsets that point at something else are found, in tables and in the dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from relgen_assets.export.examples import FullExample
from relgen_assets.integrity.offsets import rows_off_their_texts, verdicts_off_their_texts
from relgen_assets.rows.models import Extraction, Relation, Span
from relgen_assets_tests.relgen_assets.export.batch import Batch, batch_of, findings

TEXT = "Brine shrimp feed flamingos. Shrimp and flamingos  live in brine."
EXTRACTION = Extraction(
    section_description="Shrimp feed birds.",
    list_of_entities=["Brine shrimp", "flamingos"],
    relations=[
        Relation(
            description="Brine shrimp feed flamingos.",
            source_entities=["Brine shrimp"],
            target_entities=["flamingos"],
            strength=None,
        )
    ],
)


def sound() -> Batch:
    """Return a batch with one chunk, whose entities and relation stand in its text."""
    batch = batch_of("lake-1", chunks=1).changed("chunks", 0, text=TEXT, end=len(TEXT))
    article = TEXT + batch.papers[0].article
    batch = batch.changed("papers", 0, article=article)
    message = batch.raw[0].messages[-1].model_copy(update={"content": f"Birds and shrimp. {TEXT}"})
    batch = batch.changed("raw", 0, messages=[message])
    return batch.changed("validated", 0, extraction=EXTRACTION, **findings(EXTRACTION, TEXT))


def faults(batch: Batch) -> list[str]:
    """Return what is wrong with the verdicts; the dataset has the same faults."""
    (example,) = batch.examples()
    found = verdicts_off_their_texts(batch.chunks, batch.validated)
    assert rows_off_their_texts([example]) == found
    return found


def test_mentions_and_evidence_that_stand_in_the_text_are_sound() -> None:
    assert faults(sound()) == []
    mentions = [
        TEXT[span.start : span.end] for one in row(sound()).grounding for span in one.mentions
    ]
    assert mentions == ["Brine shrimp", "flamingos", "flamingos"]


def test_another_spelling_of_the_name_is_a_mention_too() -> None:
    entity = row(sound()).grounding[1]
    spans = [*entity.mentions, Span(start=40, end=49)]
    assert faults(with_entity(mentions=spans)) == []


def row(batch: Batch) -> FullExample:
    (example,) = batch.examples()
    return example


def with_entity(**changes: Any) -> Batch:
    """Return the batch with a changed grounding of flamingos."""
    shrimp, flamingos = row(sound()).grounding
    return sound().changed("validated", 0, grounding=[shrimp, flamingos.model_copy(update=changes)])


def with_evidence(**changes: Any) -> Batch:
    (evidence,) = row(sound()).evidence
    return sound().changed("validated", 0, evidence=[evidence.model_copy(update=changes)])


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: with_entity(mentions=[Span(start=17, end=26)]), "does not stand at 17 to 26"),
        (lambda: with_entity(mentions=[Span(start=18, end=28)]), "does not stand at 18 to 28"),
        (lambda: with_entity(mentions=[Span(start=18, end=999)]), "does not stand at 18 to 999"),
        (lambda: with_entity(mentions=[Span(start=-47, end=-38)]), "does not stand at -47"),
        (lambda: with_entity(mentions=[]), "is exact, with 0 mentions"),
        (lambda: with_entity(status="absent"), "is absent, with 2 mentions"),
        (lambda: with_entity(name="Flamingos"), "names are not those of the list"),
        (lambda: with_evidence(sentences=[Span(start=0, end=999)]), "no sentence stands at 0"),
        (lambda: with_evidence(sentences=[Span(start=0, end=29)]), "no sentence stands at 0 to 29"),
        (lambda: with_evidence(sentences=[]), "has no evidence and no fault"),
        (lambda: with_evidence(support=1.5), "has a support of 1.5"),
    ],
)
def test_what_is_claimed_and_not_there_is_named(make: Callable[[], Batch], complaint: str) -> None:
    found = faults(make())
    assert any(complaint in fault for fault in found), found
    assert all(fault.startswith("lake-1#0000: ") for fault in found)


def test_a_name_that_no_mention_spells_is_named() -> None:
    renamed = EXTRACTION.model_copy(update={"list_of_entities": ["Brine shrimp", "Flamingos"]})
    batch = with_entity(name="Flamingos").changed("validated", 0, extraction=renamed)
    assert faults(batch) == ["lake-1#0000: 'Flamingos' is spelled otherwise in the text"]
