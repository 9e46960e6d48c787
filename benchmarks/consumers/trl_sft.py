"""What TRL's `SFTTrainer` learns of a dataset: which tokens it takes a loss on, row by row.

    CONSUMER/bin/python -m benchmarks.consumers.trl_sft DATASET [--max-length 2048]

The trainer itself prepares the rows, with its defaults, with assistant-only loss, and with the
`max_length` that the card names. *Whole* is the share of rows whose answer is trained to its last
character, *answer* the share of all loss tokens that belong to an answer, with the line break
before it and the end of its turn.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import datasets
import transformers
import trl

from relgen_assets_tests.consumers.trl_learning import documented_length, learned, made_tokenizer


def main() -> None:
    """Print a table of what is learned of each config."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--max-length", type=int, help="by default what the card says")
    options = parser.parse_args()
    length = options.max_length or documented_length(options.dataset) or 4_096

    def load(config: str | None) -> datasets.Dataset:
        return datasets.load_dataset(str(options.dataset), config, split="train")

    names = datasets.get_dataset_config_names(str(options.dataset))
    full = load("full")
    column = "chunk" if "chunk" in full.column_names else "text"
    tokenizer = made_tokenizer(
        text for row in full for text in (row[column], row["extraction"], row["summary"])
    )
    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    print(f"TRL {trl.__version__}, {len(full)} rows, documented max_length {length}\n")
    print("| config, settings | rows kept | whole answers | loss tokens a row | of them answer |")
    print("|---|---|---|---|---|")
    print(learned(load(None), tokenizer).line("no config named, all defaults"))
    print(learned(load(None), tokenizer, max_length=length).line(f"the same, max_length={length}"))
    for config in ("messages", "teacher_messages", "chat"):
        if config in names:
            rows = load(config)
            title = f"{config}, assistant-only loss"
            print(learned(rows, tokenizer, assistant_only_loss=True).line(title))
            at_length = learned(rows, tokenizer, assistant_only_loss=True, max_length=length)
            print(at_length.line(f"the same, max_length={length}"))


if __name__ == "__main__":
    main()
