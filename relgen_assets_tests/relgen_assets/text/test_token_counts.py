"""Tokens are counted by the tokenizer of the model to be trained, whichever kind it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.text.token_counts import open_counter
from relgen_assets.text.tokenizer import default_model

WORDS = {"[UNK]": 0, "salt": 1, "lake": 2}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A tokenizer of words that would cut and pad what it is given."""
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=9)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_a_hugging_face_tokenizer_counts_every_token_of_each_text(file: Path) -> None:
    texts = ["salt lake", "", "salt salt salt lake"]
    assert open_counter(file).counts(texts) == [2, 0, 4]


def test_a_folder_with_a_tokenizer_is_as_good_as_its_file(file: Path) -> None:
    assert open_counter(file.parent).counts(["salt lake"]) == [2]


def test_a_sentencepiece_model_counts_too() -> None:
    (count,) = open_counter(default_model()).counts(["Salt lakes feed flamingos."])
    assert 4 <= count <= 12


def test_what_is_no_tokenizer_is_an_error_that_says_what_is(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text('{"model": 1}')
    (tmp_path / "broken.model").write_text("salt")
    for name in ("empty", "broken.json", "broken.model", "missing.json"):
        with pytest.raises(ConfigurationError) as refused:
            open_counter(tmp_path / name)
        assert str(tmp_path / name) in str(refused.value)
        assert ".model` file" in str(refused.value)
