"""Copies of a dataset in other files: JSON lines, CSV, and the folder that mlx-lm reads.

Rows are read from the shards one at a time, so that memory does not grow with the dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from relgen_assets.domain_errors import DatasetError, StorageError
from relgen_assets.export.configs import CONFIGS, DEFAULT
from relgen_assets.export.row_files import row_file
from relgen_assets.export.shards import Shard, find_shards, stored_rows
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rows.models import StudentPrompt, TableRow
from resources import storage

Format = Literal["jsonl", "csv", "mlx"]

_MLX_CONFIG: Final = "chat"
_MLX_NAMES: Final[Mapping[Split, str]] = {"train": "train", "validation": "valid", "test": "test"}
"""What mlx-lm calls the splits."""
_VARIANT: Final = "variant"
"""Column that says which student prompt a row of `prompts` has."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written.

    Attributes:
        rows: Number of its rows.
    """

    file: Path
    rows: int


def default_config(form: Format) -> str:
    """Return the config that is exported when none is named."""
    return {"mlx": _MLX_CONFIG, "jsonl": DEFAULT.name, "csv": "core"}[form]


def export(root: str, folder: Path, form: Format, config: str) -> list[Exported]:
    """Write a config to a folder, one file for each split that has rows.

    Files of an earlier export to the folder are replaced, and removed where a split has no rows.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        folder: Where to write; made if it does not exist.
        form: `mlx`: `train.jsonl`, `valid.jsonl` and `test.jsonl`; `jsonl`, `csv`: a file named
            after each split. CSV has nested values as JSON, and of `prompts` a folder for each of
            the six prompts.
        config: The config, for mlx one with conversations or with plain prompts.

    Raises:
        DatasetError: There is no such config, it has no rows, or a shard cannot be read.
        StorageError: The dataset cannot be listed, or a file cannot be written.
    """
    if config not in CONFIGS:
        raise DatasetError(
            "the dataset has no such config.", where=config, remedy=f"Name one of {_listed()}."
        )
    shards = [shard for shard in find_shards(root) if shard.config == config]
    if not shards:
        raise DatasetError(
            f"the config {config} has no rows.",
            where=storage.shown(root),
            remedy="Make a batch with `relgen run`, or export another config.",
        )
    if form == "mlx" and not _suits_mlx(shards[0].row):
        raise DatasetError(
            f"mlx-lm cannot train on the config {config}.",
            where="--config",
            remedy=f"Export {_MLX_CONFIG}, or another config of conversations or of plain prompts.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [one for split in SPLITS for one in _split(shards, split, folder, form)]
    except OSError as error:
        raise StorageError(
            f"the export cannot be written: {error.strerror or error}.",
            where=str(error.filename or folder),
            remedy="Choose another folder, or correct its permissions.",
        ) from error


def _suits_mlx(row: type[TableRow]) -> bool:
    """Return whether mlx-lm takes such rows: it wants prompts as text, and messages whole."""
    fields = row.model_fields
    return "messages" in fields or ("prompt" in fields and fields["prompt"].annotation is str)


def _split(shards: Sequence[Shard], split: Split, folder: Path, form: Format) -> list[Exported]:
    """Write one split, and remove what an earlier export left where it has no rows now."""
    parts = [shard for shard in shards if shard.split == split]
    name = f"{_MLX_NAMES[split]}.jsonl" if form == "mlx" else f"{split}.{form}"
    variants = get_args(StudentPrompt) if form == "csv" and _has_variants(shards) else ()
    # An earlier export may have had another form.
    stale = [folder / name, *(folder / one / name for one in get_args(StudentPrompt))]
    files = {one: folder / one / name for one in variants} or {None: folder / name}
    for file in stale:
        if not parts or file not in files.values():
            file.unlink(missing_ok=True)
    if not parts:
        return []
    rows = (row for shard in parts for row in stored_rows(shard))
    columns = [one for one in parts[0].row.model_fields if not (variants and one == _VARIANT)]
    with ExitStack() as opened:
        writers = {
            key: opened.enter_context(row_file(file, None if form != "csv" else columns))
            for key, file in files.items()
        }
        for row in rows:
            writers[row.pop(_VARIANT) if variants else None].write(row)
    return [Exported(files[key], writer.rows) for key, writer in writers.items()]


def _has_variants(shards: Sequence[Shard]) -> bool:
    return any(_VARIANT in shard.row.model_fields for shard in shards)


def _listed() -> str:
    return ", ".join(CONFIGS)
