"""Needles: invented facts that nothing but their text can tell."""

from __future__ import annotations

import json
from collections import Counter

from relgen_assets.evaluation.needles import PARTS, planted
from relgen_assets.evaluation.scoring import score
from relgen_assets.extraction import judge
from relgen_assets.rows.models import Chunk

TEXT = " ".join(f"Sentence {number} tells of salt lakes." for number in range(12))


def chunk(number: int, text: str = TEXT) -> Chunk:
    return Chunk(
        chunk_id=f"a#{number:04d}",
        paper_id="a",
        index=number,
        text=text,
        start=0,
        end=len(text),
        overlap=0,
        tokens=100,
    )


def test_a_needle_changes_nothing_but_one_sentence_and_is_evenly_spread() -> None:
    needles = planted([chunk(number) for number in range(30)], {"a": "Lakes."})
    assert Counter(one.origin for one in needles) == dict.fromkeys(PARTS, 10)
    assert len({one.names for one in needles}) == 30
    for one in needles:
        source, target = one.names
        assert source not in TEXT and target not in TEXT
        start = one.text.index(source)
        fact = one.text[start : one.text.index(".", start) + 1]
        assert " ".join(one.text.replace(fact, "").split()) == TEXT
        third = start / len(one.text) * 3
        assert PARTS.index(one.origin) - 0.35 <= third <= PARTS.index(one.origin) + 1.35


def test_the_rules_accept_the_fact_that_was_planted() -> None:
    for one in planted([chunk(number) for number in range(12)], {"a": "Lakes."}):
        source, target = one.names
        start = one.text.index(source)
        answer = json.dumps(
            {
                "section_description": "The section tells of salt lakes.",
                "list_of_entities": [source, target],
                "relations": [
                    {
                        "description": one.text[start : one.text.index(".", start) + 1],
                        "source_entities": [source],
                        "target_entities": [target],
                    }
                ],
            }
        )
        scored = score(one, answer, judge(answer, one.text))
        assert scored.kept.pairs.right == 1
        assert scored.kept.names.right == 2


def test_the_same_seed_plants_the_same_and_another_seed_another_fact() -> None:
    chunks, summaries = [chunk(0)], {"a": "Lakes."}
    assert planted(chunks, summaries) == planted(chunks, summaries)
    assert planted(chunks, summaries)[0].names != planted(chunks, summaries, seed=1)[0].names


def test_a_chunk_of_one_sentence_takes_a_needle_and_one_without_summary_takes_none() -> None:
    (one,) = planted([chunk(0, "Salt lakes lie low.")], {"a": "Lakes."})
    assert one.names[0] in one.text
    assert planted([chunk(0)], {}) == []
