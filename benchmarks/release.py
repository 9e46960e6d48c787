"""Benchmark 7: a folder of many small batches, its card, and a release of it.

    python -m benchmarks.release --rows 1000 10000 100000

For each size a dataset folder is made of batches of `--batch-rows` rows, with the functions that
write a project's shards: chunks of words of the bundled articles in any order, prompts that hold
them, answers with six relations. Then, in a process of its own, the folder's shards are found, its
card is written, a release is made and verified, and two configs are exported. Seconds are wall time
and, behind the stroke, processor time, which a busy machine does not lengthen; memory is the
greatest resident size of that process. The checks before a release are not part of it: they read
tables and ledger, and take as long as `relgen check`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from benchmarks.machine import machine_line
from relgen_assets.export.card import write_card
from relgen_assets.export.examples import FullExample
from relgen_assets.export.folders import export
from relgen_assets.export.joining import build_examples
from relgen_assets.export.shard_writing import config_table, write_shards
from relgen_assets.export.shards import find_shards
from relgen_assets.release.making import ReleaseOrder, write_release
from relgen_assets.release.verification import verify
from relgen_assets.rows.models import (
    ChatMessage,
    Chunk,
    EntityGrounding,
    Extraction,
    Paper,
    RawExtraction,
    Relation,
    RelationEvidence,
    Span,
    Summary,
    ValidatedExtraction,
)
from relgen_assets_tests.relgen_assets.export.batch import shaping

SAMPLE = Path(__file__).parents[1] / "relgen_assets" / "sources" / "data" / "sample.jsonl"
CHUNKS, WORDS, INSTRUCTION = 20, 650, 2_500
"""Chunks of an article, words of a chunk, and characters of what a prompt holds besides."""
MODEL = "SmolLM2-135M"
SHAPING = shaping(validation_percent=10, test_percent=10)
ResultT = TypeVar("ResultT")


class MadeTables:
    """Stands for the stored tables of a batch: it knows the ledger's keys."""

    def __init__(self, batch_rows: int) -> None:
        self._articles = batch_rows // CHUNKS

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        """Return ids and keys of a batch."""
        assert columns is not None
        subject = columns[0]
        papers = [f"{partition}-{number}" for number in range(self._articles)]
        chunks = [f"{paper}#{index:04}" for paper in papers for index in range(CHUNKS)]
        ids = papers if subject == "paper_id" else chunks
        keys = [hashlib.sha256(f"{asset} {one}".encode()).hexdigest() for one in ids]
        return pa.table({subject: ids, "key": keys})


def make_folder(root: Path, rows: int, batch_rows: int) -> tuple[int, Seconds]:
    """Write a dataset folder; return the number of its batches, and what writing shards took."""
    text = "\n".join(json.loads(line)["article"] for line in SAMPLE.read_text().splitlines())
    batches = -(-rows // batch_rows)
    writing = Seconds(0.0, 0.0)
    for number in range(batches):
        key = f"made-{number:05}"
        examples = [
            one
            for article in range(batch_rows // CHUNKS)
            for one in _examples(f"{key}-{article}", text)
        ]
        _, one = _timed(partial(write_shards, str(root), key, examples, shaping=SHAPING))
        writing = Seconds(writing.wall + one.wall, writing.processor + one.processor)
    return batches, writing


def _examples(paper_id: str, text: str) -> list[FullExample]:
    """Return the examples of one article, all different."""
    draw = random.Random(paper_id)
    article = " ".join(draw.choices(text.split(), k=CHUNKS * WORDS))
    size = len(article) // CHUNKS
    summary = f"{paper_id}: {article[-800:]}"
    paper = Paper(
        paper_id=paper_id, source="made", title=f"On {paper_id}", abstract=text[:1_200],
        section_names=["Introduction", "Results"], article=article, status="used",
        licence="cc-by-4.0", authors=["A. Author", "B. Author"], year=2020,
    )  # fmt: skip
    chunks = [
        Chunk(
            chunk_id=f"{paper_id}#{index:04}", paper_id=paper_id, index=index,
            text=article[index * size : (index + 1) * size], start=index * size,
            end=(index + 1) * size, overlap=0, tokens=1_000,
        )
        for index in range(CHUNKS)
    ]  # fmt: skip
    return build_examples(
        [paper],
        chunks,
        [Summary(**_answered(paper_id, [], summary))],
        [_raw(chunk, summary, text) for chunk in chunks],
        [_verdict(chunk) for chunk in chunks],
        SHAPING,
    )


def _raw(chunk: Chunk, summary: str, text: str) -> RawExtraction:
    messages = [
        ChatMessage(role="system", content=text[:INSTRUCTION]),
        ChatMessage(role="user", content=f"{summary}\n\n{chunk.text}"),
    ]
    return RawExtraction(
        **_answered(chunk.paper_id, messages, "{}"), chunk_id=chunk.chunk_id, mode="schema",
        candidates=[],
    )  # fmt: skip


def _verdict(chunk: Chunk) -> ValidatedExtraction:
    words = list(dict.fromkeys(word for word in chunk.text.split() if len(word) > 7))[:12]
    relations = [
        Relation(
            description=f"{source} has an effect on {target} in this study.",
            source_entities=[source],
            target_entities=[target],
            strength="moderate",
        )
        for source, target in zip(words[:6], words[6:], strict=True)
    ]
    extraction = Extraction(
        section_description=chunk.text[:150], list_of_entities=words, relations=relations
    )
    return ValidatedExtraction(
        chunk_id=chunk.chunk_id, paper_id=chunk.paper_id, verdict="valid", repairs=[],
        extraction=extraction, grounding=[_grounding(word, chunk.text) for word in words],
        evidence=[
            RelationEvidence(
                sentences=[Span(start=0, end=100)], support=1.0, polarity="affirmed", directed=True
            )
            for _ in relations
        ],
    )  # fmt: skip


def _grounding(name: str, text: str) -> EntityGrounding:
    at = text.index(name)
    return EntityGrounding(
        name=name,
        answered=name,
        status="exact",
        differences=[],
        mentions=[Span(start=at, end=at + len(name))],
    )


def _answered(paper_id: str, messages: list[ChatMessage], text: str) -> dict[str, Any]:
    return {
        "paper_id": paper_id, "status": "completed", "prompt_version": "0" * 12,
        "messages": messages, "text": text, "finish_reason": "stop", "model": MODEL,
        "endpoint": "made", "prompt_tokens": 2_000, "completion_tokens": 300, "seconds": 1.0,
        "attempt": 1, "key": "",
    }  # fmt: skip


def measure(root: Path, target: Path, batch_rows: int) -> dict[str, float]:
    """Find shards, write the card, make a release and verify it; return seconds and sizes."""

    def card(folder: str) -> str:
        return write_card(folder, title="Made", licence="cc-by-4.0").text

    order = ReleaseOrder(
        MadeTables(batch_rows),
        lambda config, examples, left_out: config_table(config, examples, SHAPING, left_out),
        card,
        relgen="0",
        rules="made",
    )
    shards, finding = _timed(lambda: find_shards(str(root)))
    _, carding = _timed(lambda: card(str(root)))
    target.mkdir()
    manifest, releasing = _timed(lambda: write_release(order, shards, target))
    result, verifying = _timed(lambda: verify(target))
    assert result.is_intact
    out = target.parent / "export"
    _, mlx = _timed(lambda: export(str(root), out / "mlx", "mlx", "chat"))
    _, csv = _timed(lambda: export(str(root), out / "csv", "csv", "prompts"))
    folders = [len(list(folder.iterdir())) for folder in target.rglob("*") if folder.is_dir()]
    return {
        "files": len(shards),
        "megabytes": _megabytes(root),
        "finding": finding.wall,
        "finding_processor": finding.processor,
        "carding": carding.wall,
        "carding_processor": carding.processor,
        "releasing": releasing.wall,
        "releasing_processor": releasing.processor,
        "verifying": verifying.wall,
        "verifying_processor": verifying.processor,
        "mlx": mlx.wall,
        "mlx_processor": mlx.processor,
        "csv": csv.wall,
        "csv_processor": csv.processor,
        "released_files": len(manifest.files),
        "released_megabytes": _megabytes(target),
        "fullest": max(folders),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


class Seconds(NamedTuple):
    """What work took: wall time, and processor time of all threads."""

    wall: float
    processor: float


def _timed(work: Callable[[], ResultT]) -> tuple[ResultT, Seconds]:
    began, worked = perf_counter(), process_time()
    result = work()
    return result, Seconds(perf_counter() - began, process_time() - worked)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def row(rows: int, batch_rows: int, where: Path | None) -> Iterator[str]:
    """Yield the cells of one size."""
    with tempfile.TemporaryDirectory(dir=where) as scratch:
        root, target = Path(scratch, "dataset"), Path(scratch, "release")
        batches, writing = make_folder(root, rows, batch_rows)
        command = [sys.executable, "-m", "benchmarks.release", "--batch-rows", str(batch_rows)]
        command += ["--measure", str(root), str(target)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout)
    yield f"{rows:,}"
    yield f"{batches:,}"
    yield f"{found['files']:,} / {found['megabytes']:,.0f}"
    yield f"{writing.wall:,.1f} / {writing.processor:,.1f}"
    for name in ("finding", "carding", "releasing", "verifying", "mlx", "csv"):
        yield f"{found[name]:,.1f} / {found[f'{name}_processor']:,.1f}"
    yield f"{found['released_files']:,} / {found['released_megabytes']:,.0f}"
    yield f"{found['fullest']:,.0f}"
    yield f"{found['memory']:,.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--batch-rows", type=int, default=100, help=f"multiple of {CHUNKS}")
    parser.add_argument("--folder", type=Path, help="where to make the temporary folders")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        root, target = options.measure
        print(json.dumps(measure(root, target, options.batch_rows)))
        return
    print(machine_line() + "\n")
    print(
        "| rows | batches | files / MB | write shards, s | find shards, s | card, s | release, s |"
        " verify, s | export for mlx-lm, s | export `prompts` as CSV, s |"
        " released files / MB | most files a folder | memory MB |"
    )
    print("|" + "---|" * 13)
    for rows in options.rows:
        cells = row(rows, options.batch_rows, options.folder)
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
