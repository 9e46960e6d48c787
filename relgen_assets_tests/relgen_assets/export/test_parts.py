"""Examples over the token budget are cut between sentences; parts say only what they state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets.export.card import write_card
from relgen_assets.export.examples import FullExample
from relgen_assets.export.parts import relations_in_parts, shown_part, training_parts
from relgen_assets.export.shaping import Shaping
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import derived_rows, find_shards, full_rows
from relgen_assets.integrity.lineage import rows_that_differ_between_configs
from relgen_assets.integrity.offsets import rows_off_their_texts
from relgen_assets.rows.models import EntityGrounding, Relation, RelationEvidence, Span
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

ANIMALS = ("shrimp", "flies", "gulls", "grebes", "newts", "snails", "beetles", "foxes")
MODEL = batch_of("lake-0", chunks=1).examples()[0]


def example(facts: list[tuple[int, int]], *, pause: int = 1, together: int = 1) -> FullExample:
    """Return an example of facts: which animal feeds which other.

    Args:
        facts: Positions of both animals in `ANIMALS`.
        pause: Sentences between two facts.
        together: Sentences that state one fact.
    """
    rest = "The lake is salty and lies very high. "
    text, relations, evidence = "", [], []
    for source, target in facts:
        start = len(text)
        stated = f"The {ANIMALS[source]} feed the {ANIMALS[target]} of this lake. "
        text += stated + rest * (together - 1)
        relations.append(
            Relation(
                description=stated.strip(),
                source_entities=[ANIMALS[source]],
                target_entities=[ANIMALS[target]],
                strength="strong",
            )
        )
        spans = [Span(start=start, end=start + len(stated) - 1)]
        if together > 1:
            spans.append(Span(start=len(text) - len(rest), end=len(text) - 1))
        evidence.append(
            RelationEvidence(sentences=spans, support=1.0, polarity="affirmed", directed=True)
        )
        text += rest * pause
    names = [name for name in ANIMALS if name in text]
    return MODEL.model_copy(
        update={
            "chunk": text,
            "end": MODEL.start + len(text),
            "list_of_entities": names,
            "relations": relations,
            "grounding": [_grounded(name, text) for name in names],
            "evidence": evidence,
        }
    )


def _grounded(name: str, text: str) -> EntityGrounding:
    places = [at for at in range(len(text)) if text.startswith(name, at)]
    spans = [Span(start=at, end=at + len(name)) for at in places]
    return EntityGrounding(name=name, answered=name, status="exact", differences=[], mentions=spans)


def written(one: FullExample, **section: Any) -> tuple[FullExample, Shaping]:
    """Return an example as an export makes it, and the rules."""
    rules = shaping(validation_percent=0, test_percent=0, over_budget="rechunk", **section)
    prompt = rules.shown(one.summary, one.chunk).plain
    answer = json.dumps({})
    tokens, _ = rules.counts([prompt, answer])
    one = one.model_copy(update={"student_prompt_tokens": tokens, "student_answer_tokens": 400})
    return one.model_copy(update={"parts": training_parts(one, rules)}), rules


FACTS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(max_examples=25, deadline=None)
@given(FACTS, st.integers(0, 4), st.integers(1, 3), st.integers(200, 600))
def test_parts_fit_and_say_exactly_what_their_own_text_states(
    facts: list[tuple[int, int]], pause: int, together: int, budget: int
) -> None:
    whole, rules = written(example(facts, pause=pause, together=together), max_tokens=budget)
    shown = [shown_part(whole, part, rules) for part in whole.parts]
    assert rows_off_their_texts(shown) == []
    end = 0
    for part, one in zip(whole.parts, shown, strict=True):
        assert end <= part.start < part.end <= len(whole.chunk)
        end = part.end
        assert one.chunk == whole.chunk[one.start - whole.start : one.end - whole.start]
        if one is whole:
            continue
        assert (one.chunk[:3], one.chunk[-1]) == ("The", ".")
        told = json.loads(one.extraction)
        assert told["list_of_entities"] == [n for n in ANIMALS if n in one.chunk]
        assert [r["description"] for r in told["relations"]] == [
            relation.description
            for relation, found in zip(whole.relations, whole.evidence, strict=True)
            if part.start <= found.sentences[0].start and found.sentences[-1].end <= part.end
        ]
        prompt = rules.shown(one.summary, one.chunk).plain
        counts = rules.counts([prompt, one.extraction])
        assert (part.prompt_tokens, part.answer_tokens) == tuple(counts)
        assert rules.fits(part.row_tokens)
        assert one.relations


def test_no_relation_is_lost_where_each_fits_into_a_part() -> None:
    whole, _ = written(example([(0, 1), (2, 3), (4, 5), (6, 7)], pause=3), max_tokens=300)
    assert len(whole.parts) > 1
    assert relations_in_parts(whole) == 4


def test_a_relation_that_needs_more_text_than_fits_is_lost_and_the_others_stand() -> None:
    wide = example([(0, 1), (2, 3)], together=30)
    near = wide.evidence[1].model_copy(update={"sentences": wide.evidence[1].sentences[:1]})
    whole, _ = written(
        wide.model_copy(update={"evidence": [wide.evidence[0], near]}), max_tokens=300
    )
    assert relations_in_parts(whole) == 1


def test_of_an_example_that_states_nothing_one_part_stands() -> None:
    nothing = example([(0, 1)], pause=60).model_copy(update={"relations": [], "evidence": []})
    whole, rules = written(nothing, max_tokens=300)
    (part,) = whole.parts
    assert shown_part(whole, part, rules).relations == []


def test_where_not_even_a_sentence_fits_the_example_is_dropped() -> None:
    whole, _ = written(example([(0, 1)]), max_tokens=64)
    assert whole.parts == []


@pytest.mark.parametrize("form", ["conversational", "plain"])
def test_parts_are_rows_of_the_configs_that_trainers_read_and_counted(
    tmp_path: Path, form: str
) -> None:
    long, rules = written(
        example([(0, 1), (2, 3), (4, 5), (6, 7)], pause=3), max_tokens=300, prompt_completion=form
    )
    report = write_shards(str(tmp_path), "lakes-00000", [long], shaping=rules)
    number = len(long.parts)
    assert (report.lengths.rows, report.lengths.rechunked) == (number, 1)
    card = write_card(str(tmp_path), title="Life in brine", licence="other")
    assert card.incomplete == []
    rows = {config: splits["train"] for config, splits in card.rows.items()}
    assert rows["prompts"] == 6 * number
    assert {rows[name] for name in ("prompt_completion", "chat", "alpaca", "core")} == {number}
    assert (rows["full"], rows["teacher_messages"], rows["relations"]) == (1, 1, 4)
    assert (
        f"1 examples over the token budget are shown in parts, with {number} training"
        in " ".join(card.text.split())
    )
    shards = find_shards(str(tmp_path))
    full = full_rows(shards)
    assert full == [long]
    assert rows_that_differ_between_configs(full, derived_rows(shards), rules) == []
