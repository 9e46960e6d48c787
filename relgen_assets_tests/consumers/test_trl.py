"""TRL's own trainer takes a loss on the whole extraction and on nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pytest

from relgen_assets.export.card import write_card
from relgen_assets.export.shard_writing import write_shards
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

pytest.importorskip("trl", reason="needs the extra `consumers`: PyTorch and TRL")

from relgen_assets_tests.consumers import trl_learning


def published(root: Path, **settings: Any) -> None:
    """Write a dataset in which every article is for training, with its card."""
    rules = shaping(validation_percent=0, test_percent=0, **settings)
    rows = batch_of("lake-0", "lake-2").examples_under(rules)
    write_shards(str(root), "lakes-00000", rows, shaping=rules)
    write_card(str(root), title="Life in brine", licence="other")


def learned(root: Path, cache: Path, config: str | None, **settings: Any) -> trl_learning.Learned:
    def load(name: str | None) -> datasets.Dataset:
        return datasets.load_dataset(str(root), name, split="train", cache_dir=str(cache))

    tokenizer = trl_learning.made_tokenizer(row["prompt"] for row in load("prompts"))
    length = trl_learning.documented_length(root)
    return trl_learning.learned(load(config), tokenizer, max_length=length, **settings)


@pytest.mark.parametrize("form", ["conversational", "plain"])
def test_of_completions_it_learns_the_extraction_and_nothing_else(
    tmp_path: Path, form: str
) -> None:
    root = tmp_path / "dataset"
    published(root, prompt_completion=form)
    found = learned(root, tmp_path / "cache", None)
    assert (found.rows, found.kept, found.whole) == (4, 4, 4)
    assert found.tokens == found.of_answers > 0


def test_of_a_chat_it_learns_the_extraction_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    published(root)
    found = learned(root, tmp_path / "cache", "chat", assistant_only_loss=True)
    assert (found.rows, found.kept, found.whole) == (4, 4, 4)
    assert found.tokens == found.of_answers > 0
