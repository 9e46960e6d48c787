"""Benchmark: how far the answers of real models agree on the text that two chunks share.

    python -m benchmarks.real_overlaps ANSWERS.jsonl …

Takes files of answers as `benchmarks.modes` writes them, judges them by the rules at hand, and
prints the agreement of each model and mode on the text that chunk n and n + 1 of an article share.
Where two chunks overlap is told from their texts: the longest end of one that begins the other.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.machine import machine_line
from benchmarks.mode_answers import StoredAnswer, read_answers
from benchmarks.modes import judged
from relgen_assets.evaluation.agreement import Shared, shared_texts
from relgen_assets.evaluation.agreement_counts import overall
from relgen_assets.extraction.validation import verdict_row
from relgen_assets.rows.models import Chunk, RawExtraction
from relgen_assets_tests.fakes.answers import shared_length


def chunks_of(answers: Iterable[StoredAnswer]) -> list[Chunk]:
    """Return the chunks of answers, placed so that neighbours overlap as their texts do."""
    texts = {one.chunk_id: one.text for one in answers}
    placed: dict[str, Chunk] = {}
    for chunk_id in sorted(texts):
        paper_id, _, number = chunk_id.rpartition("#")
        before = placed.get(f"{paper_id}#{int(number) - 1:04d}")
        text = texts[chunk_id]
        overlap = overlap_of(before.text, text) if before else 0
        start = before.end - overlap if before else 0
        placed[chunk_id] = Chunk(
            chunk_id=chunk_id,
            paper_id=paper_id,
            index=int(number),
            text=text,
            start=start,
            end=start + len(text),
            overlap=overlap,
            tokens=0,
        )
    return list(placed.values())


def overlap_of(earlier: str, later: str) -> int:
    """Return how many characters the end of one text and the beginning of another share."""
    for start in range(max(0, len(earlier) - len(later)), len(earlier)):
        if shared_length(earlier[start:], later) == len(earlier) - start:
            return len(earlier) - start
    return 0


def shared_by(answers: Sequence[StoredAnswer]) -> list[Shared]:
    """Return what answers of one model in one mode say of the texts that they share."""
    verdicts = [
        verdict_row(one.chunk_id, one.chunk_id.rpartition("#")[0], judged(one).judgement)
        for one in answers
    ]
    return shared_texts(chunks_of(answers), [_raw(one) for one in answers], verdicts)


def _raw(one: StoredAnswer) -> RawExtraction:
    return RawExtraction(
        chunk_id=one.chunk_id,
        paper_id=one.chunk_id.rpartition("#")[0],
        status="completed",
        prompt_version="",
        messages=[],
        text=one.answer,
        finish_reason=one.finish_reason,
        model=one.model,
        endpoint="",
        prompt_tokens=one.prompt_tokens,
        completion_tokens=one.completion_tokens,
        seconds=0,
        attempt=1,
        key="",
        mode=one.mode,
        candidates=[],
    )


def main() -> None:
    """Print a table: one line for each model and mode."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("answers", type=Path, nargs="+")
    groups: dict[tuple[str, str], list[StoredAnswer]] = {}
    for path in options.parse_args().answers:
        for one in read_answers(path):
            groups.setdefault((one.model, one.mode), []).append(one)
    print(machine_line())
    print("| model | mode | answers | shared texts | names agree, % | relations agree, % |")
    print("|---|---|---|---|---|---|")
    for (model, mode), answers in groups.items():
        shared = shared_by(answers)
        names, relations = overall(shared, "names"), overall(shared, "relations")
        print(f"| {model} | {mode} | {len(answers)} | {len(shared)} | {names} | {relations} |")


if __name__ == "__main__":
    main()
