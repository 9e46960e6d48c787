"""Benchmark: which misspelled names are recognised, and which other names are taken for one.

    python -m benchmarks.misspelled GOLD.jsonl [--threshold 85] [--seed 1] [--show 5]

The gold file is that of `benchmarks.truth`; eight sentences in a row make a chunk. *Misspelled* are
names that people marked in a chunk, with one slip in a word of at least five letters: a letter left
out, doubled, replaced, or exchanged with the next one, anywhere behind the first letter. A case
counts as recognised if the name before the slip is found. *Others* are marked names of all other
chunks that do not occur in this one: whatever they are taken for is wrong.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.machine import machine_line
from benchmarks.truth import read_gold
from relgen_assets.extraction.grounding import ABSENT, GroundedText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import is_name

_LONG_WORD = re.compile(r"[a-z]{5,}", re.IGNORECASE)
OTHERS = 100
"""Names of other chunks that are looked for in each chunk."""


def chunks(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the text of each chunk with the names that people marked in it."""
    for rows in read_gold(path):
        entities = [one for row in rows for one in row["entities"]]  # type: ignore[attr-defined]
        names = dict.fromkeys(str(one["text"]) for one in entities)
        yield "\n".join(str(row["text"]) for row in rows), [one for one in names if is_name(one)]


def with_slip(name: str, draw: random.Random) -> str | None:
    """Return a name with a slip in one of its long words; `None` if it has none."""
    words = list(_LONG_WORD.finditer(name))
    if not words:
        return None
    word = draw.choice(words)
    at = draw.randrange(word.start() + 1, word.end() - 1)
    one, other = name[at], name[at + 1]
    slip = draw.choice([other, one + one + other, draw.choice(string.ascii_lowercase) + other])
    changed = other + one if draw.random() < 0.25 else slip
    return name[:at] + changed + name[at + 2 :]


def measure(
    found: Sequence[tuple[str, list[str]]], threshold: int, draw: random.Random, show: int
) -> None:
    """Print the shares and what a look-up costs."""
    every = [name for _, names in found for name in names]
    slips = recognised = wrong = others = taken = 0
    seconds: list[float] = []
    for text, names in found:
        grounded = GroundedText(text)
        for name in names:
            slip = with_slip(name, draw)
            if slip is None or grounded.align(slip) != ABSENT or not grounded.mentions(name):
                continue
            started = time.perf_counter()
            meant = grounded.align_misspelled(slip, threshold)
            seconds.append(time.perf_counter() - started)
            slips += 1
            recognised += identity(meant.spelling) == identity(name)
            wrong += meant != ABSENT and identity(meant.spelling) != identity(name)
        for name in draw.sample(every, OTHERS):
            if grounded.align(name) == ABSENT:
                others += 1
                meant = grounded.align_misspelled(name, threshold)
                taken += meant != ABSENT
                if meant != ABSENT and taken <= show:
                    print(f"{name} was taken for {meant.spelling}")
    print("| | cases | recognised | taken for another |\n|---|---|---|---|")
    print(f"| misspelled | {slips:,} | {recognised / slips:.1%} | {wrong / slips:.1%} |")
    print(f"| others | {others:,} | | {taken / others:.2%} |")
    print(f"\n{1_000 * median(seconds):.2f} ms a name at the median")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("gold", type=Path)
    options.add_argument("--threshold", type=int, default=85, help="least similarity, 0 to 100")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, default=0, help="wrong ones to print")
    given = options.parse_args()
    print(machine_line())
    measure(list(chunks(given.gold)), given.threshold, random.Random(given.seed), given.show)


if __name__ == "__main__":
    main()
