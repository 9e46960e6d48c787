"""Copies of a dataset in other files: JSON lines, CSV, and the folder that mlx-lm reads.

Rows are read from the shards one at a time, so that memory does not grow with the dataset.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from relgen_assets.domain_errors import DatasetError, StorageError
from relgen_assets.export.configs import CONFIGS, DEFAULT
from relgen_assets.export.shards import Shard, find_shards, stored_rows
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rows.models import TableRow
from resources import storage

Format = Literal["jsonl", "csv", "mlx"]

_MLX_CONFIG: Final = "chat"
_MLX_NAMES: Final[Mapping[Split, str]] = {"train": "train", "validation": "valid", "test": "test"}
"""What mlx-lm calls the splits."""


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
            after each split. CSV has nested values as JSON.
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
        return [one for split in SPLITS if (one := _split(shards, split, folder, form)) is not None]
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


def _split(shards: Iterable[Shard], split: Split, folder: Path, form: Format) -> Exported | None:
    name = _MLX_NAMES[split] if form == "mlx" else split
    file = folder / f"{name}.{'csv' if form == 'csv' else 'jsonl'}"
    parts = [shard for shard in shards if shard.split == split]
    if not parts:
        file.unlink(missing_ok=True)
        return None
    rows = (row for shard in parts for row in stored_rows(shard))
    with _replaced(file) as out:
        if form == "csv":
            return Exported(file, _write_csv(out, [*parts[0].row.model_fields], rows))
        return Exported(file, _write_lines(out, rows))


def _write_lines(out: TextIO, rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(out: TextIO, columns: list[str], rows: Iterable[dict[str, Any]]) -> int:
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow({column: _cell(value) for column, value in row.items()})
        count += 1
    return count


def _cell(value: Any) -> Any:
    nested = isinstance(value, (list, dict))
    return json.dumps(value, ensure_ascii=False) if nested else value


@contextmanager
def _replaced(file: Path) -> Iterator[TextIO]:
    """Open a file that takes the place of another when it is complete."""
    part = file.with_name(f"{file.name}.part")
    try:
        # csv wants its own line ends; JSON lines have none of Windows either.
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _listed() -> str:
    return ", ".join(CONFIGS)
