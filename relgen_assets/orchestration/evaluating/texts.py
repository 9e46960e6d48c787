"""The texts that endpoints are evaluated on: a split of the dataset, or a gold file."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import cast, get_args

from relgen_assets.domain_errors import DatasetError
from relgen_assets.evaluation.gold import GoldText
from relgen_assets.evaluation.gold_files import read_gold
from relgen_assets.export.configs import FULL
from relgen_assets.export.gold_rows import gold_of
from relgen_assets.export.shards import find_shards, full_rows
from relgen_assets.export.splits import Split


def texts_on(
    where: str, dataset: str, *, form: str | None = None, limit: int | None = None
) -> list[GoldText]:
    """Return the texts to evaluate on.

    Args:
        where: A split of the dataset, or the path of a gold file.
        dataset: Folder of the dataset.
        form: The form of the gold file; by default it is told from its first row.
        limit: Most texts.

    Raises:
        SourceError: The gold file cannot be read.
        DatasetError: The dataset has no row in this split, or cannot be read.
    """
    if where not in get_args(Split):
        return chosen(read_gold(Path(where), form=form), limit)
    split = cast("Split", where)
    shards = [one for one in find_shards(dataset) if (one.config, one.split) == (FULL.name, split)]
    found = gold_of(full_rows(shards))
    if not found:
        raise DatasetError(
            f"the dataset has no row in the split {split}.",
            where=dataset,
            remedy="Make more batches, or name a gold file: relgen evaluate --on FILE",
        )
    return chosen(found, limit)


def chosen(texts: Sequence[GoldText], limit: int | None) -> list[GoldText]:
    """Return at most so many texts, in their order.

    They are chosen by a hash of their ids: not only the beginning of a file, always the same, and
    those of a smaller limit are among those of a larger one, so that their answers are known.
    """
    if limit is None or limit >= len(texts):
        return list(texts)
    ranked = sorted(texts, key=lambda one: sha256(one.gold_id.encode()).digest())
    kept = {one.gold_id for one in ranked[:limit]}
    return [one for one in texts if one.gold_id in kept]
