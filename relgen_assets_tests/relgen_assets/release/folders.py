"""Dataset folders of a few small batches, and what releases of them are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from relgen_assets.export.card import write_card
from relgen_assets.export.companions import write_companions
from relgen_assets.export.examples import FullExample
from relgen_assets.export.shard_writing import config_table, write_shards
from relgen_assets.export.shards import find_shards
from relgen_assets.release.making import ReleaseOrder, write_release
from relgen_assets.release.manifest import Manifest
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

SHAPING = shaping(validation_percent=20, test_percent=20)
LICENCE = "cc-by-4.0"
UNKNOWN = "the licence of the article is unknown"


@dataclass
class FakeTables:
    """Stored tables that hold ids and keys, and say what was read."""

    chunks: int
    read_for: list[str] = field(default_factory=list[str])

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        """Return ids and keys of the articles of a batch, or of their chunks."""
        assert columns is not None
        self.read_for.append(f"{asset}/{partition}")
        ids = articles_of(partition)
        if columns[0] == "chunk_id":
            ids = [f"{one}#{index:04}" for one in ids for index in range(self.chunks)]
        return pa.table({columns[0]: ids, "key": [f"key of {one}" for one in ids]})


def articles_of(batch: str, count: int = 6) -> list[str]:
    """Return the ids of the articles of a batch; some of six are in every split."""
    return [f"{batch}-article-{number}" for number in range(count)]


def examples_of(batch: str, *, chunks: int = 2, unknown: Iterable[str] = ()) -> list[FullExample]:
    """Return the examples of a batch.

    Args:
        batch: Key of the batch.
        chunks: Chunks of each article.
        unknown: Articles whose licence is not known.
    """
    left_out = set(unknown)
    return [
        example.model_copy(
            update={"publishable": False, "publishing_reason": UNKNOWN, "licence": "unknown"}
            if example.paper_id in left_out
            else {"publishable": True, "publishing_reason": "allowed", "licence": LICENCE}
        )
        for example in batch_of(*articles_of(batch), chunks=chunks).examples()
    ]


def dataset(
    root: Path, batches: Iterable[str], *, chunks: int = 2, unknown: Iterable[str] = ()
) -> str:
    """Write a dataset folder, batch after batch in the order given, and return it."""
    for batch in batches:
        examples = examples_of(batch, chunks=chunks, unknown=unknown)
        write_shards(str(root), batch, examples, shaping=SHAPING)
    return str(root)


def order(chunks: int = 2, **changes: Any) -> ReleaseOrder:
    """Return what a release is made of."""

    def card(folder: str) -> str:
        report = write_card(folder, title="Lakes", licence=LICENCE)
        write_companions(
            folder,
            report.rows,
            name="lakes",
            max_length=report.lengths.max_length,
            answer=SHAPING.answer,
            recipe={"settings": {}},
        )
        return report.text

    values: dict[str, Any] = {
        "tables": FakeTables(chunks),
        "to_table": lambda config, rows, batch: config_table(config, rows, SHAPING, batch),
        "write_card": card,
        "relgen": "1.0",
        "rules": "relgen-of-tests",
    }
    return ReleaseOrder(**{**values, **changes})


def release(root: str, folder: Path, **changes: Any) -> Manifest:
    """Make a release of a dataset folder in a new folder."""
    folder.mkdir(parents=True)
    return write_release(order(**changes), find_shards(root), folder)
