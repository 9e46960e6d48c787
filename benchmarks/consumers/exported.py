"""Writes what consumers read besides the dataset folder: JSON lines, and a tokenizer.

    trl/bin/python -m benchmarks.consumers.exported DATASET FOLDER

`chat.jsonl` and `alpaca.jsonl` are rows of the split `train`. `before.jsonl` and `text.jsonl` hold
the same rows as the dataset had them before it had training formats: the conversation with the
teacher, and bare texts in a column `text`. Needs TRL, for the chat template.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import datasets

from relgen_assets_tests.consumers.trl_learning import documented_length, made_tokenizer


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    out: Path = options.folder
    out.mkdir(parents=True, exist_ok=True)

    def rows(config: str) -> list[dict[str, Any]]:
        return list(datasets.load_dataset(str(options.dataset), config, split="train"))

    core = rows("core")
    texts = [text for row in core for text in row.values()]
    made_tokenizer(iter(texts)).save_pretrained(str(out / "tokenizer"))
    _write(out / "chat.jsonl", rows("chat"))
    _write(out / "alpaca.jsonl", rows("alpaca"))
    _write(out / "before.jsonl", rows("teacher_messages"))
    _write(out / "text.jsonl", [{"text": row["chunk"]} for row in core])
    (out / "length.txt").write_text(str(documented_length(options.dataset)))


def _write(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
