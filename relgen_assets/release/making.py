"""A whole release, written into a folder: shards, card, what belongs beside it, and manifest.

Batches come in the order of their keys, rows in the order of their shards. The training rows are
made of the complete examples again, as they were when the shards were written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.batch_facts import BatchFacts, batch_part
from relgen_assets.export.card import CARD_FILE
from relgen_assets.export.configs import CONFIGS, FULL, DatasetConfig
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import merged
from relgen_assets.export.shards import Shard, find_shards, full_rows
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.release.compaction import SHARD_BYTES, CompactedShards, RowFile
from relgen_assets.release.contents import (
    PROVENANCE_FILE,
    Provenance,
    Tables,
    Tally,
    choose,
    ledger_keys,
)
from relgen_assets.release.manifest import (
    MANIFEST_FILE,
    Manifest,
    describe,
    files_of,
    written_by,
)
from relgen_assets.release.release_card import dataset_info, release_card
from relgen_assets.rows.arrow import arrow_schema, to_table
from resources import storage
from resources.progress import BOARD

ToTable = Callable[[DatasetConfig, Sequence[FullExample], BatchFacts], pa.Table]
"""Makes the rows of a config, of examples and the counts over their whole batch; those of `full`
carry their facts as schema metadata."""


def _as_they_are(_batches: Sequence[str]) -> dict[str, Split]:
    return {}


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """What a release is made of.

    Attributes:
        tables: The stored tables of the batches, which know the keys of the ledger.
        to_table: Makes the rows of a config.
        write_card: Writes the card and the files beside it into a folder; returns the card.
        relgen: Version of relgen.
        rules: Version of the rules that judged all answers.
        every_row: Whether rows that may not be published are kept.
        shard_bytes: Size at which a file is ended.
        regrouped: Gives the split of articles that have versions of themselves in these batches;
            all versions are in one split of the release.
    """

    tables: Tables
    to_table: ToTable
    write_card: Callable[[str], str]
    relgen: str
    rules: str
    every_row: bool = False
    shard_bytes: int = SHARD_BYTES
    regrouped: Callable[[Sequence[str]], Mapping[str, Split]] = _as_they_are


class _Rows:
    """The files of rows of a release that is being written.

    Args:
        order: What the release is made of.
        folder: Where it is written.
        batches: The batches that are added.
    """

    def __init__(self, order: ReleaseOrder, folder: Path, batches: Sequence[str]) -> None:
        self.tally = Tally()
        self._regrouped = order.regrouped(batches)
        self._order, self._folder = order, folder
        self._provenance = RowFile(folder / PROVENANCE_FILE, arrow_schema(Provenance))
        self._shards: dict[tuple[str, Split], CompactedShards] = {}

    def add(self, batch: str, shards: Sequence[Shard]) -> None:
        """Add the rows of one batch; `shards` are its shards of `full`."""
        keys = ledger_keys(self._order.tables, batch)
        whole = batch_part(merged([one.facts for one in shards if one.facts is not None]))
        for shard in shards:
            examples = full_rows([shard])
            chosen = choose(examples, self.tally, every_row=self._order.every_row)
            for split, own in self._by_split(chosen, shard.split).items():
                origins = keys.provenance(own, batch, split, self._order.rules)
                self._provenance.add(to_table(origins, Provenance))
                for config in CONFIGS.values():
                    rows = self._order.to_table(config, own, whole)
                    self._of(config.name, split).add(rows)
                whole = BatchFacts()  # a batch counts once, also if none of its first rows is in

    def _by_split(
        self, examples: Sequence[FullExample], split: Split
    ) -> dict[Split, list[FullExample]]:
        """Return the examples of a shard by the split that they have in the release."""
        found: dict[Split, list[FullExample]] = {}
        for example in examples:
            found.setdefault(self._regrouped.get(example.paper_id, split), []).append(example)
        return found

    def close(self) -> None:
        """End all files."""
        self._provenance.close()
        for shards in self._shards.values():
            shards.close()

    def counted(self) -> dict[str, dict[str, int]]:
        """Return the rows by config and split; only those with rows."""
        counted: dict[str, dict[str, int]] = {}
        for config in CONFIGS:
            for split in SPLITS:
                if rows := self._of(config, split).rows:
                    counted.setdefault(config, {})[split] = rows
        return counted

    def _of(self, config: str, split: Split) -> CompactedShards:
        place = self._folder / config / split
        return self._shards.setdefault(
            (config, split), CompactedShards(place, self._order.shard_bytes)
        )


def write_release(order: ReleaseOrder, shards: Sequence[Shard], folder: Path) -> Manifest:
    """Write a release into an empty folder and return its manifest.

    Args:
        order: What it is made of.
        shards: The shards of the dataset; only those of `full` are read.
        folder: The empty folder.

    Raises:
        DatasetError: A shard cannot be read, or no row may be in the release.
        StorageError: A table is missing, or a file cannot be written.
    """
    batches = _by_batch(shards)
    try:
        rows = _Rows(order, folder, list(batches))
        with BOARD.begin("released batches", len(batches)) as task:
            for batch, own in batches.items():
                rows.add(batch, own)
                task.advance()
        if not rows.tally.rows:
            raise _nothing(rows.tally)
        rows.close()
        _write_companions(order, rows.tally, folder)
        manifest = Manifest(
            relgen=order.relgen,
            rules=order.rules,
            writer=written_by(),
            every_row=order.every_row,
            batches=list(batches),
            models=sorted(rows.tally.models),
            rows=rows.counted(),
            left_out={} if order.every_row else dict(sorted(rows.tally.unpublishable.items())),
            files=[describe(path, file) for path, file in files_of(folder).items()],
        )
    except OSError as error:
        raise storage.storage_error("the release cannot be written", str(folder), error) from error
    storage.write_atomic(str(folder / MANIFEST_FILE), manifest.encoded())
    return manifest


def _by_batch(shards: Sequence[Shard]) -> dict[str, list[Shard]]:
    """Return the shards of `full` by batch, both in order."""
    found: dict[str, list[Shard]] = {}
    for shard in shards:
        if shard.config == FULL.name:
            found.setdefault(shard.partition, []).append(shard)
    return {
        batch: sorted(found[batch], key=lambda one: SPLITS.index(one.split))
        for batch in sorted(found)
    }


def _write_companions(order: ReleaseOrder, tally: Tally, folder: Path) -> None:
    card = order.write_card(str(folder))
    info = dataset_info(find_shards(str(folder)))
    text = release_card(card, info, tally, every_row=order.every_row)
    (folder / CARD_FILE).write_bytes(text.encode("utf-8"))


def _nothing(tally: Tally) -> DatasetError:
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in tally.unpublishable.items())
    if not reasons:
        return DatasetError("there are no rows to release.", remedy="Make batches: relgen run")
    return DatasetError(
        f"no row may be published: {reasons}.",
        remedy="Name the licence of the articles in the source or in source.licence, the terms of"
        " your model in rights.models (docs/licences.md), and run `relgen run` again, which asks"
        " nothing; or keep every row, for yourself, with --all.",
    )
