"""Agreement of overlaps: what is counted, and that planted rates are found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest

from relgen_assets.evaluation.agreement import Maker, Said, Shared, shared_texts
from relgen_assets.evaluation.agreement_counts import (
    IS_REPEATED,
    REPEATS,
    agreement_counts,
    agreements,
    overall,
)
from relgen_assets.evaluation.separation import repeats_between, separated
from relgen_assets.rows.models import (
    Chunk,
    EntityGrounding,
    Extraction,
    RawExtraction,
    Relation,
    RelationEvidence,
    Span,
    ValidatedExtraction,
)
from relgen_assets_tests.fakes.fleets_that_miss import planted_rates, ranks_agree, simulated

ARTICLE = (
    "Algae feed corals. Heat kills algae. Winds cool reefs. Rain feeds rivers. Rivers carry salt."
)
FIRST = ARTICLE[: ARTICLE.index(" Rivers carry")]
SECOND = ARTICLE[ARTICLE.index("kills algae") :]
"""The second chunk begins inside a sentence; the first ends with one."""
OFFSET = len(ARTICLE) - len(SECOND)


def chunk(index: int, text: str) -> Chunk:
    start = ARTICLE.index(text)
    return Chunk(
        chunk_id=f"a#{index:04d}",
        paper_id="a",
        index=index,
        text=text,
        start=start,
        end=start + len(text),
        overlap=len(FIRST) - OFFSET if index else 0,
        tokens=20,
    )


def answered(index: int, endpoint: str = "gpu") -> RawExtraction:
    return RawExtraction(
        chunk_id=f"a#{index:04d}",
        paper_id="a",
        status="completed",
        prompt_version="p1",
        messages=[],
        text="{}",
        finish_reason="stop",
        model="m",
        endpoint=endpoint,
        prompt_tokens=1,
        completion_tokens=1,
        seconds=1,
        attempt=1,
        key="k",
        mode="schema",
        candidates=[],
    )


def spans(text: str, part: str) -> list[Span]:
    at = [i for i in range(len(text)) if text.startswith(part, i)]
    return [Span(start=start, end=start + len(part)) for start in at]


def verdict(
    index: int, text: str, names: Sequence[str], relations: Sequence[tuple[str, str, str]] = ()
) -> ValidatedExtraction:
    return ValidatedExtraction(
        chunk_id=f"a#{index:04d}",
        paper_id="a",
        verdict="valid",
        repairs=[],
        extraction=Extraction(
            section_description="x",
            list_of_entities=list(names),
            relations=[
                Relation(description=said, source_entities=[one], target_entities=[other])
                for one, said, other in relations
            ],
        ),
        grounding=[
            EntityGrounding(
                name=name,
                answered=name,
                status="exact",
                differences=[],
                mentions=spans(text, name),
            )
            for name in names
        ],
        evidence=[
            RelationEvidence(
                sentences=spans(text, said), support=1, polarity="affirmed", directed=True
            )
            for _, said, _ in relations
        ],
    )


RAIN = ("Rain", "Rain feeds rivers.", "rivers")
ALGAE = ("Algae", "Algae feed corals.", "corals")
SALT = ("Rivers", "Rivers carry salt.", "salt")


def found(first: ValidatedExtraction, second: ValidatedExtraction) -> Shared:
    chunks = [chunk(0, FIRST), chunk(1, SECOND)]
    (shared,) = shared_texts(chunks, [answered(0), answered(1, "cpu")], [first, second])
    return shared


def test_only_what_stands_in_whole_shared_sentences_counts() -> None:
    shared = found(
        verdict(0, FIRST, ["Algae", "corals", "algae", "Winds", "Rain", "rivers"], [ALGAE, RAIN]),
        verdict(1, SECOND, ["algae", "Rain", "rivers", "salt", "Rivers"], [RAIN, SALT]),
    )
    # `algae` stands in the overlap too, but in a sentence that the second chunk has cut.
    assert shared.earlier.names == {"wind", "rain", "river"}
    assert shared.later.names == {"rain", "river"}
    assert shared.earlier.relations == shared.later.relations == {("rain", "river")}
    assert shared.earlier.maker == Maker("m", "gpu", "p1", "schema")


def test_chunks_without_a_usable_answer_measure_nothing() -> None:
    chunks = [chunk(0, FIRST), chunk(1, SECOND)]
    good = verdict(0, FIRST, ["Rain"])
    rejected = ValidatedExtraction(
        chunk_id="a#0001", paper_id="a", verdict="rejected", reason="loop", repairs=[]
    )
    assert shared_texts(chunks, [answered(0), answered(1)], [good, rejected]) == []
    assert shared_texts(chunks[:1], [answered(0)], [good]) == []


def test_shares_are_counted_both_ways_and_add_up_over_batches() -> None:
    large, small = Maker("m", "gpu", "p", "schema"), Maker("m", "cpu", "p", "schema")

    def text(paper: str, one: str, other: str) -> Shared:
        nothing = frozenset[tuple[str, str]]()
        return Shared(
            paper,
            Said(large, frozenset(one), nothing),
            Said(small, frozenset(other), nothing),
        )

    batches = [[text("a", "wxyz", "wx")], [text("b", "wx", "xv")]]
    added: dict[str, int] = {}
    for batch in batches:
        for key, number in agreement_counts(batch).items():
            added[key] = added.get(key, 0) + number
    assert added == agreement_counts([one for batch in batches for one in batch])
    by_value = {one.value: one for one in agreements(added) if one.dimension == "endpoint"}
    # Of 4 names that the small one says, the large one repeats 3; of 6 of the large one, 3 return.
    assert by_value["gpu"].share("names", REPEATS).value == pytest.approx(3 / 4)
    assert by_value["gpu"].share("names", IS_REPEATED).value == pytest.approx(3 / 6)
    assert by_value["cpu"].share("names", REPEATS).value == pytest.approx(3 / 6)
    assert by_value["gpu"].share("relations", REPEATS).value is None
    assert overall([one for batch in batches for one in batch], "names").value == pytest.approx(0.6)


RATES: Mapping[str, tuple[float, float]] = planted_rates(8, Random(4))


def test_planted_rates_of_missing_and_inventing_are_found_within_three_points() -> None:
    fit = separated(
        repeats_between(simulated(RATES, articles=1_000, draw=Random(5)), "endpoint", "names")
    )
    for name, (missing, inventing) in RATES.items():
        assert 1 - fit.recall[name] == pytest.approx(missing, abs=0.03), name
        assert 1 - fit.truth[name] == pytest.approx(inventing, abs=0.03), name
    assert ranks_agree({name: one[0] for name, one in RATES.items()}, fit.recall) <= -0.9
    assert ranks_agree({name: one[1] for name, one in RATES.items()}, fit.truth) <= -0.9


def test_agreement_of_one_kind_is_the_product_of_truth_and_recall() -> None:
    for missing, inventing in ((0.2, 0.0), (0.4, 0.2), (0.1, 0.3)):
        shared = simulated({"only": (missing, inventing)}, articles=300, draw=Random(6))
        share = overall(shared, "names")
        assert share.value == pytest.approx((1 - missing) * (1 - inventing), abs=0.03)
        assert share.low is not None and share.high is not None
        assert share.low < (1 - missing) * (1 - inventing) < share.high


def test_a_known_recall_settles_the_level_where_every_endpoint_invents() -> None:
    rates = {"a": (0.3, 0.2), "b": (0.5, 0.3)}
    repeats = repeats_between(simulated(rates, articles=600, draw=Random(7)), "endpoint", "names")
    fit = separated(repeats, {"a": 0.7})
    for name, (missing, inventing) in rates.items():
        assert fit.recall[name] == pytest.approx(1 - missing, abs=0.03)
        assert fit.truth[name] == pytest.approx(1 - inventing, abs=0.03)
    limits = separated(repeats)
    assert all(limits.truth[name] > fit.truth[name] for name in rates)
