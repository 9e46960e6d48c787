"""Benchmark: what is got out of real answers of models, beside other ways to read them.

    python -m benchmarks.salvage ANSWERS.jsonl … [--repeat 3]

A row has the answer (`answer`, or `text` beside a `chunk`) and the text it is about (`text` or
`chunk`); rows without a text are read as well, and count no relation. All ways are judged alike,
after grounding: a relation counts if both its sides occur in the text.

- *json.loads*: strict JSON, the keys of the schema.
- *json-repair*: the library with its defaults, the keys of the schema.
- *predecessor's kind*: what the predecessor did, rebuilt from its description: the text between the
  first brace and the last, line breaks and doubled spaces out, single quotes to double ones,
  trailing commas out, missing brackets at the end, then `json.loads`.
- *ours*: `relgen_assets.extraction.salvage` and `shape`, all drafts of the answer.
- *ours, judged*: the same with evidence: relations that the text states.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import json_repair

from benchmarks.machine import machine_line
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.judge import judge
from relgen_assets.extraction.salvage import salvage
from relgen_assets.extraction.shape import drafts

Sides = list[tuple[list[str], list[str]]]
"""Relations as their sources and targets."""


@dataclass(frozen=True)
class Answer:
    """An answer of a model and the text it is about."""

    answer: str
    text: str
    finish_reason: str


def strict(answer: Answer) -> Sides:
    """Read strict JSON."""
    try:
        return _sides(json.loads(answer.answer))
    except ValueError:
        return []


def library(answer: Answer) -> Sides:
    """Read what json-repair makes of the answer."""
    try:
        return _sides(json_repair.loads(answer.answer))
    except (ValueError, RecursionError):
        return []


def predecessor(answer: Answer) -> Sides:
    """Read the answer as the predecessor did."""
    text = answer.answer
    start, end = text.find("{"), text.rfind("}")
    text = text[start : end + 1] if 0 <= start < end else text[max(start, 0) :]
    text = re.sub(r"\s+", " ", text).replace("'", '"')
    text = re.sub(r",\s*([\]}])", r"\1", text)
    text += "]" * (text.count("[") - text.count("]")) + "}" * (text.count("{") - text.count("}"))
    try:
        return _sides(json.loads(text))
    except ValueError:
        return []


def ours(answer: Answer) -> Sides:
    """Read the answer's draft with most relations."""
    found = [draft for one in salvage(answer.answer) for draft in drafts(one.value)]
    best = max(found, key=lambda draft: len(draft.relations), default=None)
    return [(one.source_entities, one.target_entities) for one in best.relations] if best else []


def judged(answer: Answer) -> Sides:
    """Read the answer as the graph does, with evidence."""
    judge.cache_clear()
    verdict = judge(answer.answer, answer.text, finish_reason=answer.finish_reason)
    kept = verdict.extraction.relations if verdict.extraction else []
    return [(one.source_entities, one.target_entities) for one in kept]


WAYS: dict[str, Callable[[Answer], Sides]] = {
    "json.loads": strict,
    "json-repair": library,
    "predecessor's kind": predecessor,
    "ours": ours,
    "ours, judged": judged,
}


def read_answers(path: Path) -> list[Answer]:
    """Return the answers of a file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Answer(
            row["answer"] if "answer" in row else row["text"],
            row["text"] if "answer" in row else row.get("chunk", ""),
            row.get("finish_reason", "stop"),
        )
        for row in rows
    ]


def _sides(value: Any) -> Sides:
    relations = value.get("relations") if isinstance(value, dict) else None
    if not isinstance(relations, list):
        return []
    return [
        (_names(one.get("source_entities")), _names(one.get("target_entities")))
        for one in relations
        if isinstance(one, dict)
    ]


def _names(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _grounded(sides: Sides, text: str) -> int:
    """Return how many relations have a source and a target in the text."""
    prepared = GroundedText(text)
    return sum(
        all(any(prepared.ground(name) for name in side) for side in relation) for relation in sides
    )


def _row(name: str, answers: Sequence[Answer], repeat: int) -> str:
    read = WAYS[name]
    started = time.process_time()
    for _ in range(repeat):
        found = [read(answer) for answer in answers]
    seconds = (time.process_time() - started) / repeat
    relations = [
        _grounded(sides, one.text) for sides, one in zip(found, answers, strict=True) if one.text
    ]
    got = sum(1 for sides in found if sides)
    return (
        f"| {name} | {got} of {len(answers)} | {sum(map(len, found))} | {sum(relations)}"
        f" | {len(answers) / seconds:,.0f} |"
    )


def _table(title: str, answers: Sequence[Answer], repeat: int) -> Iterable[str]:
    yield f"\n### {title}\n"
    yield "| | answers with relations | relations | both sides in the text | answers/s per core |"
    yield "|---|---|---|---|---|"
    for name in WAYS:
        yield _row(name, answers, repeat)


def main() -> None:
    """Print a table for each file."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("answers", type=Path, nargs="+")
    options.add_argument("--repeat", type=int, default=3)
    given = options.parse_args()
    print(machine_line())
    for path in given.answers:
        answers = read_answers(path)
        for line in _table(path.stem, answers, given.repeat):
            print(line)
    valid = [one for path in given.answers for one in read_answers(path) if strict(one)]
    for line in _table("answers that are valid JSON, all files", valid, given.repeat):
        print(line)


if __name__ == "__main__":
    main()
