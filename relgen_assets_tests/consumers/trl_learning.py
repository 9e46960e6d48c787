"""What TRL's `SFTTrainer` takes a loss on, row by row: the labels that it prepares itself.

Tokenizer and model are made here, small and untrained: a byte-level BPE of texts that are given,
with Qwen 2.5's chat template. Needs TRL and nothing of this project, and downloads nothing.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import trl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

_TEMPLATE = Path(trl.__file__).parent / "chat_templates" / "qwen2_5.jinja"
_MARKS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
_BREAK, _END = "\n", "<|im_end|>\n"
"""What the chat template counts to an answer: the line break before it, and the end of the turn."""
_UNTRAINED = -100
_TORN = 4
"""Characters at the end of a cut row that may be half a character."""


@dataclass
class Learned:
    """What a trainer takes a loss on.

    Attributes:
        rows: Rows of the dataset.
        kept: Rows that the trainer keeps.
        whole: Rows whose whole answer is trained.
        tokens: Tokens with a loss.
        of_answers: Those of them that belong to an answer or to its end.
    """

    rows: int
    kept: int = 0
    whole: int = 0
    tokens: int = 0
    of_answers: int = 0

    def line(self, title: str) -> str:
        """Return the figures as a row of a Markdown table."""
        share = self.of_answers / self.tokens if self.tokens else 0.0
        return (
            f"| {title} | {self.kept} of {self.rows} | {self.whole / self.rows:.1%}"
            f" | {self.tokens / self.rows:,.0f} | {share:.1%} |"
        )


def made_tokenizer(texts: Iterator[str]) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer of these texts with a chat template that TRL knows."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=16_000,
        special_tokens=list(_MARKS),
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=_MARKS[1], pad_token=_MARKS[2]
    )
    made.chat_template = _TEMPLATE.read_text(encoding="utf-8")
    return made


def tiny_model(tokens: int) -> LlamaForCausalLM:
    """Return a model that is small enough to be made in a moment."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokens,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
        )
    )


def answer_of(row: dict[str, Any]) -> str:
    """Return what a row of any config teaches to answer."""
    if "messages" in row:
        return str(row["messages"][-1]["content"])
    if "completion" in row:
        completion = row["completion"]
        return str(completion if isinstance(completion, str) else completion[-1]["content"])
    return str(row["extraction"])


def text_of(row: dict[str, Any], tokenizer: PreTrainedTokenizerFast) -> str:
    """Return what the trainer is to read of a row before anything is cut."""
    if isinstance(row.get("text"), str):
        return str(row["text"]) + _MARKS[1]
    if isinstance(row.get("prompt"), str):
        return str(row["prompt"] + row["completion"]) + _MARKS[1]
    messages = row.get("messages") or row["prompt"] + row["completion"]
    return str(tokenizer.apply_chat_template(messages, tokenize=False))


def learned(rows: datasets.Dataset, tokenizer: PreTrainedTokenizerFast, **settings: Any) -> Learned:
    """Return what the trainer takes a loss on.

    Args:
        rows: The rows of one split.
        tokenizer: The tokenizer.
        settings: Arguments of `SFTConfig`.
    """
    expected = [(text_of(row, tokenizer), answer_of(row)) for row in rows]
    found = Learned(rows=len(expected))
    with tempfile.TemporaryDirectory() as scratch:
        trainer = trl.SFTTrainer(
            model=tiny_model(len(tokenizer)),
            args=trl.SFTConfig(
                output_dir=scratch, report_to="none", use_cpu=True, bf16=False, **settings
            ),
            train_dataset=rows,
            processing_class=tokenizer,
        )
        prepared = trainer.train_dataset
        found.kept = len(prepared)
        left = iter(expected)
        for row in prepared:
            batch = trainer.data_collator([row])
            ids = batch["input_ids"][0]
            beginning = tokenizer.decode(ids)[:-_TORN]
            # It keeps the order, and leaves rows out in silence: those that have no loss.
            text, answer = next(one for one in left if one[0].startswith(beginning))
            start = text.rfind(answer)
            place = (start, start + len(answer)) if start >= 0 else (len(text), len(text))
            _count(found, ids, batch["labels"][0], place, tokenizer)
    return found


def _count(
    found: Learned,
    ids: Any,
    labels: Any,
    answer: tuple[int, int],
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    """Add one row, whose answer has this place in its whole text."""
    text = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    trained = [
        span
        for span, label in zip(encoded["offset_mapping"], labels.tolist(), strict=False)
        if label != _UNTRAINED
    ]
    first, last = answer[0] - len(_BREAK), answer[1] + len(_END)
    of_answer = [span for span in trained if first <= span[0] and span[1] <= last]
    found.tokens += len(trained)
    found.of_answers += len(of_answer)
    found.whole += _covers(of_answer, *answer)


def _covers(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Return whether spans, in order, cover a range without a gap."""
    at = start
    spans = [span for span in spans if span[1] > start]
    for first, last in spans:
        if first > at:
            return False
        at = max(at, last)
    return bool(spans) and at >= end


def documented_length(dataset: Path) -> int | None:
    """Return the `max_length` that the card of a dataset names; `None` if it names none."""
    named = re.search(r"`max_length` to ([\d,]+) or more", (dataset / "README.md").read_text())
    return int(named[1].replace(",", "")) if named else None
