"""The dataset card: README.md, whose YAML tells `datasets` which files make which config and split.

The card is made from the shards that exist, so it can be written after any number of batches. It
names files by glob and carries a fingerprint of the shards' contents. `datasets` compares only the
card to decide whether its cache is current: without a new card, a user who loaded the folder before
gets the old rows. The card's text belongs to `card_text`, the shards to `shards`.

`huggingface_hub.DatasetCardData` would not make this shorter: it needs the same entries in the same
order, and validates neither.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.attribution import write_attribution
from relgen_assets.export.card_text import card_text
from relgen_assets.export.configs import CONFIGS, FULL, expected_rows
from relgen_assets.export.lengths import Lengths, total
from relgen_assets.export.shards import SUFFIX, Shard, survey
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rights.licences import UNKNOWN, is_hub_id, licence_of
from resources import storage

CARD_FILE: Final = "README.md"

_SIZES: Final = [
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
]
"""The Hub's size categories, each with its exclusive upper bound in rows."""
_LARGER: Final = "1B<n<10B"


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


def write_card(root: str, *, title: str, licence: str) -> CardReport:
    """Write the card of a dataset folder from its present shards, and its attribution.

    For the card, only footers are read. The card of a folder without shards has no configs, and
    says so.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        title: Title of the dataset.
        licence: Licence id of the Hub, e.g. `cc-by-4.0` or `other`.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed or the card cannot be written.
    """
    contents = survey(root)
    shards = contents.shards
    rows: dict[str, dict[Split, int]] = {}
    for shard in shards:
        splits = rows.setdefault(shard.config, {})
        splits[shard.split] = splits.get(shard.split, 0) + shard.rows
    facts = [shard.facts for shard in shards if shard.facts is not None]
    files = _names(shards) if contents.outdated else _globs(rows)
    metadata = _metadata(files, _fingerprint(shards), title=title, licence=licence)
    if rows:
        metadata["size_categories"] = [_size(rows)]
    front_matter = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    text = f"---\n{front_matter}---\n\n" + card_text(
        rows, facts, title=title, licence=licence, outdated=len(contents.outdated)
    )
    url = storage.join(root, CARD_FILE)
    write_attribution(root, shards)
    storage.write_atomic(url, text.encode("utf-8"))
    return CardReport(
        url=url,
        rows=rows,
        partitions=len({shard.partition for shard in shards}),
        articles=sum(one.articles for one in facts),
        incomplete=_incomplete(shards),
        outdated=contents.outdated,
        lengths=total(one.lengths for one in facts),
        text=text,
    )


def named_splits(card: str) -> dict[str, set[str]]:
    """Return the configs that a card's YAML names, in order, each with its splits.

    Raises:
        DatasetError: The card does not begin with YAML.
    """
    try:
        metadata = yaml.safe_load(card.split("---\n")[1])
        return {
            str(entry["config_name"]): {str(files["split"]) for files in entry["data_files"]}
            for entry in metadata.get("configs", [])
        }
    except (IndexError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise DatasetError(
            "the card does not begin with the YAML that names its configs.",
            where=CARD_FILE,
            remedy="Materialise dataset_card again.",
        ) from error


def _incomplete(shards: Sequence[Shard]) -> list[str]:
    """Return the batches in which a config has not as many rows as the complete examples make."""
    rows: Counter[tuple[str, Split, str]] = Counter()
    too_long: Counter[tuple[str, Split]] = Counter()
    for shard in shards:
        rows[shard.partition, shard.split, shard.config] += shard.rows
        if shard.facts:
            too_long[shard.partition, shard.split] += shard.facts.lengths.too_long
    return sorted(
        {
            partition
            for partition, split in {(shard.partition, shard.split) for shard in shards}
            for config, expected in expected_rows(
                rows[partition, split, FULL.name], too_long[partition, split]
            ).items()
            if rows[partition, split, config] != expected or not rows[partition, split, FULL.name]
        }
    )


def _fingerprint(shards: Sequence[Shard]) -> str:
    """Return a short hash that changes whenever a row of the dataset changes."""
    digest = hashlib.sha256()
    for shard in shards:
        facts = shard.facts.digest if shard.facts else ""
        digest.update(f"{shard.config} {shard.split} {shard.partition} {facts}\n".encode())
    return digest.hexdigest()[:12]


Files = Mapping[str, Mapping[Split, Sequence[str]]]
"""Files, or patterns of them, by config and split; only those with rows."""


def _globs(rows: Mapping[str, Mapping[Split, int]]) -> Files:
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


def _size(rows: Mapping[str, Mapping[Split, int]]) -> str:
    """Return the Hub's size category of the complete examples."""
    examples = sum(rows.get(FULL.name, {}).values())
    return next((name for limit, name in _SIZES if examples < limit), _LARGER)


def _metadata(files: Files, fingerprint: str, *, title: str, licence: str) -> dict[str, Any]:
    """Return the YAML front matter, without configs and splits that have no rows.

    `datasets` cannot load a config with an empty split, and refuses outdated row counts, so the
    card contains neither.
    """
    metadata: dict[str, Any] = {
        "pretty_name": title,
        **_licence_entries(licence),
        "language": ["en"],
        "task_categories": ["text-generation", "token-classification"],
        "tags": ["relation-extraction", "entity-extraction", "scientific-articles", "synthetic"],
    }
    if not files:
        return metadata
    metadata["configs"] = [
        _config_entry(config, files[config], fingerprint) for config in CONFIGS if config in files
    ]
    metadata["configs"][0]["default"] = True
    return metadata


def _licence_entries(licence: str) -> dict[str, str]:
    """Return the YAML that names a licence; the Hub takes `other` with a name for unlisted ones."""
    known = licence_of(licence)
    for hub_id in (known.id, licence.casefold()):
        if hub_id != UNKNOWN and is_hub_id(hub_id):
            return {"license": hub_id}
    link = {"license_link": known.url} if known.url else {}
    return {"license": "other", "license_name": licence, **link}


def _config_entry(
    config: str, files: Mapping[Split, Sequence[str]], fingerprint: str
) -> dict[str, Any]:
    return {
        "config_name": config,
        # Every key of a config is part of the name of its cache folder; this key says what it is.
        "description": f"{CONFIGS[config].description}; contents {fingerprint}",
        "data_files": [
            {"split": split, "path": files[split][0] if len(files[split]) == 1 else [*files[split]]}
            for split in SPLITS
            if split in files
        ],
    }
