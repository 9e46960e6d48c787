"""Which examples without relations stand: their share, and always the same ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.export.card import write_card
from relgen_assets.export.empty_rows import most_empty, states_nothing, thinned
from relgen_assets.export.examples import FullExample
from relgen_assets.export.shard_writing import write_shards
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

EXAMPLE = batch_of("lake-1", chunks=1).examples()[0]


def examples(filled: int, empty: int) -> list[FullExample]:
    """Return examples with relations and then some without."""
    return [
        EXAMPLE.model_copy(
            update={
                "chunk_id": f"lake#{number:04d}",
                "relations": EXAMPLE.relations if number < filled else [],
                "evidence": EXAMPLE.evidence if number < filled else [],
            }
        )
        for number in range(filled + empty)
    ]


@pytest.mark.parametrize(
    ("filled", "empty", "percent", "standing"),
    [
        (95, 50, 5, 5),
        (94, 50, 5, 4),
        (19, 50, 5, 1),
        (18, 50, 5, 0),
        (95, 3, 5, 3),
        (10, 50, 50, 10),
        (10, 50, 0, 0),
        (10, 50, 100, 50),
        (0, 50, 5, 0),
        (0, 50, 100, 50),
    ],
)
def test_as_many_stand_as_the_share_allows(
    filled: int, empty: int, percent: int, standing: int
) -> None:
    assert most_empty(filled, empty, percent) == standing
    chosen = thinned(examples(filled, empty), percent)
    assert sum(map(states_nothing, chosen)) == standing
    assert len(chosen) == filled + standing


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 100), st.randoms())
def test_the_share_is_kept_and_the_order_of_the_examples_decides_nothing(
    filled: int, empty: int, percent: int, random: Random
) -> None:
    every = examples(filled, empty)
    chosen = thinned(every, percent)
    standing = sum(map(states_nothing, chosen))
    assert 100 * standing <= percent * len(chosen)
    assert standing == empty or 100 * (standing + 1) > percent * (len(chosen) + 1)
    assert [one for one in every if one in chosen] == chosen
    shuffled = list(every)
    random.shuffle(shuffled)
    ids = {one.chunk_id for one in chosen}
    assert {one.chunk_id for one in thinned(shuffled, percent)} == ids


def test_a_larger_share_keeps_those_of_a_smaller_one() -> None:
    every = examples(50, 50)
    chosen = [{one.chunk_id for one in thinned(every, percent)} for percent in (0, 5, 20, 50)]
    assert all(less < more for less, more in pairwise(chosen))


def test_the_card_says_how_many_stand_and_how_many_do_not(tmp_path: Path) -> None:
    write_shards(
        str(tmp_path),
        "lakes-00000",
        examples(3, 1),
        shaping=shaping(validation_percent=0, test_percent=0),
        left_out=2,
    )
    text = write_card(str(tmp_path), title="Brine", licence="other").text
    assert "1 examples state no relation" in text
    assert "2 more were left out." in " ".join(text.split())
