"""What LLaMA-Factory's own loader labels, of the dataset folder as its `dataset_dir`.

    llamafactory/bin/python -m benchmarks.consumers.llamafactory_loader DATASET FOLDER

FOLDER is what `exported` wrote. The loader cuts prompt and answer in proportion at `cutoff_len`,
2,048 by default, so a cut row loses the end of both.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["DISABLE_VERSION_CHECK"] = "1"

from llamafactory import extras
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import DataArguments
from transformers import AutoTokenizer, Seq2SeqTrainingArguments

from benchmarks.consumers.loss_tokens import HEADER, Loss, json_lines, trained_ids

_DEFAULT = 2_048
_SHAREGPT = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    },
}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    length = int((folder / "length.txt").read_text())
    answers = [row["messages"][-1]["content"] for row in json_lines(folder / "chat.jsonl")]
    (folder / "dataset_info.json").write_text(
        json.dumps({"before": {"file_name": "before.jsonl", **_SHAREGPT}})
    )
    title = f"LLaMA-Factory {extras.env.VERSION}"
    print(HEADER)
    for place, name, what, limit in (
        (folder, "before", "before: `messages`, defaults", _DEFAULT),
        (options.dataset, "relgen_chat", "after: `chat`, defaults", _DEFAULT),
        (options.dataset, "relgen_chat", f"after: `chat`, `cutoff_len: {length}`", length),
        (options.dataset, "relgen", f"after: `alpaca`, `cutoff_len: {length}`", length),
    ):
        print(_learned(str(place), name, answers, folder, limit).line(title, what), flush=True)


def _learned(place: str, name: str, answers: list[str], folder: Path, limit: int) -> Loss:
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder / "tokenizer"))
    data = DataArguments(
        template="qwen", dataset=name, dataset_dir=place, cutoff_len=limit, overwrite_cache=True
    )
    template = get_template_and_fix_tokenizer(tokenizer, data)
    with tempfile.TemporaryDirectory() as scratch:
        training = Seq2SeqTrainingArguments(output_dir=scratch, use_cpu=True, report_to="none")
        model = SimpleNamespace(
            cache_dir=scratch, hf_hub_token=None, ms_hub_token=None, om_hub_token=None
        )
        with redirect_stdout(sys.stderr):  # it prints its first row
            made = get_dataset(template, model, data, training, "sft", tokenizer=tokenizer)
        rows = list(made["train_dataset"])
    found = Loss(rows=len(answers))
    for row, answer in zip(rows, answers, strict=True):
        found.add(trained_ids(row["input_ids"], row["labels"]), answer, tokenizer.decode)
    return found


if __name__ == "__main__":
    main()
