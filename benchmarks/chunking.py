"""Benchmark 5: chunking speed beside other splitters, all at the same limit, in one run.

    python -m benchmarks.chunking [ARTICLES.jsonl]

Articles are the column `article` of a JSONL file; the bundled sample when none is named. Every
splitter gets the same SentencePiece model and the same limit of tokens. *Above the limit* are
chunks that take more tokens than that when they are encoded alone, counted with the one
SentencePiece model for all. *Put together again* are articles of which every character lies in a
chunk at a known offset, so that the text can be rebuilt exactly.

The others are `langchain-text-splitters` and `semchunk`, with `transformers` for the tokenizer they
count with (made offline from the SentencePiece model). Install them into an environment of their
own, together with this project; those that are missing are listed as *not installed*.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor

from benchmarks.machine import machine_line
from relgen_assets.text.chunking import Chunker
from relgen_assets.text.tokenizer import Tokenizer, default_model

SAMPLE = Path(__file__).parents[1] / "relgen_assets" / "sources" / "data" / "sample.jsonl"

Span = tuple[int, int, str]
"""Start, end and text of a chunk; a start of -1 where the splitter does not know it."""
Splitter = Callable[[str], list[Span]]


@dataclass(frozen=True)
class Setting:
    """What all splitters are told.

    Attributes:
        model: The SentencePiece model.
        tokens: Largest chunk.
        overlap: Tokens shared by neighbours, where a splitter can do that.
    """

    model: Path
    tokens: int
    overlap: int


def ours(setting: Setting) -> Splitter:
    """Return this project's chunker."""
    chunker = Chunker(tokens=setting.tokens, overlap=setting.overlap, tokenizer=setting.model)
    return lambda text: [
        (chunk.start, chunk.end, chunk.text) for chunk in chunker.chunks("paper", text)
    ]


def bare(setting: Setting) -> Splitter:
    """Return the floor: encode once with offsets and cut after so many tokens, whatever results."""
    processor: Any = SentencePieceProcessor(model_file=str(setting.model))

    def split(text: str) -> list[Span]:
        offsets = processor.encode(text, return_type="offset_mapping")["offsets"]
        step = setting.tokens - setting.overlap
        spans = []
        for first in range(0, max(len(offsets) - setting.overlap, 1), step):
            window = offsets[first : first + setting.tokens]
            start, end = window[0][0], window[-1][1]
            spans.append((start, end, text[start:end]))
        return spans

    return split


def langchain(setting: Setting) -> Splitter:
    """Return LangChain's recursive splitter, counting with a Hugging Face tokenizer."""
    from langchain_text_splitters import (  # type: ignore[import-not-found,unused-ignore]
        RecursiveCharacterTextSplitter,
    )

    splitter = RecursiveCharacterTextSplitter.from_huggingface_tokenizer(
        hugging_face(setting.model),
        chunk_size=setting.tokens,
        chunk_overlap=setting.overlap,
        add_start_index=True,
    )

    def split(text: str) -> list[Span]:
        documents = splitter.create_documents([text])
        starts = [document.metadata["start_index"] for document in documents]
        texts = [document.page_content for document in documents]
        return [
            (start, start + len(chunk), chunk) for start, chunk in zip(starts, texts, strict=True)
        ]

    return split


def semchunk(setting: Setting) -> Splitter:
    """Return semchunk's splitter, counting with the same Hugging Face tokenizer."""
    from semchunk import chunkerify  # type: ignore[import-not-found,unused-ignore]

    chunker = chunkerify(hugging_face(setting.model), setting.tokens)

    def split(text: str) -> list[Span]:
        chunks, offsets = chunker(text, offsets=True, overlap=setting.overlap)
        return [(start, end, chunk) for chunk, (start, end) in zip(chunks, offsets, strict=True)]

    return split


def hugging_face(model: Path) -> Any:
    """Return a Hugging Face tokenizer made from the SentencePiece model, without any download."""
    from transformers import (  # type: ignore[import-not-found,unused-ignore]
        LlamaTokenizerFast,
    )

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, Path(folder) / "tokenizer.model")
        return LlamaTokenizerFast.from_pretrained(folder, add_bos_token=False)


SPLITTERS: dict[str, Callable[[Setting], Splitter]] = {
    "ours": ours,
    "bare SentencePiece with offsets": bare,
    "LangChain RecursiveCharacterTextSplitter": langchain,
    "semchunk": semchunk,
}


def measure(name: str, setting: Setting, articles: Sequence[str], rounds: int) -> str:
    """Return the row of one splitter: the best of some rounds, and what its chunks are like."""
    try:
        splitters = [SPLITTERS[name](setting) for _ in range(rounds)]
    except ImportError:
        return f"| {name} | not installed | | | | |"
    megabytes = sum(len(article.encode()) for article in articles) / 1e6
    timed = []
    for split in splitters:  # each round with a new one, that has remembered nothing
        wall, processor = time.perf_counter(), time.process_time()
        chunked = [split(article) for article in articles]
        timed.append((time.process_time() - processor, time.perf_counter() - wall))
    processor_seconds, seconds = min(timed)
    counter = Tokenizer(setting.model)
    chunks = [chunk for spans in chunked for _, _, chunk in spans]
    counts = counter.counts(chunks)
    violations = sum(count > setting.tokens for count in counts)
    whole = sum(covers(spans, article) for spans, article in zip(chunked, articles, strict=True))
    return (
        f"| {name} | {megabytes / processor_seconds:.2f} | {megabytes / seconds:.2f} |"
        f" {len(chunks):,} | {violations:,} (longest {max(counts):,}) |"
        f" {whole} of {len(articles)} |"
    )


def covers(spans: Sequence[Span], article: str) -> bool:
    """Whether the chunks are exact substrings in order that leave no character out."""
    reached = 0
    for start, end, chunk in spans:
        if not 0 <= start <= reached or article[start:end] != chunk:
            return False
        reached = max(reached, end)
    return reached == len(article)


def read_articles(path: Path) -> list[str]:
    """Return the articles of a JSONL file; an article given as a list of lines is joined."""
    articles = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            article = json.loads(line)["article"]
            articles.append(article if isinstance(article, str) else "\n".join(article))
    return articles


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--model", type=Path, help="SentencePiece model; mistral-common's v1")
    parser.add_argument("--tokens", type=int, default=1_000)
    parser.add_argument("--overlap", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3, help="of which the fastest counts")
    parser.add_argument("--only", nargs="*", choices=list(SPLITTERS), default=list(SPLITTERS))
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    setting = Setting(options.model or default_model(), options.tokens, options.overlap)
    articles = read_articles(options.articles)
    megabytes = sum(len(article.encode()) for article in articles) / 1e6
    print(machine_line())
    print(
        f"{len(articles)} articles of `{options.articles.name}`, {megabytes:.2f} MB; chunks of at"
        f" most {setting.tokens:,} tokens with an overlap of {setting.overlap}; fastest of"
        f" {options.rounds} rounds.\n"
    )
    print(
        "| splitter | MB per processor second | MB/s | chunks | above the limit"
        " | put together again |"
    )
    print("|---|---|---|---|---|---|")
    for name in options.only:
        print(measure(name, setting, articles, options.rounds), flush=True)


if __name__ == "__main__":
    main()
