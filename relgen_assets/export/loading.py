"""Proof that a dataset folder is what it should be: it loads, and no article is in two splits.

Everything is asked of the files themselves, not of what the writers reported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from relgen_assets.errors import DatasetError
from relgen_assets.export.card import CARD_FILE, named_configs
from relgen_assets.export.shards import CONFIGS, SUFFIX, Shard, find_shards, read_column
from relgen_assets.export.splits import SPLITS, Split
from resources import storage

_PATTERN_REMEDY: Final = (
    "Use a folder whose path has no '*', '?', '[' or ']': `datasets` takes them for patterns."
)


def articles_in_two_splits(root: str, partition: str | None = None) -> list[str]:
    """Return the ids of articles that are in more than one split, sorted; none when all is well.

    Args:
        root: Folder of the dataset.
        partition: Look at the shards of this batch only.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed.
    """
    splits: dict[str, set[Split]] = {}
    for shard, paper_ids in _articles(root, partition):
        for paper_id in paper_ids:
            splits.setdefault(paper_id, set()).add(shard.split)
    return sorted(paper_id for paper_id, found in splits.items() if len(found) > 1)


def articles_in_two_batches(root: str) -> list[str]:
    """Return the ids of articles that more than one batch has written, sorted.

    That happens when the batch size is changed and the files of the old batches stay: their
    examples are in the dataset twice.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed.
    """
    batches: dict[str, set[str]] = {}
    for shard, paper_ids in _articles(root):
        for paper_id in paper_ids:
            batches.setdefault(paper_id, set()).add(shard.partition)
    return sorted(paper_id for paper_id, found in batches.items() if len(found) > 1)


def loads(root: str) -> dict[tuple[str, str], int]:
    """Load every config with `datasets`, as a user would, and return the rows of each split.

    Nothing is taken from the user's cache and nothing is left in it. All files are read: the time
    grows with the dataset. A folder that is not local is copied to a temporary one first.

    Returns:
        Rows by config and split; empty for a folder whose card names no configs.

    Raises:
        DatasetError: There is no card, or `datasets` cannot load the folder; the message says what
            it said.
    """
    import datasets  # takes seconds, which loading Dagster's definitions must not pay

    rows: dict[tuple[str, str], int] = {}
    with (
        tempfile.TemporaryDirectory(prefix="relgen-loads-") as scratch,
        _quiet_progress(),
    ):
        folder = _local_copy(root, Path(scratch) / "dataset")
        if not (folder / CARD_FILE).is_file():
            raise DatasetError(
                "the dataset has no card, without which it cannot be loaded.",
                where=storage.shown(root),
                remedy="Materialise dataset_card.",
            )
        try:
            for config in named_configs((folder / CARD_FILE).read_text(encoding="utf-8")):
                loaded = datasets.load_dataset(
                    str(folder), config, cache_dir=str(Path(scratch) / "cache")
                )
                for split, table in loaded.items():
                    rows[config, str(split)] = table.num_rows
        except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError) as error:
            raise DatasetError(
                f"the dataset cannot be loaded: {error}.",
                where=storage.shown(root),
                remedy=_PATTERN_REMEDY
                if any(sign in str(folder) for sign in "*?[]")
                else "Materialise dataset_card again; when that does not help, the batch named.",
            ) from error
    return rows


def _articles(root: str, partition: str | None = None) -> Iterator[tuple[Shard, set[str]]]:
    """Yield each shard that names its articles, with their ids."""
    for shard in find_shards(root, partition):
        if shard.config == "full":
            yield shard, set(read_column(shard, "paper_id"))


def _local_copy(root: str, target: Path) -> Path:
    """Return a local folder with the card and shards of `root`: itself when it is local."""
    filesystem, path = fsspec.core.url_to_fs(root)
    if isinstance(filesystem, LocalFileSystem):
        return Path(path)
    names = [CARD_FILE] if storage.exists(storage.join(root, CARD_FILE)) else []
    for config in CONFIGS:
        for split in SPLITS:
            folder = storage.join(root, config, split)
            names += [f"{config}/{split}/{name}" for name in storage.list_files(folder, SUFFIX)]
    for name in names:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(storage.read_bytes(storage.join(root, name)))
    return target


@contextmanager
def _quiet_progress() -> Iterator[None]:
    """Keep the progress bars of `datasets` out of the logs of a run."""
    import datasets

    was_quiet = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if not was_quiet:
            datasets.enable_progress_bars()
