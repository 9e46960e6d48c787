"""Rows of the dataset as gold: what the teacher said, as far as the judge kept it."""

from __future__ import annotations

from collections.abc import Iterable

from relgen_assets.evaluation.gold import GoldPair, GoldText, distinct_names, distinct_pairs
from relgen_assets.export.examples import FullExample


def gold_of(examples: Iterable[FullExample]) -> list[GoldText]:
    """Return complete examples as texts with gold, in their order.

    This measures how much of the teacher a model repeats, and not how much of the text it finds.
    """
    return [
        GoldText(
            gold_id=one.chunk_id,
            document=one.paper_id,
            origin=one.source,
            text=one.chunk,
            names=distinct_names(one.list_of_entities),
            pairs=distinct_pairs(
                GoldPair(source, target)
                for relation in one.relations
                for source in relation.source_entities
                for target in relation.target_entities
            ),
            summary=one.summary,
        )
        for one in examples
    ]
