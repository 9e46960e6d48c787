"""What torchtune's own `chat_dataset` labels, of conversations in JSON lines.

    torchtune/bin/python -m benchmarks.consumers.torchtune_loader FOLDER

FOLDER is what `exported` wrote. torchtune masks what users say unless `train_on_input` is set, and
cuts rows at the tokenizer's `max_seq_len`, which is not set by default.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torchtune
from torchtune.datasets import chat_dataset
from torchtune.models.qwen2_5 import qwen2_5_tokenizer

from benchmarks.consumers.loss_tokens import HEADER, Loss, json_lines, trained_ids


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    length = int((folder / "length.txt").read_text())
    answers = [row["messages"][-1]["content"] for row in json_lines(folder / "chat.jsonl")]
    title = f"torchtune {torchtune.__version__}"
    print(HEADER)
    with tempfile.TemporaryDirectory() as scratch:
        for file, what, limit in (
            ("before", "before: `messages`, `max_seq_len` 2,048", 2_048),
            ("chat", "after: `chat`, defaults", None),
            ("chat", f"after: `chat`, `max_seq_len` {length}", length),
        ):
            tokenizer = _tokenizer(folder / "tokenizer" / "tokenizer.json", Path(scratch), limit)
            rows = chat_dataset(
                tokenizer,
                source="json",
                conversation_column="messages",
                conversation_style="openai",
                data_files=str(folder / f"{file}.jsonl"),
            )
            found = Loss(rows=len(answers))
            for row, answer in zip(rows, answers, strict=True):
                trained = trained_ids(row["tokens"], row["labels"])
                found.add(trained, answer, tokenizer.decode)
            print(found.line(title, what), flush=True)


def _tokenizer(file: Path, scratch: Path, limit: int | None) -> Any:
    """Return torchtune's tokenizer with vocabulary and merges of one of the library tokenizers."""
    described = json.loads(file.read_text(encoding="utf-8"))
    model = described["model"]
    marks = {one["content"]: one["id"] for one in described["added_tokens"]}
    for mark in ("<tool_call>", "</tool_call>"):  # it looks them up; no row has them
        marks.setdefault(mark, len(model["vocab"]) + len(marks))
    merges = (one if isinstance(one, str) else " ".join(one) for one in model["merges"])
    (scratch / "vocab.json").write_text(json.dumps(model["vocab"]), encoding="utf-8")
    (scratch / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges), encoding="utf-8")
    (scratch / "marks.json").write_text(
        json.dumps({"added_tokens": [{"content": k, "id": v} for k, v in marks.items()]})
    )
    return qwen2_5_tokenizer(
        path=str(scratch / "vocab.json"),
        merges_file=str(scratch / "merges.txt"),
        special_tokens_path=str(scratch / "marks.json"),
        max_seq_len=limit,
    )


if __name__ == "__main__":
    main()
