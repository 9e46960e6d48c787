"""What Axolotl's own chat-template strategy labels, by the `axolotl.yaml` of the dataset folder.

    axolotl/bin/python -m benchmarks.consumers.axolotl_strategy DATASET FOLDER

FOLDER is what `exported` wrote. Only the strategy runs, not the trainer, which cannot be installed
without a GPU's libraries; rows longer than `sequence_len` are left out here as Axolotl leaves them.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from axolotl.prompt_strategies.chat_template import load
from axolotl.utils.dict import DictDefault
from transformers import AutoTokenizer

from benchmarks.consumers.loss_tokens import HEADER, Loss, json_lines, trained_ids


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    folder: Path = options.folder
    shipped = yaml.safe_load((options.dataset / "axolotl.yaml").read_text(encoding="utf-8"))
    answers = [row["messages"][-1]["content"] for row in json_lines(folder / "chat.jsonl")]
    title, length = f"Axolotl {version('axolotl')}", shipped["sequence_len"]
    print(HEADER)
    for file, what, limit in (
        ("before", "before: `messages`, `sequence_len: 2048`", 2_048),
        ("chat", f"after: `chat`, the shipped `axolotl.yaml` (`sequence_len: {length}`)", length),
    ):
        rows = json_lines(folder / f"{file}.jsonl")
        found = _learned(rows, answers, {**shipped, "sequence_len": limit}, folder)
        print(found.line(title, what), flush=True)


def _learned(
    rows: list[dict[str, Any]], answers: list[str], configuration: dict[str, Any], folder: Path
) -> Loss:
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder / "tokenizer"))
    settings = DictDefault(configuration)
    strategy = load(tokenizer, settings, settings.datasets[0])
    found = Loss(rows=len(rows))
    for row, answer in zip(rows, answers, strict=True):
        made = strategy.tokenize_prompt(row)
        if len(made["input_ids"]) <= settings.sequence_len:
            found.add(trained_ids(made["input_ids"], made["labels"]), answer, tokenizer.decode)
    return found


if __name__ == "__main__":
    main()
