"""The YAML of the dataset card: what the Hub and `datasets` read of it.

`huggingface_hub.DatasetCardData` would not make this shorter: it needs the same entries in the same
order, and validates neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from relgen_assets.export.about import About
from relgen_assets.export.configs import CONFIGS, FULL
from relgen_assets.export.counts import added, ranked
from relgen_assets.export.footers import UNKNOWN_LANGUAGE, ShardFacts
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rights.licences import UNKNOWN, is_hub_id, licence_of

Files = Mapping[str, Mapping[Split, Sequence[str]]]
"""Files, or patterns of them, by config and split; only those with rows."""
Rows = Mapping[str, Mapping[Split, int]]
"""Rows by config and split; only those with rows."""

LEAST_SHARE: Final = 0.05
"""Share of the rows from which on a language is one of the dataset."""

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
_TASKS: Final = {
    "text-generation": ("prompt_completion", "chat", "alpaca", "prompts", "teacher_messages"),
    "token-classification": ("entities",),
}
"""The Hub's task categories, each with the configs that serve it."""
_TAGS: Final = {
    "entity-extraction": ("entities",),
    "relation-extraction": ("relations",),
    "knowledge-graph": ("relations",),
    "instruction-tuning": ("prompt_completion", "chat", "alpaca"),
    "distillation": ("teacher_messages",),
}
"""Tags, each with the configs that earn it."""
_SYNTHETIC: Final = "synthetic"


def card_metadata(
    about: About, rows: Rows, files: Files, facts: Sequence[ShardFacts], fingerprint: str
) -> dict[str, Any]:
    """Return the front matter, without configs and splits that have no rows.

    `datasets` cannot load a config with an empty split, and refuses outdated row counts, so the
    card contains neither.

    Args:
        about: What the project says.
        rows: Rows by config and split.
        files: Which files hold them.
        facts: The footers of `full`.
        fingerprint: Short hash of the contents.
    """
    metadata: dict[str, Any] = {
        "pretty_name": " ".join(about.title.split()),
        **licence_entries(about.licence),
    }
    if languages := [*about.languages] or languages_in(facts):
        metadata["language"] = languages
    if not files:
        return metadata
    metadata["annotations_creators"] = ["machine-generated"]
    metadata["task_categories"] = _earned(_TASKS, files)
    metadata["tags"] = [*_earned(_TAGS, files), _SYNTHETIC]
    metadata["size_categories"] = [size_category(rows)]
    metadata["configs"] = [
        _config_entry(config, files[config], fingerprint) for config in CONFIGS if config in files
    ]
    metadata["configs"][0]["default"] = True
    return metadata


def languages_in(facts: Sequence[ShardFacts]) -> list[str]:
    """Return the languages of the texts, the most frequent first; rare and uncertain ones not."""
    found = added(facts, "languages")
    least = found.total() * LEAST_SHARE
    return [code for code, count in ranked(found) if code != UNKNOWN_LANGUAGE and count >= least]


def licence_entries(licence: str) -> dict[str, str]:
    """Return the YAML that names a licence; the Hub takes `other` with a name for unlisted ones."""
    known = licence_of(licence)
    for hub_id in (known.id, licence.casefold()):
        if hub_id != UNKNOWN and is_hub_id(hub_id):
            return {"license": hub_id}
    link = {"license_link": known.url} if known.url else {}
    return {"license": "other", "license_name": " ".join(licence.split()), **link}


def size_category(rows: Rows) -> str:
    """Return the Hub's size category of the complete examples."""
    examples = sum(rows.get(FULL.name, {}).values())
    return next((name for limit, name in _SIZES if examples < limit), _LARGER)


def _earned(names: Mapping[str, Iterable[str]], files: Files) -> list[str]:
    return [name for name, configs in names.items() if any(one in files for one in configs)]


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
