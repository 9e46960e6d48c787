"""The dataset card: README.md, whose YAML tells `datasets` which files make which config and split.

The card is made from the shards that exist, so it can be written after any number of batches. It
names files by glob and carries a fingerprint of the shards' contents. `datasets` compares only the
card to decide whether its cache is current: without a new card, a user who loaded the folder before
gets the old rows. The card's text belongs to `card_text`, its YAML to `card_metadata`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from relgen_assets.domain_errors import DatasetError
from relgen_assets.evaluation.certificate import Certificate
from relgen_assets.export.about import About
from relgen_assets.export.attribution import write_attribution
from relgen_assets.export.card_metadata import Files, Rows, card_metadata
from relgen_assets.export.card_text import card_text
from relgen_assets.export.certificates import stored_certificate
from relgen_assets.export.citation import CITATION_FILE, citation
from relgen_assets.export.configs import FULL, expected_rows
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.front_matter import headed, parted
from relgen_assets.export.lengths import Lengths, total
from relgen_assets.export.plots import LENGTHS_FILE, lengths_png
from relgen_assets.export.shards import SUFFIX, Contents, Shard, survey
from relgen_assets.export.splits import Split
from resources import storage

CARD_FILE: Final = "README.md"


@dataclass(frozen=True, slots=True)
class CardReport:
    """A written card, and the counts in it.

    Attributes:
        url: Path or URL of the card.
        rows: Examples by config and split; only those with examples.
        partitions: Number of batches with at least one example.
        articles: Number of articles with at least one example.
        incomplete: Batches whose row counts do not fit together. Either a run is writing them
            now, or it died while writing and they have to be materialised again.
        outdated: Batches that another version wrote. The card leaves out their files, since the
            folder would not load with them, until they are materialised again.
        lengths: How long the training rows are.
        text: The card itself.
    """

    url: str
    rows: dict[str, dict[Split, int]]
    partitions: int
    articles: int
    incomplete: list[str]
    outdated: list[str]
    lengths: Lengths
    text: str

    @property
    def body(self) -> str:
        """The card as a page shows it: its YAML is for programs."""
        return parted(self.text)[1]


def write_card(root: str, *, title: str, licence: str) -> CardReport:
    """Write a card that says no more of the project than this; see `describe`."""
    return describe(root, About(title, licence))


def describe(root: str, about: About, *, grows: bool = True) -> CardReport:
    """Write the card of a dataset folder from its present shards, and the files it goes with.

    For the card only footers are read; for the attribution also authors and titles. The card of a
    folder without shards has no configs, and says so.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        about: What the project says of its dataset.
        grows: Whether files are added to the folder later; they are not to a release.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed or the card cannot be written.
    """
    contents = survey(root)
    shards, facts = contents.shards, facts_among(contents.shards)
    text = card_of(contents, about, stored_certificate(root), grows=grows)
    url = storage.join(root, CARD_FILE)
    write_attribution(root, shards)
    written = citation(about, fingerprint_of(shards))
    storage.write_atomic(storage.join(root, CITATION_FILE), written.encode("utf-8"))
    if facts:
        storage.write_atomic(storage.join(root, LENGTHS_FILE), lengths_png(facts))
    storage.write_atomic(url, text.encode("utf-8"))
    return CardReport(
        url=url,
        rows=_rows(shards),
        partitions=len({shard.partition for shard in shards}),
        articles=sum(one.articles for one in facts),
        incomplete=_incomplete(shards),
        outdated=contents.outdated,
        lengths=total(one.lengths for one in facts),
        text=text,
    )


def card_of(
    contents: Contents,
    about: About,
    certificate: Certificate | None = None,
    *,
    grows: bool = True,
) -> str:
    """Return the card of a folder with these contents.

    Args:
        contents: What the folder holds.
        about: What the project says of its dataset.
        certificate: What the models behind it are worth, if that was measured.
        grows: Whether files are added to the folder later; they are not to a release.
    """
    shards, facts = contents.shards, facts_among(contents.shards)
    rows = _rows(shards)
    files = _names(shards) if contents.outdated else _globs(rows)
    fingerprint = fingerprint_of(shards)
    metadata = card_metadata(about, rows, files, facts, fingerprint)
    text = card_text(
        about,
        rows,
        facts,
        fingerprint,
        outdated=len(contents.outdated),
        certificate=certificate,
        grows=grows,
    )
    return headed(metadata, text)


def facts_among(shards: Sequence[Shard]) -> list[ShardFacts]:
    """Return the facts in the footers of the shards of `full`."""
    return [shard.facts for shard in shards if shard.facts is not None]


def named_splits(card: str) -> dict[str, set[str]]:
    """Return the configs that a card's YAML names, in order, each with its splits.

    Raises:
        DatasetError: The card does not begin with YAML.
    """
    try:
        metadata, _ = parted(card)
        return {
            str(entry["config_name"]): {str(files["split"]) for files in entry["data_files"]}
            for entry in metadata.get("configs", [])
        }
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise DatasetError(
            "the card does not begin with the YAML that names its configs.",
            where=CARD_FILE,
            remedy="Materialise dataset_card again.",
        ) from error


def _rows(shards: Sequence[Shard]) -> dict[str, dict[Split, int]]:
    rows: dict[str, dict[Split, int]] = {}
    for shard in shards:
        splits = rows.setdefault(shard.config, {})
        splits[shard.split] = splits.get(shard.split, 0) + shard.rows
    return rows


def _incomplete(shards: Sequence[Shard]) -> list[str]:
    """Return the batches in which a config has not as many rows as the complete examples make."""
    rows: Counter[tuple[str, Split, str]] = Counter()
    lengths: defaultdict[tuple[str, Split], Lengths] = defaultdict(Lengths)
    for shard in shards:
        rows[shard.partition, shard.split, shard.config] += shard.rows
        if shard.facts:
            lengths[shard.partition, shard.split] += shard.facts.lengths
    return sorted(
        {
            partition
            for partition, split in {(shard.partition, shard.split) for shard in shards}
            for config, expected in expected_rows(
                rows[partition, split, FULL.name], lengths[partition, split]
            ).items()
            if rows[partition, split, config] != expected or not rows[partition, split, FULL.name]
        }
    )


def fingerprint_of(shards: Sequence[Shard]) -> str:
    """Return a short hash that changes whenever a row of the dataset changes."""
    digest = hashlib.sha256()
    for shard in shards:
        facts = shard.facts.digest if shard.facts else ""
        digest.update(f"{shard.config} {shard.split} {shard.partition} {facts}\n".encode())
    return digest.hexdigest()[:12]


def _globs(rows: Rows) -> Files:
    return {
        config: {split: [f"{config}/{split}/*{SUFFIX}"] for split in splits}
        for config, splits in rows.items()
    }


def _names(shards: Sequence[Shard]) -> Files:
    """Return the shards by name, for a folder that also holds files that do not load with them."""
    found: dict[str, dict[Split, list[str]]] = {}
    for shard in shards:
        name = f"{shard.config}/{shard.split}/{shard.partition}{SUFFIX}"
        found.setdefault(shard.config, {}).setdefault(shard.split, []).append(name)
    return found
