"""Proof that a dataset folder is sound: it loads, and no article is in two splits.

Everything is read from the files themselves, not from what their writers reported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.card import CARD_FILE, named_splits
from relgen_assets.export.configs import FULL
from relgen_assets.export.shards import Shard, find_shards, read_column
from relgen_assets.export.splits import Split
from resources import storage

_PATTERN_REMEDY: Final = (
    "Use a folder whose path has no '*', '?', '[' or ']': `datasets` treats them as patterns."
)


def article_places(root: str, partition: str | None = None) -> dict[str, set[tuple[Split, str]]]:
    """Return the splits and batches of every article that has rows, by the id of the article.

    Args:
        root: Folder of the dataset.
        partition: Look at the shards of this batch only.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed.
    """
    places: dict[str, set[tuple[Split, str]]] = {}
    for shard in find_shards(root, partition):
        if shard.config == FULL.name:  # the others do not name their articles
            for paper_id in set(read_column(shard, "paper_id")):
                places.setdefault(paper_id, set()).add((shard.split, shard.partition))
    return places


def in_two_splits(places: Mapping[str, Set[tuple[Split, str]]]) -> list[str]:
    """Return the ids of articles that are in more than one split, sorted."""
    return sorted(one for one, found in places.items() if len({split for split, _ in found}) > 1)


def in_two_batches(places: Mapping[str, Set[tuple[Split, str]]]) -> list[str]:
    """Return the ids of articles that more than one batch has written, sorted.

    This happens when the batch size changes and the files of the old batches remain: their examples
    are then in the dataset twice.
    """
    return sorted(one for one, found in places.items() if len({batch for _, batch in found}) > 1)


def loads(root: str, shards: Sequence[Shard]) -> dict[tuple[str, str], int]:
    """Load every config with `datasets`, as a user would, and return the rows of each split.

    `datasets` finds the files of each split by the card and loads the first of them. The columns
    and row counts of the others are known from their footers (`shards`), so the time hardly grows
    with the dataset. Their rows were read by the check of their batch.

    The user's cache is neither read nor written. The needed files of a remote folder are copied to
    a temporary one first.

    Args:
        root: Folder of the dataset.
        shards: All its shards, from `find_shards`.

    Returns:
        Rows by config and split; empty for a folder whose card names no configs.

    Raises:
        DatasetError: There is no card, or `datasets` cannot load the folder; the message quotes
            its error.
    """
    import datasets  # takes seconds, too long for loading Dagster's definitions

    rows: dict[tuple[str, str], int] = {}
    with (
        tempfile.TemporaryDirectory(prefix="relgen-loads-") as scratch,
        _quiet_progress(),
    ):
        folder = _local_folder(root, shards, Path(scratch) / "dataset")
        if not (folder / CARD_FILE).is_file():
            raise DatasetError(
                "the dataset has no card, without which it cannot be loaded.",
                where=storage.shown(root),
                remedy="Materialise dataset_card.",
            )
        rows_by_name = {_name(shard.url): shard.rows for shard in shards}
        try:
            named = named_splits((folder / CARD_FILE).read_text(encoding="utf-8"))
            for config, promised in named.items():
                splits = _load(folder, config, rows_by_name, str(Path(scratch) / "cache"))
                if gone := sorted(promised - splits.keys()):  # `datasets` says nothing
                    raise ValueError(f"{config} has no files of the split {', '.join(gone)}")
                rows.update({(config, split): count for split, count in splits.items()})
        except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError) as error:
            raise DatasetError(
                f"the dataset cannot be loaded: {error}.",
                where=storage.shown(root),
                remedy=_PATTERN_REMEDY
                if any(sign in str(folder) for sign in "*?[]")
                else "Materialise dataset_card again; when that does not help, the batch named.",
            ) from error
    return rows


def _load(folder: Path, config: str, rows_by_name: Mapping[str, int], cache: str) -> dict[str, int]:
    """Load the first file of every split of a config, and return the rows of all its files."""
    import datasets

    builder = datasets.load_dataset_builder(str(folder), config, cache_dir=cache)
    promised = {split: info.num_examples for split, info in (builder.info.splits or {}).items()}
    files = {  # a shard that another run is writing is checked with its own card
        str(split): known
        for split, urls in builder.config.data_files.items()
        if (known := [url for url in urls if _name(url) in rows_by_name])
    }
    rows = {split: sum(rows_by_name[_name(url)] for url in urls) for split, urls in files.items()}
    if promised and promised != rows:
        raise ValueError(f"the card promises {promised} rows of {config}, there are {rows}")
    builder.config.data_files = {split: urls[:1] for split, urls in files.items()}
    builder.download_and_prepare(verification_mode="no_checks")  # these are not all the rows
    for split, table in builder.as_dataset().items():
        first = _name(files[split][0])
        if table.num_rows != rows_by_name[first]:
            raise ValueError(f"{first} has {table.num_rows} rows, not {rows_by_name[first]}")
    return rows


def _name(url: str) -> str:
    """Return the path of a shard within its dataset: config, split and file."""
    return "/".join(url.split("/")[-3:])


def _local_folder(root: str, shards: Sequence[Shard], target: Path) -> Path:
    """Return a local folder that `datasets` can load: `root` itself, or a skeleton of it.

    The skeleton holds the card, the first shard of every split, and empty files for the rest.
    """
    filesystem, path = fsspec.core.url_to_fs(root)
    if isinstance(filesystem, LocalFileSystem):
        return Path(path)
    seen: set[tuple[str, str]] = set()
    for shard in shards:
        place = (shard.config, shard.split)
        copy = target / _name(shard.url)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(b"" if place in seen else storage.read_bytes(shard.url))
        seen.add(place)
    card = storage.join(root, CARD_FILE)
    if storage.exists(card):
        target.mkdir(exist_ok=True)
        (target / CARD_FILE).write_bytes(storage.read_bytes(card))
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
