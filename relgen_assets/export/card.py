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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.attribution import write_attribution
from relgen_assets.export.card_text import card_text
from relgen_assets.export.configs import CONFIGS
from relgen_assets.export.shards import SUFFIX, Shard, find_shards
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
        incomplete: Batches whose row counts differ between configs. Either a run is writing them
            now, or it died while writing and they have to be materialised again.
        text: The card itself.
    """

    url: str
    rows: dict[str, dict[Split, int]]
    partitions: int
    articles: int
    incomplete: list[str]
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
    shards = find_shards(root)
    rows: dict[str, dict[Split, int]] = {}
    for shard in shards:
        splits = rows.setdefault(shard.config, {})
        splits[shard.split] = splits.get(shard.split, 0) + shard.rows
    facts = [shard.facts for shard in shards if shard.facts is not None]

    metadata = _metadata(rows, _fingerprint(shards), title=title, licence=licence)
    front_matter = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    text = f"---\n{front_matter}---\n\n" + card_text(rows, facts, title=title, licence=licence)
    url = storage.join(root, CARD_FILE)
    write_attribution(root, shards)
    storage.write_atomic(url, text.encode("utf-8"))
    return CardReport(
        url=url,
        rows=rows,
        partitions=len({shard.partition for shard in shards}),
        articles=sum(one.articles for one in facts),
        incomplete=_incomplete(shards),
        text=text,
    )


def named_configs(card: str) -> list[str]:
    """Return the names of the configs in a card's YAML, in order.

    Raises:
        DatasetError: The card does not begin with YAML.
    """
    try:
        metadata = yaml.safe_load(card.split("---\n")[1])
        return [str(entry["config_name"]) for entry in metadata.get("configs", [])]
    except (IndexError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise DatasetError(
            "the card does not begin with the YAML that names its configs.",
            where=CARD_FILE,
            remedy="Materialise dataset_card again.",
        ) from error


def _incomplete(shards: Sequence[Shard]) -> list[str]:
    """Return the batches whose number of rows differs between configs."""
    found: dict[tuple[str, Split], list[int]] = {}
    for shard in shards:
        found.setdefault((shard.partition, shard.split), []).append(shard.rows)
    return sorted(
        {
            partition
            for (partition, _), rows in found.items()
            if len(rows) < len(CONFIGS) or len(set(rows)) > 1
        }
    )


def _fingerprint(shards: Sequence[Shard]) -> str:
    """Return a short hash that changes whenever a row of the dataset changes."""
    digest = hashlib.sha256()
    for shard in shards:
        facts = shard.facts.digest if shard.facts else ""
        digest.update(f"{shard.config} {shard.split} {shard.partition} {facts}\n".encode())
    return digest.hexdigest()[:12]


def _metadata(
    rows: Mapping[str, Mapping[Split, int]], fingerprint: str, *, title: str, licence: str
) -> dict[str, Any]:
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
    if not rows:
        return metadata
    examples = max(sum(splits.values()) for splits in rows.values())
    size = next((name for limit, name in _SIZES if examples < limit), _LARGER)
    metadata["size_categories"] = [size]
    metadata["configs"] = [
        _config_entry(config, rows[config], fingerprint) for config in CONFIGS if config in rows
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


def _config_entry(config: str, rows: Mapping[Split, int], fingerprint: str) -> dict[str, Any]:
    return {
        "config_name": config,
        # Every key of a config is part of the name of its cache folder; this key says what it is.
        "description": f"{CONFIGS[config].description}; contents {fingerprint}",
        "data_files": [
            {"split": split, "path": f"{config}/{split}/*{SUFFIX}"}
            for split in SPLITS
            if split in rows
        ],
    }
