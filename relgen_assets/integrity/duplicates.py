"""Versions of one article: near duplicates over all batches, and whether they share a split.

A preprint and its publication have different ids and often stand in different batches. If one of
them is trained on, the other tests nothing. How near texts are belongs to `text.similarity`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from relgen_assets.export.splits import Split, split_key
from relgen_assets.text.similarity import near_duplicates

COLUMNS: Final = ("paper_id", "title", "status", "signature")
"""Columns of `raw_papers` that tell versions of an article."""


def versions(tables: Iterable[pa.Table]) -> list[list[str]]:
    """Return the groups of articles that are versions of one, as sorted lists of ids.

    Args:
        tables: The columns `COLUMNS` of the articles, batch by batch. A table that was written
            before articles had signatures has none of them, and its articles are left out.
    """
    return near_duplicates({row["paper_id"]: row["signature"] for row in _signed(tables)})


def common_split_keys(tables: Iterable[pa.Table]) -> dict[str, str]:
    """Return what decides on the split of articles that have versions, the same for all of a group.

    Of the keys of a group (`export.splits.split_key`) it is the one that sorts first, so that it
    does not depend on the order of the batches.

    Args:
        tables: As for `versions`.
    """
    rows = {row["paper_id"]: row for row in _signed(tables)}
    keys: dict[str, str] = {}
    for group in near_duplicates({name: row["signature"] for name, row in rows.items()}):
        first = min(split_key(name, rows[name]["title"]) for name in group)
        keys.update(dict.fromkeys(group, first))
    return keys


def _signed(tables: Iterable[pa.Table]) -> Iterator[dict[str, Any]]:
    """Yield the rows of used articles that have a signature."""
    for table in tables:
        if "signature" in table.column_names:
            for row in table.to_pylist():
                if row["status"] == "used" and row["signature"]:
                    yield row


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
