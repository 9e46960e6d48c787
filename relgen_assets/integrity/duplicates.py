"""Versions of one article: near duplicates over all batches, and whether they share a split.

A preprint and its publication have different ids and often stand in different batches. If one of
them is trained on, the other tests nothing. How near texts are belongs to `text.similarity`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa

from relgen_assets.export.splits import Split
from relgen_assets.text.similarity import near_duplicates

COLUMNS: Final = ("paper_id", "status", "signature")
"""Columns of `raw_papers` that tell versions of an article."""


def versions(tables: Iterable[pa.Table]) -> list[list[str]]:
    """Return the groups of articles that are versions of one, as sorted lists of ids.

    Args:
        tables: The columns `COLUMNS` of the articles, batch by batch. A table that was written
            before articles had signatures has none of them, and its articles are left out.
    """
    signatures = {
        row["paper_id"]: row["signature"]
        for table in tables
        if "signature" in table.column_names
        for row in table.to_pylist()
        if row["status"] == "used" and row["signature"]
    }
    return near_duplicates(signatures)


def in_two_splits(
    groups: Iterable[Sequence[str]], places: Mapping[str, Collection[Split]]
) -> list[list[str]]:
    """Return the groups whose articles have rows in more than one split.

    Args:
        groups: Articles that are versions of one.
        places: The splits in which an article has rows, by its id.
    """
    return [
        list(group)
        for group in groups
        if len({split for article in group for split in places.get(article, ())}) > 1
    ]
