"""What mlx-lm's own loader and batches take a loss on, of conversations and of bare texts.

    mlx/bin/python -m benchmarks.consumers.mlx_loader FOLDER

FOLDER is what `exported` wrote. mlx-lm cuts rows at `--max-seq-length`, 2,048 by default, when it
makes batches; without `--mask-prompt` it takes a loss on everything.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlx_lm
from mlx_lm.tuner.datasets import CacheDataset, create_dataset
from mlx_lm.tuner.trainer import iterate_batches
from transformers import AutoTokenizer

from benchmarks.consumers.loss_tokens import HEADER, Loss, json_lines

_DEFAULT = 2_048


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    tokenizer = AutoTokenizer.from_pretrained(str(folder / "tokenizer"))
    length = int((folder / "length.txt").read_text())
    answers = [row["messages"][-1]["content"] for row in json_lines(folder / "chat.jsonl")]
    title = f"mlx-lm {mlx_lm.__version__}"
    print(HEADER)
    for file, what, masked, limit in (
        ("text", "before: bare `text`, defaults", False, _DEFAULT),
        ("before", "before: `messages`, `--mask-prompt`", True, _DEFAULT),
        ("chat", "after: `chat`, defaults", False, _DEFAULT),
        ("chat", f"after: `chat`, `--mask-prompt --max-seq-length {length}`", True, length),
    ):
        rows = json_lines(folder / f"{file}.jsonl")
        made = CacheDataset(create_dataset(rows, tokenizer, SimpleNamespace(mask_prompt=masked)))
        print(_learned(made, answers, tokenizer, limit).line(title, what), flush=True)


def _learned(made: Any, answers: list[str], tokenizer: Any, limit: int) -> Loss:
    """Return what its batches of one row take a loss on, in the order of the rows."""
    found = Loss(rows=len(answers))
    for number, answer in enumerate(answers):
        one = [made[number]]
        ids, bounds = next(iterate_batches(one, 1, limit))
        start, end = bounds[0].tolist()
        # Its loss is on the tokens after these positions, up to the end and with it.
        found.add(ids[0].tolist()[max(start, 1) : end], answer, tokenizer.decode)
    return found


if __name__ == "__main__":
    main()
