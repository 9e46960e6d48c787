"""Benchmark: how many made-up relations the judge catches, on sentences marked by people.

    python -m benchmarks.truth GOLD.jsonl [--each 500] [--seed 1] [--show 5]
    python -m benchmarks.truth GOLD.jsonl --each 15 --endpoint URL  # a model judges as well

A row of the gold file is a sentence: `text`, `entities` (each with `text`) and `relations` (each
with `source`, `type`, `target`), as SciERC and SciER can be converted to. Eight sentences in a row
make a chunk. Each gold relation gets a description in two styles: *quote*, the stretch of its
sentence from one name to the other, and *stated*, a sentence of our own by the type of the relation
("A is used for B."). Then faults are planted:

- unrelated: the description of a relation in another chunk;
- wrong name: an entity of another chunk in the place of the target, in the description as well;
- far: an entity of a sentence at least two away in the place of the target, likewise;
- polarity: a negation put into the description, or taken out of it;
- swapped: source and target exchanged, in *stated* descriptions too: only the text can tell.

*Refused* is the share of cases for which no support is found: of the planted faults, what is
caught; of the gold relations, false alarms. Gold has no direction of its own in a quote whose names
stand in the other order, so quotes are made of relations whose source comes first.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.machine import machine_line
from benchmarks.opinions import Case, compare
from relgen_assets.extraction.evidence import EvidenceText, Finding
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import is_name

SENTENCES = 8
"""Sentences of a chunk."""
STATED = {
    "usedfor": "{source} is used for {target}.",
    "partof": "{source} is part of {target}.",
    "hyponymof": "{source} is a kind of {target}.",
    "subclassof": "{source} is a kind of {target}.",
}
"""Descriptions by the type of a relation, letters only; types without direction are left out."""
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
_VERB = re.compile(r"\b(is|are|was|were|can|could|may|might|will|has|have|does|do)\b(?! not\b)")


@dataclass(frozen=True)
class Gold:
    """A relation that people marked."""

    case: Case
    kind: str
    sentence: str
    near: frozenset[str]
    far: tuple[str, ...]


def read_gold(path: Path) -> list[list[dict[str, object]]]:
    """Return the rows of a gold file, `SENTENCES` in a row together."""
    rows = [json.loads(_plain(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return [rows[at : at + SENTENCES] for at in range(0, len(rows), SENTENCES)]


def _plain(line: str) -> str:
    for mark, bracket in _BRACKETS.items():
        line = line.replace(mark, bracket)
    return line


def gold_relations(rows: Sequence[dict[str, object]], style: str) -> Iterator[Gold]:
    """Yield the relations of a chunk that can be described in a style, each with its case."""
    chunk = "\n".join(str(row["text"]) for row in rows)
    names = [[str(one["text"]) for one in row["entities"]] for row in rows]  # type: ignore[attr-defined]
    for number, row in enumerate(rows):
        sentence = str(row["text"])
        near = {
            identity(name)
            for other in range(max(0, number - 1), min(len(rows), number + 2))
            for name in names[other]
        }
        nearby = GroundedText(
            " ".join(
                str(rows[other]["text"])
                for other in range(max(0, number - 1), min(len(rows), number + 2))
            )
        )
        far = tuple(
            name
            for other in range(len(rows))
            if abs(other - number) > 1
            for name in names[other]
            if identity(name) not in near and is_name(name) and not nearby.mentions(name)
        )
        for relation in row["relations"]:  # type: ignore[attr-defined]
            source, target = str(relation["source"]), str(relation["target"])
            kind = re.sub(r"[^a-z]", "", str(relation["type"]).lower())
            description = _describe(style, kind, sentence, source, target)
            if (
                description
                and is_name(source)
                and is_name(target)
                and identity(source) != identity(target)
            ):
                case = Case(chunk, description, source, target)
                yield Gold(case, kind, sentence, frozenset(near), far)


def _describe(style: str, kind: str, sentence: str, source: str, target: str) -> str | None:
    if kind not in STATED:
        return None
    if style == "stated":
        return STATED[kind].format(source=source, target=target)
    start = sentence.find(source)
    end = sentence.find(target, start + len(source))
    if start < 0 or end < 0 or not re.search(r"[a-z]", sentence[start + len(source) : end]):
        return None
    return f"{sentence[start : end + len(target)]}."


def planted(gold: Sequence[Gold], draw: random.Random) -> dict[str, list[Case]]:
    """Return the cases of each fault."""
    faults: dict[str, list[Case]] = {
        "unrelated": [], "wrong name": [], "far": [], "polarity": [], "swapped": [],
    }  # fmt: skip
    for one in gold:
        case = one.case
        other = draw.choice(gold).case
        if other.chunk != case.chunk:
            faults["unrelated"].append(replace(case, description=other.description))
            if other.target not in case.chunk and case.target in case.description:
                faults["wrong name"].append(_renamed(case, other.target))
        if one.far and case.target in case.description:
            faults["far"].append(_renamed(case, draw.choice(one.far)))
        flipped = _flipped(case.description)
        if flipped is not None:
            faults["polarity"].append(replace(case, description=flipped))
        faults["swapped"].append(_swapped(one))
    return faults


def _renamed(case: Case, target: str) -> Case:
    head, _, tail = case.description.rpartition(case.target)
    return replace(case, description=f"{head}{target}{tail}", target=target)


def _flipped(description: str) -> str | None:
    if " not only " in description:
        return None
    if " not " in description:
        return description.replace(" not ", " ", 1)
    flipped = _VERB.sub(lambda verb: f"{verb.group()} not", description, count=1)
    return None if flipped == description else flipped


def _swapped(gold: Gold) -> Case:
    case = gold.case
    stated = STATED[gold.kind]
    if case.description == stated.format(source=case.source, target=case.target):
        description = stated.format(source=case.target, target=case.source)
        return replace(case, description=description, source=case.target, target=case.source)
    return replace(case, source=case.target, target=case.source)


def _examine(texts: dict[str, EvidenceText], case: Case) -> Finding:
    text = texts.setdefault(case.chunk, EvidenceText(case.chunk))
    return text.examine(case.description, [case.source], [case.target])


def _row(name: str, cases: Sequence[Case], texts: dict[str, EvidenceText], show: int) -> str:
    findings = [(case, _examine(texts, case)) for case in cases]
    faults = Counter(finding.fault for _, finding in findings if finding.fault is not None)
    missed = [case for case, finding in findings if (finding.fault is None) != (name == "gold")]
    for case in missed[:show]:
        fault = _examine(texts, case).fault
        print(f"    {name}: {fault} {case.source!r} -> {case.target!r}: {case.description}")
    why = ", ".join(f"{fault} {count}" for fault, count in faults.most_common())
    return f"| {name} | {len(cases)} | {faults.total() / max(1, len(cases)):.1%} | {why} |"


def main() -> None:
    """Print the table of both styles."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("gold", type=Path)
    options.add_argument("--each", type=int, default=500, help="cases of each fault")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, default=0, help="wrong verdicts to print of each row")
    options.add_argument("--endpoint", default="", help="server of a model to ask as well")
    options.add_argument("--ledger", default="", help="database that keeps the model's opinions")
    given = options.parse_args()
    print(machine_line())
    for style in ("quote", "stated"):
        draw = random.Random(given.seed)
        gold = [one for rows in read_gold(given.gold) for one in gold_relations(rows, style)]
        draw.shuffle(gold)
        texts: dict[str, EvidenceText] = {}
        kinds = {"gold": [one.case for one in gold], **planted(gold, draw)}
        cases = {name: some[: given.each] for name, some in kinds.items()}
        if given.endpoint:
            print(f"\n### Descriptions: {style}, judged by rules and model\n")
            compare(cases, given.endpoint, given.ledger)
            continue
        started = time.perf_counter()
        lines = [_row(name, some, texts, given.show) for name, some in cases.items()]
        print(f"\n### Descriptions: {style}\n")
        print("| | cases | refused | of them as |\n|---|---|---|---|")
        print("\n".join(lines))
        print(f"\n{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
