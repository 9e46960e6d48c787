"""The guarantees of chunking, for real prose, hostile Unicode and different kinds of tokenizers."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceTrainer

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.rows.models import Chunk
from relgen_assets.text.chunking import LONGEST_UNCUT, Chunker

NASTY = [
    *" ",
    "  ",
    "     ",
    "\n",
    "\n\n\n\n",
    "\t",
    "▁",
    "▁▁ ▁",
    "\u00a0",
    "\u3000",
    "\u200b",
    "e\u0301\u0302\u0303",
    "\u0301",
    "👩‍👩‍👧‍👦",
    "🇫🇷",
    "\U0001d518\U0001d52b\U0001d526",
    "ﬁ",
    "\ufdfa",
    "①",
    "½",
    "北京大学的学生在图书馆里看书。",
    "ประเทศไทย",
    "العربية",
    "\ue000\uf8ff",
    "\U0010fffd",
    "\x00",
    "\x0c",
    "\ufffd",
    "<s>",
    "</s>",
    "<0x41>",
    "<unk>",
    "a",
    "word",
    "@xmath12",
    "[sec:a]",
    "antidisestablishmentarianism",
    "ACGT" * 60,
    "=" * 90,
    "the cell divides. The cell divides again",
]

texts = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(NASTY), max_size=60).map("".join),
    st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=60).map(" ".join),
)


def sample_articles() -> list[str]:
    text = files("relgen_assets.sources").joinpath("data/sample.jsonl").read_text("utf-8")
    return [json.loads(line)["article"] for line in text.splitlines()]


def assert_kept(article: str, chunks: list[Chunk], chunker: Chunker, tokens: int) -> None:
    """Assert every guarantee of the module."""
    assert "".join(chunk.text[chunk.overlap :] for chunk in chunks) == article
    for index, chunk in enumerate(chunks):
        assert (chunk.index, chunk.chunk_id) == (index, f"p#{index:04d}")
        assert chunk.text == article[chunk.start : chunk.end]
        assert chunk.text
        assert chunk.tokens == chunker.count(chunk.text) <= tokens
    for left, right in pairwise(chunks):
        assert left.start < right.start <= left.end < right.end
        assert right.overlap == left.end - right.start
    assert bool(chunks) == bool(article)
    if chunks:
        assert (chunks[0].start, chunks[0].overlap, chunks[-1].end) == (0, 0, len(article))


def train(folder: Path, **options: Any) -> Path:
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter("\n".join(sample_articles()).splitlines()),
        model_writer=model,
        vocab_size=400,
        byte_fallback=True,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    path = folder / "trained.model"
    path.write_bytes(model.getvalue())
    return path


@pytest.fixture(scope="module")
def unigram_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that rewrites characters (NFKC), trims spaces and adds up real numbers."""
    return train(tmp_path_factory.mktemp("unigram"), model_type="unigram")


@pytest.fixture(scope="module")
def phrase_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-pair model whose pieces reach over spaces."""
    return train(
        tmp_path_factory.mktemp("phrases"),
        model_type="bpe",
        split_by_whitespace=False,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
    )


@pytest.fixture(scope="module")
def odd_chunkers(unigram_model: Path, phrase_model: Path) -> list[Chunker]:
    return [Chunker(tokens=100, overlap=20, tokenizer=m) for m in (unigram_model, phrase_model)]


DEFAULT = {(tokens, overlap): Chunker(tokens=tokens, overlap=overlap)
           for tokens, overlap in [(16, 0), (16, 8), (50, 10), (200, 100)]}  # fmt: skip


@given(article=texts, size=st.sampled_from(sorted(DEFAULT)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_kept_whole_within_the_limit(article: str, size: tuple[int, int]) -> None:
    chunker = DEFAULT[size]
    assert_kept(article, chunker.chunks("p", article), chunker, size[0])


@given(article=texts)
@settings(max_examples=150, deadline=None)
def test_models_that_rewrite_text_keep_the_guarantees_too(
    article: str, odd_chunkers: list[Chunker]
) -> None:
    for chunker in odd_chunkers:
        assert_kept(article, chunker.chunks("p", article), chunker, 100)


@pytest.mark.parametrize("article", sample_articles())
def test_articles_fill_their_windows_and_overlap_as_asked(article: str) -> None:
    chunker = Chunker(tokens=300, overlap=60)
    chunks = chunker.chunks("p", article)
    assert_kept(article, chunks, chunker, 300)
    assert all(chunk.tokens > 300 - LONGEST_UNCUT for chunk in chunks[:-1])
    overlaps = [chunker.count(chunk.text[: chunk.overlap]) for chunk in chunks[1:]]
    assert all(60 - LONGEST_UNCUT < overlap <= 60 for overlap in overlaps)


@pytest.mark.parametrize("article", sample_articles()[:2])
def test_prose_is_cut_between_words(article: str) -> None:
    for overlap in (0, 50):
        for chunk in Chunker(tokens=200, overlap=overlap).chunks("p", article)[:-1]:
            assert article[chunk.end - 1].isspace() or article[chunk.end].isspace()
            if overlap and chunk.index:
                assert article[chunk.start - 1].isspace()
                assert not chunk.text[0].isspace()


def test_words_longer_than_a_window_are_cut_at_lines_where_there_are_any() -> None:
    lines = [f"line{number}" for number in range(400)]
    chunker = Chunker(tokens=100, overlap=20)
    chunks = chunker.chunks("p", "\n".join(lines))
    assert_kept("\n".join(lines), chunks, chunker, 100)
    words = {word for chunk in chunks for word in chunk.text.split()}
    assert words == set(lines)


@pytest.mark.parametrize("unit", ["图书馆", "x", "😀", "\n", " ", "e\u0301", "ACGT"])
def test_long_texts_without_words_are_cut_too(unit: str) -> None:
    article = unit * (20_000 // len(unit))
    chunker = Chunker(tokens=500, overlap=100)
    chunks = chunker.chunks("p", article)
    assert_kept(article, chunks, chunker, 500)
    assert all(chunk.tokens > 400 for chunk in chunks[:-1])


def test_a_short_article_is_one_chunk_and_an_empty_one_none() -> None:
    chunker = Chunker()
    (chunk,) = chunker.chunks("p", " Ünïcödé 😀 text ")
    assert (chunk.start, chunk.end, chunk.overlap) == (0, 16, 0)
    assert chunker.chunks("p", "") == []


def test_a_limit_keeps_the_first_chunks() -> None:
    article = sample_articles()[0]
    chunker = Chunker(tokens=200, overlap=40)
    assert chunker.chunks("p", article, limit=2) == chunker.chunks("p", article)[:2]


def test_what_was_chunked_before_makes_no_difference() -> None:
    first, second = sample_articles()[:2]
    used = Chunker(tokens=200, overlap=40)
    used.chunks("p", first)
    assert used.chunks("p", second) == Chunker(tokens=200, overlap=40).chunks("p", second)


@pytest.mark.parametrize(("tokens", "overlap"), [(15, 0), (100, 51), (100, -1)])
def test_windows_without_progress_are_refused(tokens: int, overlap: int) -> None:
    with pytest.raises(ConfigurationError, match=r"chunking\.overlap"):
        Chunker(tokens=tokens, overlap=overlap)


def test_a_character_larger_than_the_window_is_refused(unigram_model: Path) -> None:
    chunker = Chunker(tokens=16, overlap=0, tokenizer=unigram_model)
    with pytest.raises(ConfigurationError, match="Set it higher"):
        chunker.chunks("p", "a \ufdfa b")  # NFKC expands it to eighteen characters


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.model.*does not exist.*mistral-common"):
        Chunker(tokenizer=tmp_path / "gone.model")


def test_a_file_that_is_not_a_tokenizer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.model"
    path.write_text("not a model")
    with pytest.raises(ConfigurationError, match=r"notes\.model.*not a SentencePiece model"):
        Chunker(tokenizer=path)
