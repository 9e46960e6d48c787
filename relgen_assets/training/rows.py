"""The rows that a student is trained on: prompts with their completions, from a dataset folder.

They are rows of the default config, as `datasets` would load them, so a loss is taken on the answer
alone. A row that is too long is left out and counted. Cut at its end, it would teach to break off.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.configs import DEFAULT
from relgen_assets.export.shards import rows_of_split
from relgen_assets.export.splits import Split
from resources import storage

Pair = dict[str, Any]
"""A row: `prompt` and `completion`, both text, or both lists of messages."""

_SPLITS: Final[tuple[Split, Split]] = ("train", "validation")
_WATCHED: Final = 200
"""Most validation rows: they are read again at each checkpoint."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a training reads.

    Attributes:
        train: Rows that are learned.
        validation: Rows whose loss is watched; may be empty.
        left_out: Rows of both that were too long.
    """

    train: Sequence[Pair]
    validation: Sequence[Pair]
    left_out: int = 0

    @property
    def digest(self) -> str:
        """What tells these rows from others, in twelve hexadecimal digits."""
        written = json.dumps([self.train, self.validation], sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    @property
    def is_conversational(self) -> bool:
        """Whether rows are messages, which a chat template writes out."""
        return not isinstance(self.train[0]["prompt"], str)


def read_rows(root: str, *, most: int | None = None, seed: int = 0) -> Rows:
    """Return the rows of a dataset or a release.

    Args:
        root: Its folder; a local path or any fsspec URL.
        most: Most rows to learn, drawn at random; by default all. A tenth as many are watched,
            and never more than 200.
        seed: Another seed draws others.

    Raises:
        DatasetError: It has no rows to learn, its rows are of two kinds, or a shard cannot be read.
        StorageError: The folder cannot be listed.
    """
    train, validation = (list(rows_of_split(root, DEFAULT.name, split)) for split in _SPLITS)
    if not train:
        raise DatasetError(
            "this folder has no rows to train on.",
            where=storage.shown(root),
            remedy="Name the folder of a dataset or of a release with --on, or make rows: relgen"
            " run",
        )
    if len({isinstance(row["prompt"], str) for row in (*train, *validation)}) > 1:
        raise DatasetError(
            f"the config {DEFAULT.name} holds messages and plain text.",
            where=storage.shown(root),
            remedy="Make all batches under the settings of now: relgen run",
        )
    watched = _WATCHED if most is None else min(_WATCHED, max(1, most // 10))
    return Rows(_drawn(train, most, seed), _drawn(validation, watched, seed))


def that_fit(rows: Rows, length: Callable[[Pair], int], longest: int) -> Rows:
    """Return the rows that are at most so long.

    Args:
        rows: All rows.
        length: Tokens of a row, as the student's tokenizer counts them.
        longest: Most tokens of a row.

    Raises:
        DatasetError: None of those to learn is that short.
    """
    train, validation = (
        [row for row in part if length(row) <= longest] for part in (rows.train, rows.validation)
    )
    if not train:
        shortest = min(map(length, rows.train))
        raise DatasetError(
            f"every row is longer than {longest:,} tokens; the shortest has {shortest:,}.",
            where="--max-length",
            remedy="Allow longer rows, or make shorter ones: dataset.max_tokens in the settings.",
        )
    left = len(rows.train) + len(rows.validation) - len(train) - len(validation)
    return Rows(train, validation, rows.left_out + left)


def texts_of(row: Pair) -> Iterator[str]:
    """Yield the texts of a row in their order."""
    for part in (row["prompt"], row["completion"]):
        if isinstance(part, str):
            yield part
        else:
            yield from (message["content"] for message in part)


def _drawn(rows: Sequence[Pair], most: int | None, seed: int) -> list[Pair]:
    """Return some rows in their order."""
    if most is None or most >= len(rows):
        return list(rows)
    chosen = random.Random(seed).sample(range(len(rows)), most)  # noqa: S311 - no secret
    return [rows[number] for number in sorted(chosen)]
